/* dumparray: the elements of an array. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/field_table.h"
#include "commands/shared/object_header.h"
#include "commands/shared/render.h"
#include "heap/types/type.h"
#include "inspect/array_elements.h"

#include <inttypes.h>

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
	if (!value->type) {
		output_line(call->out, "<unreadable>");
		question_missing(&call->question, 0, "the object at %#" PRIx64 " cannot be read",
				 value->bits);
		return NULL;
	}
	TRY(object_view_read(&call->question, value->bits, &view));
	TRY(object_header_print(call, &view, false));
	return field_table_print(call, &table);
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

static struct error *element_row(struct command_call *call, const struct array_shape *shape,
				 const struct array_element_view *element, bool details)
{
	char index[ARRAY_INDEX_BYTES];
	array_index_text(shape, element->index, index);
	output_row_begin(call->out);
	output_number_as(call->out, (int64_t)element->index, index);
	output_address_as(call->out, element->address, place_text(call, shape, &element->value));
	if (details) {
		output_sentence(call->out, "{index} {address}");
		TRY(element_details(call, &element->value));
	}
	TRY(render_value(call, &element->value, LIMIT_SHOWN_STRUCTS));
	if (element->value.kind == VALUE_REFERENCE)
		output_address(call->out, element->value.bits);
	else
		output_skip(call->out);
	output_row_end(call->out);
	return NULL;
}

/* Each row has an arena of its own: an array may be long. */
static struct error *dumparray_rows(struct command_call *call, struct array_elements *elements,
				    bool details)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(call->question.scratch);
	struct command_call row_call = *call;
	struct array_element_view element;
	bool more = true;
	row_call.question.scratch = &arena;
	while (!output_broken(call->out)) {
		TRY(array_elements_next(elements, &element, &more));
		if (!more)
			break;
		TRY(element_row(&row_call, elements->shape, &element, details));
		arena_reset(&arena);
	}
	return NULL;
}

static struct error *elements_print(struct command_call *call, struct array_elements *elements)
{
	static const struct column columns[] = {
		{ "index", "", CELL_INTEGER, 0 },
		{ "address", "", CELL_ADDRESS_WIDE, 0 },
		{ "value", "", CELL_VALUE, 0 },
		{ "object", NULL, CELL_ADDRESS, 0 },
	};
	static const struct column detail_columns[] = {
		{ "index", IN_WORDS, CELL_INTEGER, 0 },
		{ "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
		{ NULL, "", CELL_VALUE, 0 },
		{ "value", NULL, CELL_VALUE, 0 },
		{ "object", NULL, CELL_ADDRESS, 0 },
	};
	bool details = arguments_has(call->arguments, "-details");
	if (details)
		output_table_begin(call->out, "elements", detail_columns, COUNT_OF(detail_columns),
				   false);
	else
		output_table_begin(call->out, "elements", columns, COUNT_OF(columns), false);
	TRY(dumparray_rows(call, elements, details));
	output_table_end(call->out);
	return NULL;
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
	struct array_elements elements;
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
	array_elements_init(&call->question, &view, start, length, &elements);
	return elements_print(call, &elements);
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
	.description =
		"Each line is the index, what SOS shows (the object an element refers to, or the element's own address) and the value.",
	.options = options,
	.subject = { .kind = SUBJECT_OBJECT, .what = "an array" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumparray_run,
};
