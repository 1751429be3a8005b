/* gchandles: the handles that native code, GCHandle and the runtime itself hold. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/types/type.h"
#include "inspect/handle_list.h"

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

static struct error *row_print(const struct gc_handle *handle, const struct gc_object *object,
			       void *context)
{
	struct command_call *call = context;
	struct output *out = call->out;
	struct heap *heap = call->question.heap;
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
	return output_broken(out) ? &error_stop : NULL;
}

static struct error *statistics_print(struct command_call *call, const struct handle_list *list)
{
	struct handle_type *rows;
	size_t count;
	TRY(handle_list_types(list, &rows, &count));
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
	output_unsigned(call->out, list->total);
	output_unsigned(call->out, list->statistics.size_bytes);
	output_sentence(call->out, "Total {count} objects");
	output_record_end(call->out);
	return NULL;
}

static void kinds_print(struct output *out, const struct handle_list *list)
{
	output_line(out, "%s", "");
	output_line(out, "Handles:");
	output_indent(out, 1);
	output_table_begin(out, "kinds", kind_columns, COUNT_OF(kind_columns), false);
	for (size_t i = 0; i < COUNT_OF(kind_titles); i++) {
		uint64_t count = list->of_kind[kind_titles[i].kind];
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

static struct error *rows_print(struct command_call *call, struct handle_list *list)
{
	output_table_begin(call->out, "handles", columns, COUNT_OF(columns), true);
	struct error *error = handle_list_visit(list, row_print, call);
	output_table_end(call->out);
	TRY(error);
	output_line(call->out, "%s", "");
	return NULL;
}

static struct error *gchandles_run(struct command_call *call)
{
	CLEANUP(handle_list_deinit) struct handle_list list = { .question = &call->question };
	TRY(kind_wanted(call->arguments, &list.wanted));
	if (arguments_has(call->arguments, "-stat"))
		TRY(handle_list_visit(&list, NULL, NULL));
	else
		TRY(rows_print(call, &list));
	TRY(statistics_print(call, &list));
	if (list.wanted == HANDLE_KIND_COUNT)
		kinds_print(call->out, &list);
	return NULL;
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
