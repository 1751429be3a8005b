#include "inspect/received_requests.h"

#include "base/list.h"
#include "heap/values/value.h"
#include "inspect/heap_filter.h"
#include "inspect/web_string.h"

#include <inttypes.h>

/* Facts: dotnet/aspnetcore src/Http/Http/src/DefaultHttpContext.cs (_features), src/Extensions/
 * Features/src/FeatureReferences.cs (Collection), src/Servers/Kestrel/Core/src/Internal/Http/
 * HttpProtocol.FeatureCollection.cs and HttpProtocol.cs: the connection is its own collection. */

void received_requests_deinit(struct received_requests *requests)
{
	free(requests->list);
}

static struct error *is_context(void *context, const struct type *type, bool *ret)
{
	const struct received_requests *requests = context;
	*ret = type_is(requests->question->heap, type,
		       "Microsoft.AspNetCore.Http.DefaultHttpContext");
	return NULL;
}

/* What the context's features come from: its connection. 0: none, it is not in use. */
static struct error *collection_of(struct received_requests *requests, uint64_t context,
				   uint64_t *ret)
{
	struct value features, collection = { .kind = VALUE_UNREADABLE };
	struct heap *heap = requests->question->heap;
	*ret = 0;
	TRY(value_field_of_object(heap, context, "_features", &features));
	if (features.kind == VALUE_STRUCT)
		TRY(value_field_of_struct(heap, features.type, features.address, "Collection",
					  &collection));
	if (collection.kind == VALUE_UNREADABLE)
		question_missing(requests->question, 0,
				 "the features of the context at %#" PRIx64 " cannot be read",
				 context);
	*ret = collection.kind == VALUE_REFERENCE ? collection.bits : 0;
	return NULL;
}

static struct error *read_row(struct received_requests *requests, uint64_t collection,
			      struct received_request *row)
{
	static const char *const methods[] = { "_methodText", "Method", NULL };
	static const char *const schemes[] = { "Scheme", NULL };
	static const char *const paths[] = { "Path", NULL };
	static const char *const queries[] = { "QueryString", NULL };
	const struct question *question = requests->question;
	const char *path, *query;
	TRY(web_string(question, collection, methods, &row->method));
	TRY(web_string(question, collection, schemes, &row->scheme));
	TRY(web_string(question, collection, paths, &path));
	TRY(web_string(question, collection, queries, &query));
	if (path && query) {
		row->url = arena_printf(question->scratch, "%s%s", path, query);
		return row->url ? NULL : &error_no_memory;
	}
	return NULL;
}

static struct error *received_requests_visit(const struct gc_object *object, void *context)
{
	struct received_requests *requests = context;
	uint64_t collection;
	TRY(collection_of(requests, object->address, &collection));
	if (!collection)
		return NULL;
	TRY(LIST_GROW(requests->list, requests->count, requests->capacity));
	struct received_request *row = &requests->list[requests->count];
	*row = (struct received_request){ .address = object->address };
	TRY(read_row(requests, collection, row));
	requests->count++;
	return NULL;
}

struct error *received_requests_read(struct received_requests *requests)
{
	struct heap_filter filter;
	heap_filter_init_all(&filter, requests->question);
	filter.wants = is_context;
	filter.wants_context = requests;
	struct error *error = heap_filter_walk(&filter, received_requests_visit, requests);
	heap_filter_deinit(&filter);
	return error;
}
