/* dumprequests: the HTTP requests that ASP.NET Core is answering. */
#include "commands/command.h"

#include "base/list.h"
#include "base/text.h"
#include "commands/shared/web_strings.h"
#include "heap/values/value.h"
#include "inspect/heap_filter.h"
#include "inspect/type_bytes.h"

#include <inttypes.h>

/* Facts: dotnet/aspnetcore src/Http/Http/src/DefaultHttpContext.cs (_features), src/Extensions/
 * Features/src/FeatureReferences.cs (Collection), src/Servers/Kestrel/Core/src/Internal/Http/
 * HttpProtocol.FeatureCollection.cs and HttpProtocol.cs: the connection is its own collection. */
struct listing {
	struct command_call *call;
	struct heap_filter filter;
	struct row {
		uint64_t address;
		const char *method, *scheme, *url; /* NULL: unreadable */
	} * rows;
	size_t count, capacity;
	struct type_bytes verdicts;
};

static struct error *is_context(struct listing *listing, uint32_t index, bool *ret)
{
	enum { UNKNOWN, YES, NO };
	struct heap *heap = listing->call->question.heap;
	uint8_t *verdict;
	TRY(type_byte(&listing->verdicts, index, &verdict));
	if (*verdict == UNKNOWN)
		*verdict = type_is(heap, type_by_index(heap, index),
				   "Microsoft.AspNetCore.Http.DefaultHttpContext")
				   ? YES
				   : NO;
	*ret = *verdict == YES;
	return NULL;
}

/* What the context's features come from: its connection. 0: none, it is not in use. */
static struct error *collection_of(struct listing *listing, uint64_t context, uint64_t *ret)
{
	struct value features, collection = { .kind = VALUE_UNREADABLE };
	struct heap *heap = listing->call->question.heap;
	*ret = 0;
	TRY(value_field_of_object(heap, context, "_features", &features));
	if (features.kind == VALUE_STRUCT)
		TRY(value_field_of_struct(heap, features.type, features.address, "Collection",
					  &collection));
	if (collection.kind == VALUE_UNREADABLE)
		question_missing(&listing->call->question, 0,
				 "the features of the context at %#" PRIx64 " cannot be read",
				 context);
	*ret = collection.kind == VALUE_REFERENCE ? collection.bits : 0;
	return NULL;
}

static struct error *read_row(struct listing *listing, uint64_t collection, struct row *row)
{
	static const char *const methods[] = { "_methodText", "Method", NULL };
	static const char *const schemes[] = { "Scheme", NULL };
	static const char *const paths[] = { "Path", NULL };
	static const char *const queries[] = { "QueryString", NULL };
	struct command_call *call = listing->call;
	const char *path, *query;
	TRY(web_string(call, collection, methods, &row->method));
	TRY(web_string(call, collection, schemes, &row->scheme));
	TRY(web_string(call, collection, paths, &path));
	TRY(web_string(call, collection, queries, &query));
	if (path && query) {
		row->url = arena_printf(call->question.scratch, "%s%s", path, query);
		return row->url ? NULL : &error_no_memory;
	}
	return NULL;
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct listing *listing = context;
	uint64_t collection;
	bool is = false;
	if (object->is_free)
		return NULL;
	TRY(is_context(listing, object->type, &is));
	if (!is)
		return NULL;
	TRY(collection_of(listing, object->address, &collection));
	if (!collection)
		return NULL;
	TRY(LIST_GROW(listing->rows, listing->count, listing->capacity));
	struct row *row = &listing->rows[listing->count];
	*row = (struct row){ .address = object->address };
	TRY(read_row(listing, collection, row));
	listing->count++;
	return NULL;
}

static int width_for(int width, const char *text)
{
	int length = text ? (int)strlen(text) : 0;
	return length > width ? length : width;
}

static void print(const struct listing *listing)
{
	struct column columns[] = {
		{ "address", "Address", CELL_ADDRESS, -12 },
		{ "method", "Method", CELL_TEXT, 0 },
		{ "scheme", "Scheme", CELL_TEXT, 0 },
		{ "url", "Url", CELL_TEXT, 0 },
	};
	struct output *out = listing->call->out;
	int method = 6, scheme = 6;
	for (size_t i = 0; i < listing->count; i++) {
		method = width_for(method, listing->rows[i].method);
		scheme = width_for(scheme, listing->rows[i].scheme);
	}
	columns[1].width = -method;
	columns[2].width = -scheme;
	output_table_begin(out, "requests", columns, COUNT_OF(columns), listing->count != 0);
	for (size_t i = 0; i < listing->count && !output_broken(out); i++) {
		output_row_begin(out);
		output_address(out, listing->rows[i].address);
		web_string_print(out, listing->rows[i].method);
		web_string_print(out, listing->rows[i].scheme);
		web_string_print(out, listing->rows[i].url);
		output_row_end(out);
	}
	output_table_end(out);
	if (listing->count)
		output_line(out, "Found %zu active requests", listing->count);
	else
		output_line(out, "No requests found");
}

static struct error *dumprequests_run(struct command_call *call)
{
	struct listing listing = { .call = call };
	heap_filter_init_all(&listing.filter, &call->question);
	struct error *error = heap_filter_walk(&listing.filter, visit, &listing);
	heap_filter_deinit(&listing.filter);
	if (!error)
		print(&listing);
	free(listing.rows);
	type_bytes_deinit(&listing.verdicts);
	return error;
}

static const char *const examples[] = { "dumprequests", NULL };
const struct command command_dumprequests = {
	.name = "dumprequests",
	.summary = "list the HTTP requests that ASP.NET Core is answering",
	.usage = "dumprequests",
	.description = "The contexts that belong to a connection. A connection keeps its context "
		       "between requests: one that is idle shows its last request. Requests that "
		       "the process sent: dumphttp.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumprequests_run,
};
