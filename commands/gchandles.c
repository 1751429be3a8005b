/* gchandles: the handles that native code, GCHandle and the runtime itself hold. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/gc/handles.h"
#include "heap/types/type.h"
#include "inspect/heap_statistics.h"

#include <inttypes.h>
#include <strings.h>

static const struct column columns[] = {
	{ "address", "Handle", CELL_POINTER, 16 },
	{ "kind", "Type", CELL_TEXT, -11 },
	{ "object", "Object", CELL_POINTER, 16 },
	{ "size", "Size", CELL_INTEGER, 8 },
	{ "mt", NULL, CELL_ADDRESS, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },
	{ "secondary", IN_WORDS, CELL_POINTER, 0 },
	{ NULL, "Data", CELL_TEXT, 16 },
	{ NULL, "Type", CELL_TEXT, 0 },
};
static const struct column statistics_columns[] = {
	{ "mt", "MT", CELL_ADDRESS_WIDE, 16 },
	{ "count", "Count", CELL_INTEGER, 8 },
	{ "total_size", "TotalSize", CELL_INTEGER, 12 },
	{ "type", "Class Name", CELL_TEXT, 0 },
};
static const struct column total_columns[] = {
	{ "count", IN_WORDS, CELL_INTEGER, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },
};
static const struct column kind_columns[] = {
	{ "kind", "", CELL_TEXT, -21 },
	{ "count", "", CELL_INTEGER, 0 },
};

/* How SOS counts them up, and in which order. */
static const struct kind_title {
	enum handle_kind kind;
	const char *title;
} kind_titles[] = {
	{ HANDLE_STRONG, "Strong Handles:" },
	{ HANDLE_PINNED, "Pinned Handles:" },
	{ HANDLE_ASYNC_PINNED, "Async Pinned Handles:" },
	{ HANDLE_REF_COUNTED, "Ref Count Handles:" },
	{ HANDLE_WEAK_LONG, "Weak Long Handles:" },
	{ HANDLE_WEAK_SHORT, "Weak Short Handles:" },
	{ HANDLE_WEAK_WINRT, "Weak WinRT Handles:" },
	{ HANDLE_VARIABLE, "Variable Handles:" },
	{ HANDLE_SIZED_REF, "SizedRef Handles:" },
	{ HANDLE_DEPENDENT, "Dependent Handles:" },
	{ HANDLE_WEAK_INTERIOR_POINTER, "Weak Interior Pointer Handles:" },
	{ HANDLE_CROSS_REFERENCE, "Cross Reference Handles:" },
};

struct listing {
	struct command_call *call;
	enum handle_kind wanted; /* HANDLE_KIND_COUNT: all */
	bool list;
	uint64_t of_kind[HANDLE_KIND_COUNT], total, unreadable;
	struct heap_statistics statistics;
};

static void row_print(struct listing *listing, const struct gc_handle *handle,
		      const struct gc_object *object)
{
	struct output *out = listing->call->out;
	struct heap *heap = listing->call->question.heap;
	const struct type *type = object ? type_by_index(heap, object->type) : NULL;
	output_row_begin(out);
	output_address(out, handle->address);
	output_text(out, handle_kind_name(handle->kind));
	output_address(out, handle->object);
	if (object)
		output_unsigned(out, object->size);
	else
		output_skip(out);
	if (type) {
		output_address(out, type->handle);
		output_text_as(out, type_name(heap, type, NULL), type_sos_name(heap, type));
	} else {
		output_null(out);
		output_nothing(out, "<unreadable object>");
	}
	if (handle->kind == HANDLE_DEPENDENT)
		output_address(out, handle->secondary);
	else
		output_skip(out);
	output_words(out, "{secondary}");
	output_words(out, "{type}");
	output_row_end(out);
}

static struct error *visit(const struct gc_handle *handle, void *context)
{
	struct listing *listing = context;
	struct gc_object object;
	if (listing->wanted != HANDLE_KIND_COUNT && handle->kind != listing->wanted)
		return NULL;
	struct error *error = object_read(listing->call->question.heap, handle->object, &object);
	bool is_read = !error;
	error_take_damage(&error);
	TRY(error);
	listing->unreadable += !is_read;
	listing->total++;
	if (handle->kind < HANDLE_KIND_COUNT)
		listing->of_kind[handle->kind]++;
	if (listing->list)
		row_print(listing, handle, is_read ? &object : NULL);
	if (is_read)
		TRY(heap_statistics_add(&listing->statistics, &object));
	return output_broken(listing->call->out) ? &error_stop : NULL;
}

static struct error *walk(struct listing *listing)
{
	struct command_call *call = listing->call;
	uint64_t lost = 0;
	if (listing->list)
		output_table_begin(call->out, "handles", columns, COUNT_OF(columns), true);
	struct error *error =
		gc_handles_visit(call->question.heap, call->question.task, visit, listing, &lost);
	if (listing->list)
		output_table_end(call->out);

	TRY(error);
	if (lost)
		question_missing(&call->question, 0,
				 "%" PRIu64
				 " parts of the handle tables could not be read: handles "
				 "are missing",
				 lost);
	if (listing->unreadable)
		question_missing(&call->question, 0,
				 "the objects of %" PRIu64
				 " handles could not be read; the statistics "
				 "leave them out",
				 listing->unreadable);
	if (call->question.heap->gc->structures_invalid)
		question_missing(
			&call->question, 0,
			"a garbage collection was under way: handles may lead to where their "
			"objects were");
	return NULL;
}

struct row {
	const struct type_statistic *statistic;
	const struct type *type;
};

/* As SOS lists them: the largest last, of equals the one with the lower MethodTable last. */
static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	if (a->statistic->size_bytes != b->statistic->size_bytes)
		return a->statistic->size_bytes < b->statistic->size_bytes ? -1 : 1;
	return a->type->handle > b->type->handle ? -1 : a->type->handle < b->type->handle;
}

static struct error *statistics_print(struct listing *listing)
{
	struct command_call *call = listing->call;
	const struct heap_statistics *statistics = &listing->statistics;
	struct row *rows =
		arena_allocate_array(call->question.scratch, statistics->met, sizeof(*rows));
	size_t count = 0;
	if (!rows)
		return &error_no_memory;
	for (size_t i = 0; i < statistics->capacity; i++)
		if (statistics->types[i].count)
			rows[count++] =
				(struct row){ &statistics->types[i],
					      type_by_index(call->question.heap, (uint32_t)i) };
	qsort(rows, count, sizeof(*rows), compare_rows);
	output_line(call->out, "Statistics:");
	output_table_begin(call->out, "statistics", statistics_columns,
			   COUNT_OF(statistics_columns), true);
	for (size_t i = 0; i < count; i++) {
		output_row_begin(call->out);
		output_address(call->out, rows[i].type->handle);
		output_unsigned(call->out, rows[i].statistic->count);
		output_unsigned(call->out, rows[i].statistic->size_bytes);
		output_text_as(call->out, type_name(call->question.heap, rows[i].type, NULL),
			       type_sos_name(call->question.heap, rows[i].type));
		output_row_end(call->out);
	}
	output_table_end(call->out);
	output_record_begin(call->out, "total", total_columns, COUNT_OF(total_columns));
	output_unsigned(call->out, listing->total);
	output_unsigned(call->out, statistics->size_bytes);
	output_sentence(call->out, "Total {count} objects");
	output_record_end(call->out);
	return NULL;
}

static void kinds_print(struct listing *listing)
{
	struct output *out = listing->call->out;
	output_line(out, "%s", "");
	output_line(out, "Handles:");
	output_indent(out, 1);
	output_table_begin(out, "kinds", kind_columns, COUNT_OF(kind_columns), false);
	for (size_t i = 0; i < COUNT_OF(kind_titles); i++) {
		uint64_t count = listing->of_kind[kind_titles[i].kind];
		if (!count)
			continue;
		output_row_begin(out);
		output_text_as(out, handle_kind_name(kind_titles[i].kind), kind_titles[i].title);
		output_unsigned(out, count);
		output_row_end(out);
	}
	output_table_end(out);
	output_indent(out, -1);
}

/* -type KIND, as SOS takes it: in any case. */
static struct error *kind_wanted(const struct arguments *arguments, enum handle_kind *ret)
{
	const char *name = arguments_value(arguments, "-type");
	*ret = HANDLE_KIND_COUNT;
	if (!name)
		return NULL;
	for (*ret = 0; *ret < HANDLE_KIND_COUNT; ++*ret)
		if (!strcasecmp(handle_kind_name(*ret), name))
			return NULL;
	return error_new(
		ERROR_USAGE,
		"there are no handles of type %s: say Strong, Pinned, WeakShort, WeakLong, "
		"Dependent, RefCounted, AsyncPinned, SizedRef, Variable, WeakWinRT, "
		"WeakInteriorPointer or CrossReference",
		name);
}

static struct error *gchandles_run(struct command_call *call)
{
	struct listing listing = { .call = call, .list = !arguments_has(call->arguments, "-stat") };
	TRY(kind_wanted(call->arguments, &listing.wanted));
	struct error *error = walk(&listing);
	if (!error && listing.list)
		output_line(call->out, "%s", "");
	if (!error)
		error = statistics_print(&listing);
	if (!error && listing.wanted == HANDLE_KIND_COUNT)
		kinds_print(&listing);
	heap_statistics_deinit(&listing.statistics);
	return error;
}

static const struct option options[] = {
	{ "-stat", NULL, "only the statistics", NULL },
	{ "-type", "KIND", "only handles of this kind: Strong, Pinned, WeakShort …", NULL },
	{ "-perdomain", NULL, "accepted; since .NET Core there is one domain", NULL },
	{ 0 },
};
static const char *const examples[] = { "gchandles", "gchandles -stat", "gchandles -type Pinned",
					NULL };
const struct command command_gchandles = {
	.name = "gchandles",
	.summary = "list the GC handles: kind, object, and statistics by type",
	.description =
		"A handle is a place outside the heap that holds an object (Strong, Pinned) or follows it (WeakShort, WeakLong). Data is the second object of a Dependent handle, which lives as long as the first does. Handles whose object is null are not listed.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = gchandles_run,
};
