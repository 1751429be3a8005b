#include "commands/shared/object_header.h"

#include "base/list.h"

static const struct column columns[] = {
	{ "address", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "type", "Name:        ", CELL_TEXT, 0 },
	{ "mt", "MethodTable: ", CELL_ADDRESS_WIDE, 0 },
	{ "ee_class", "EEClass:     ", CELL_ADDRESS_WIDE, 0 },
	{ "size", "Size:        ", CELL_BYTES_SOS, 0 },
	{ "file", "File:        ", CELL_TEXT, 0 },
	{ "string", "String:      ", CELL_VALUE, 0 },
};
static const struct column shape_columns[] = {
	{ "rank", IN_WORDS, CELL_INTEGER, 0 },
	{ "length", IN_WORDS, CELL_INTEGER, 0 },
	{ "element_type", IN_WORDS, CELL_TEXT, 0 },
	{ "dimensions", NULL, CELL_VALUE, 0 },
};
static const struct column dimension_columns[] = {
	{ "lower_bound", NULL, CELL_INTEGER, 0 },
	{ "length", NULL, CELL_INTEGER, 0 },
};

/* As SOS names element types in its Array line (Strike's ElementTypeName, src/SOS/Strike/util.cpp).
 */
static const char *element_name(const struct type *element)
{
	static const char *const names[] = {
		[ELEMENT_BOOLEAN] = "Boolean",
		[ELEMENT_CHAR] = "Char",
		[ELEMENT_I1] = "SByte",
		[ELEMENT_U1] = "Byte",
		[ELEMENT_I2] = "Int16",
		[ELEMENT_U2] = "UInt16",
		[ELEMENT_I4] = "Int32",
		[ELEMENT_U4] = "UInt32",
		[ELEMENT_I8] = "Int64",
		[ELEMENT_U8] = "UInt64",
		[ELEMENT_R4] = "Single",
		[ELEMENT_R8] = "Double",
		[ELEMENT_STRING] = "String",
		[ELEMENT_PTR] = "PTR",
		[ELEMENT_VALUETYPE] = "VALUETYPE",
		[ELEMENT_CLASS] = "CLASS",
		[ELEMENT_ARRAY] = "ARRAY",
		[ELEMENT_I] = "IntPtr",
		[ELEMENT_U] = "UIntPtr",
		[ELEMENT_FNPTR] = "FNPTR",
		[ELEMENT_OBJECT] = "OBJECT",
		[ELEMENT_SZARRAY] = "SZARRAY",
	};
	uint8_t type = element ? element->element_type : ELEMENT_END;
	const char *name = type < COUNT_OF(names) ? names[type] : NULL;
	return name ? name : "CLASS";
}

static struct error *string_cell(struct command_call *call, const struct object_view *view)
{
	struct string_view string;
	TRY(object_view_string(&call->question, view, &string));
	if (string.units)
		output_utf16(call->out, string.units, string.count, string.length, false);
	else
		output_nothing(call->out, "<unreadable>");
	return NULL;
}

static void dimensions_cell(struct output *out, const struct array_shape *shape)
{
	output_table_begin(out, NULL, dimension_columns, COUNT_OF(dimension_columns), false);
	for (unsigned i = 0; i < shape->rank; i++) {
		output_row_begin(out);
		output_signed(out, shape->lower_bounds[i]);
		output_unsigned(out, shape->lengths[i]);
		output_row_end(out);
	}
	output_table_end(out);
}

static void shape_print(struct command_call *call, const struct array_shape *shape)
{
	struct output *out = call->out;
	const struct type *element = shape->element;
	output_record_begin(out, "array", shape_columns, COUNT_OF(shape_columns));
	output_unsigned(out, shape->rank);
	output_unsigned(out, shape->count);
	output_text_as(out, element ? type_name(call->question.heap, element, NULL) : "",
		       element_name(element));
	output_sentence(out, "Array:       Rank {rank}, Number of elements {length}, "
			     "Type {element_type}");
	if (shape->rank > 1 || shape->lower_bounds[0])
		dimensions_cell(out, shape);
	output_record_end(out);
}

struct error *object_header_print(struct command_call *call, const struct object_view *view,
				  bool shows_class)
{
	struct output *out = call->out;
	const char *file = view->is_array ? "" : type_file(view->type);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_address(out, view->object.address);
	output_text_as(out, type_name(call->question.heap, view->type, NULL),
		       type_sos_name(call->question.heap, view->type));
	output_address(out, view->object.method_table);
	if (shows_class)
		output_address(out, view->type->ee_class);
	else
		output_skip(out);
	output_unsigned(out, view->object.size);
	if (*file)
		output_text(out, file);
	else
		output_skip(out);
	if (view->is_string)
		TRY(string_cell(call, view));
	else
		output_skip(out);
	if (view->is_array)
		shape_print(call, &view->shape);
	output_record_end(out);
	return NULL;
}

void struct_header_print(struct command_call *call, const struct type *type, uint64_t address)
{
	static const struct column struct_columns[] = {
		{ "address", NULL, CELL_ADDRESS_WIDE, 0 },
		{ "type", "Name:        ", CELL_TEXT, 0 },
		{ "mt", "MethodTable: ", CELL_ADDRESS_WIDE, 0 },
		{ "canonical", "Canonical: ", CELL_ADDRESS_WIDE, 0 },
		{ "size", "Size:        ", CELL_BYTES_SOS, 0 },
		{ "file", "File:        ", CELL_TEXT, 0 },
	};
	struct output *out = call->out;
	output_record_begin(out, NULL, struct_columns, COUNT_OF(struct_columns));
	output_address(out, address);
	output_text_as(out, type_name(call->question.heap, type, NULL),
		       type_sos_name(call->question.heap, type));
	output_address(out, type->handle);
	if (type->canonical != type->handle)
		output_address(out, type->canonical);
	else
		output_skip(out);
	output_unsigned(out, type->base_size);
	output_text(out, type_file(type));
	output_record_end(out);
}
