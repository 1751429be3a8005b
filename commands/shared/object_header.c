#include "commands/shared/object_header.h"

#include "base/list.h"

#include <inttypes.h>

static const struct column header_columns[] = {
	{ "address", NULL, CELL_ADDRESS_WIDE, 0 },
	{ NULL, "Name:        ", CELL_TEXT, 0 },
	{ "type", NULL, CELL_TEXT, 0 },
	{ "mt", "MethodTable: ", CELL_ADDRESS_WIDE, 0 },
	{ "ee_class", "EEClass:     ", CELL_ADDRESS_WIDE, 0 },
	{ "size", "Size:        ", CELL_BYTES_SOS, 0 },
	{ NULL, "Array:       ", CELL_TEXT, 0 },
	{ "file", "File:        ", CELL_TEXT, 0 },
	{ "string", "String:      ", CELL_VALUE, 0 },
	{ "array", NULL, CELL_VALUE, 0 },
};
enum { COLUMNS = COUNT_OF(header_columns) };

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
		output_value(call->out, "<unreadable>", "null");
	return NULL;
}

static void dimensions_cell(struct output *out, const struct array_shape *shape)
{
	output_member(out, "dimensions");
	output_array_begin(out, NULL);
	for (unsigned i = 0; i < shape->rank; i++) {
		output_object_begin(out, NULL);
		output_member(out, "lower_bound");
		output_signed(out, shape->lower_bounds[i]);
		output_member(out, "length");
		output_unsigned(out, shape->lengths[i]);
		output_object_end(out);
	}
	output_array_end(out);
}

static void shape_cell(struct command_call *call, const struct array_shape *shape)
{
	struct output *out = call->out;
	output_object_begin(out, NULL);
	output_member(out, "rank");
	output_unsigned(out, shape->rank);
	output_member(out, "length");
	output_unsigned(out, shape->count);
	output_member(out, "element_type");
	output_text(out,
		    shape->element ? type_name(call->question.heap, shape->element, NULL) : "");
	if (shape->rank > 1 || shape->lower_bounds[0])
		dimensions_cell(out, shape);
	output_object_end(out);
}

struct error *object_header_print(struct command_call *call, const struct object_view *view,
				  enum field_table_form form, bool shows_class)
{
	struct output *out = call->out;
	struct column columns[COLUMNS];
	memcpy(columns, header_columns, sizeof(columns));
	columns_for(form, columns, COLUMNS);
	output_record_begin(out, NULL, columns, COLUMNS);
	output_address(out, view->object.address);
	output_text(out, type_sos_name(call->question.heap, view->type));
	output_text(out, type_name(call->question.heap, view->type, NULL));
	output_address(out, view->object.method_table);
	if (shows_class)
		output_address(out, view->type->ee_class);
	else
		output_skip(out);
	output_unsigned(out, view->object.size);
	if (view->is_array)
		output_textf(out, "Rank %u, Number of elements %" PRIu64 ", Type %s",
			     view->shape.rank, view->shape.count,
			     element_name(view->shape.element));
	else
		output_skip(out);
	if (view->is_array || !*type_file(view->type))
		output_skip(out);
	else
		output_text(out, type_file(view->type));
	if (view->is_string)
		TRY(string_cell(call, view));
	else
		output_skip(out);
	if (view->is_array)
		shape_cell(call, &view->shape);
	else
		output_skip(out);
	output_record_end(out);
	return NULL;
}
