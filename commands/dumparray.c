/* dumparray: the elements of an array. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/field_table.h"
#include "commands/shared/object_header.h"
#include "commands/shared/render.h"
#include "heap/gc/gc_heap.h"
#include "heap/types/type.h"

#include <inttypes.h>

enum { INDEX_BYTES = 512 };

struct elements {
	struct command_call *call;
	struct command_call row_call; /* its scratch is reset after each row */
	const struct array_shape *shape;
	uint64_t start, end;
	bool details;
};

/* [5] of a vector, [1,2] with lower bounds counted in of any other array. */
static void format_index(const struct array_shape *shape, uint64_t index, char to[INDEX_BYTES])
{
	uint64_t numbers[LIMIT_ARRAY_RANK] = { index };
	for (unsigned i = shape->rank; i-- > 1;) {
		uint32_t length = shape->lengths[i] ? shape->lengths[i] : 1;
		numbers[i] = index % length;
		index /= length;
		numbers[0] = index;
	}
	size_t used = 0;
	for (unsigned i = 0; i < shape->rank && used < INDEX_BYTES; i++)
		used += (size_t)snprintf(to + used, INDEX_BYTES - used, "%s%" PRId64, i ? "," : "[",
					 (int64_t)numbers[i] + shape->lower_bounds[i]);
	if (used < INDEX_BYTES)
		snprintf(to + used, INDEX_BYTES - used, "]");
}

/* What SOS prints in place of an element's own address: of a reference what it refers to, or null.
 * NULL: the address. */
static const char *place_text(struct command_call *call, const struct array_shape *shape,
			      const struct value *value)
{
	if (value->kind == VALUE_NULL && shape->element && type_is_reference(shape->element))
		return "null";
	if (value->kind != VALUE_REFERENCE)
		return NULL;
	const char *text = arena_printf(call->question.scratch, "%016" PRIx64, value->bits);
	return text ? text : "";
}

static struct error *object_details(struct command_call *call, const struct value *value)
{
	struct object_view view;
	const struct field_table table = { .type = value->type,
					   .base = object_fields(value->bits),
					   .is_object = true,
					   .nested = true };
	TRY(object_view_read(&call->question, value->bits, &view));
	TRY(object_header_print(call, &view, false));
	return value->type ? field_table_print(call, &table) : NULL;
}

static struct error *struct_details(struct command_call *call, const struct value *value)
{
	const struct field_table table = { .type = value->type,
					   .base = value->address,
					   .nested = true };
	if (!value->type)
		return NULL;
	struct_header_print(call, value->type, value->address);
	return field_table_print(call, &table);
}

/* What -details shows of an element, for text only: JSON has its value. */
static struct error *element_details(struct command_call *call, const struct value *value)
{
	static const struct column details[] = { { "fields", "", CELL_VALUE, 0 } };
	struct error *error = NULL;
	output_indent(call->out, 1);
	output_table_begin(call->out, NULL, details, COUNT_OF(details), false);
	output_row_begin(call->out);
	if (value->kind == VALUE_REFERENCE)
		error = object_details(call, value);
	else if (value->kind == VALUE_STRUCT)
		error = struct_details(call, value);
	output_row_end(call->out);
	output_table_end(call->out);
	output_indent(call->out, -1);
	return error;
}

static struct error *element_row(struct elements *elements, uint64_t index)
{
	struct command_call *call = &elements->row_call;
	const struct array_shape *shape = elements->shape;
	struct value value;
	char text[INDEX_BYTES];
	uint64_t address = shape->data + index * shape->element_size;
	TRY(array_element(call->question.heap, shape, index, &value));
	format_index(shape, index, text);
	output_row_begin(call->out);
	output_number_as(call->out, (int64_t)index, text);
	output_address_as(call->out, address, place_text(call, shape, &value));
	if (elements->details) {
		output_sentence(call->out, "{index} {address}");
		TRY(element_details(call, &value));
	}
	TRY(render_value(call, &value, LIMIT_SHOWN_STRUCTS));
	if (value.kind == VALUE_REFERENCE)
		output_address(call->out, value.bits);
	else
		output_skip(call->out);
	output_row_end(call->out);
	return NULL;
}

/* Shows each, up to where LIMIT_UNREADABLE_RUN of them cannot be read: a forged length ends there.
 */
static struct error *rows_print(struct elements *elements)
{
	struct command_call *call = elements->call;
	const struct array_shape *shape = elements->shape;
	uint64_t unreadable = 0;
	for (uint64_t i = elements->start; i < elements->end && !output_broken(call->out); i++) {
		TRY(task_check(call->question.task, "reading the array"));
		uint64_t address = shape->data + i * shape->element_size;
		unreadable = reader_borrow(&call->question.heap->reader, address, 1)
				     ? 0
				     : unreadable + 1;
		struct error *error = element_row(elements, i);
		arena_reset(elements->row_call.question.scratch);
		TRY(error);
		if (unreadable < LIMIT_UNREADABLE_RUN || i + 1 == elements->end)
			continue;
		question_missing(&call->question, (elements->end - i - 1) * shape->element_size,
				 "the elements after index %" PRIu64
				 " are not shown: %d before them "
				 "could not be read",
				 i, LIMIT_UNREADABLE_RUN);
		elements->end = i + 1;
	}
	return NULL;
}

static struct error *elements_print(struct elements *elements)
{
	static const struct column columns[] = {
		{ "index", "", CELL_INTEGER, 0 },
		{ "address", "", CELL_ADDRESS_WIDE, 0 },
		{ "value", "", CELL_VALUE, 0 },
		{ "object", NULL, CELL_ADDRESS, 0 },
	};
	static const struct column details[] = {
		{ "index", IN_WORDS, CELL_INTEGER, 0 },
		{ "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
		{ NULL, "", CELL_VALUE, 0 },
		{ "value", NULL, CELL_VALUE, 0 },
		{ "object", NULL, CELL_ADDRESS, 0 },
	};
	CLEANUP(arena_deinit) struct arena scratch = arena_within(elements->call->question.scratch);
	struct command_call *call = elements->call;
	elements->row_call = *call;
	elements->row_call.question.scratch = &scratch;
	if (elements->details)
		output_table_begin(call->out, "elements", details, COUNT_OF(details), false);
	else
		output_table_begin(call->out, "elements", columns, COUNT_OF(columns), false);
	TRY(rows_print(elements));
	output_table_end(call->out);
	return NULL;
}

/* An array does not go on beyond its segment, whatever its length says. */
static void end_with_segment(struct elements *elements, uint64_t object)
{
	const struct array_shape *shape = elements->shape;
	const struct gc_heap *gc = elements->call->question.heap->gc;
	const struct gc_segment *segment = gc ? gc_segment_of(gc, object) : NULL;
	if (!segment || !shape->element_size)
		return;
	uint64_t room =
		segment->end > shape->data ? (segment->end - shape->data) / shape->element_size : 0;
	if (elements->end <= room)
		return;
	question_missing(&elements->call->question, 0,
			 "the array's length is damaged: it says %" PRIu64
			 " elements, and its segment has room for %" PRIu64,
			 shape->count, room);
	elements->end = room;
}

static void class_lines(struct command_call *call, const struct object_view *view)
{
	static const struct column columns[] = {
		{ "count", NULL, CELL_COUNT, 0 },
		{ "element_mt", "Element Methodtable: ", CELL_ADDRESS_WIDE, 0 },
		{ "element_type", NULL, CELL_TEXT, 0 },
	};
	const struct type *element = view->shape.element;
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	output_unsigned(call->out, view->shape.count);
	output_address(call->out, element ? element->handle : 0);
	output_text(call->out, element ? type_name(call->question.heap, element, NULL) : "");
	output_record_end(call->out);
}

static struct error *dumparray_run(struct command_call *call)
{
	uint64_t address = call->subject.address, start = 0, length = UINT64_MAX;
	struct object_view view;
	TRY(arguments_number(call->arguments, "-start", &start));
	TRY(arguments_number(call->arguments, "-length", &length));
	TRY(object_view_read(&call->question, address, &view));
	if (!view.is_array)
		return error_new(ERROR_USAGE,
				 "the object at %" PRIx64
				 " is no array but a %s: show it with dumpobj",
				 address, type_name(call->question.heap, view.type, NULL));
	TRY(object_header_print(call, &view, true));
	class_lines(call, &view);
	struct elements elements = { .call = call, .shape = &view.shape };
	elements.details = arguments_has(call->arguments, "-details");
	elements.start = start < view.shape.count ? start : view.shape.count;
	elements.end = view.shape.count - elements.start < length ? view.shape.count
								  : elements.start + length;
	end_with_segment(&elements, address);
	return elements_print(&elements);
}

static const struct option options[] = {
	{ "-start", "INDEX", "the first element to show", NULL },
	{ "-length", "COUNT", "how many elements to show", NULL },
	{ "-details", NULL, "show the fields of each element", NULL },
	{ "-nofields", NULL, "accepted; the array itself has no fields", NULL },
	{ 0 },
};
static const char *const examples[] = { "dumparray 7f68dd00df50",
					"dumparray -details -length 2 7f68dd00e258", NULL };
const struct command command_dumparray = {
	.name = "dumparray",
	.summary = "list the elements of an array",
	.usage = "dumparray [-start INDEX] [-length COUNT] [-details] ADDRESS|PATH",
	.description = "Each line is the index, what SOS shows (the object an element refers to, "
		       "or the element's "
		       "own address) and the value.",
	.options = options,
	.subject = { .kind = SUBJECT_OBJECT, .what = "an array" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumparray_run,
};
