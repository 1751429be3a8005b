/* dumpasync --fields: the fields of a frame: values by name in JSON; in text SOS's lines, with
 * addresses and types, whose names and values are cut. */
#include "commands/command.h"

#include "base/text.h"
#include "commands/shared/async_rows.h"
#include "commands/shared/render.h"
#include "heap/types/field.h"

#include <inttypes.h>

enum { TYPE_WIDTH = 32, VALUE_WIDTH = 16, SHOWN_STRING_UNITS = 64 };

/* The end of a text that is too long, after three dots. */
static const char *end_of(struct command_call *call, const char *text, size_t width)
{
	size_t length = strlen(text);
	if (length <= width)
		return text;
	const char *cut =
		arena_printf(call->question.scratch, "...%s", text + length - (width - 3));
	return cut ? cut : text;
}

static const char *string_text(struct command_call *call, const struct value *value)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	struct error *error = string_read(call->question.heap, value->bits, SHOWN_STRING_UNITS,
					  call->question.scratch, &units, &count, &length);
	char *text = arena_allocate(call->question.scratch, SHOWN_STRING_UNITS + 3);
	if (error || !text) {
		error_free(error);
		return "<unreadable>";
	}
	size_t size = 0;
	text[size++] = '"';
	for (size_t i = 0; i < count; i++)
		text[size++] = units[i] >= ' ' && units[i] <= '~' ? (char)units[i] : '.';
	text[size] = '"';
	return text;
}

static const char *value_text(struct command_call *call, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		return "null";
	case VALUE_BOOLEAN:
		return value->bits ? "true" : "false";
	case VALUE_REFERENCE:
		if (value->type && value->type->kind == TYPE_STRING)
			return string_text(call, value);
		return render_sos_text(call, value);
	default:
		return render_sos_text(call, value);
	}
}

static struct error *field_line(struct command_call *call, const struct type_field *field,
				const struct value *value, int indent)
{
	const struct type *declared;
	TRY(field_type(call->question.heap, field, &declared));
	uint64_t address = value->address;
	if (type_is_reference(declared))
		address = value->kind == VALUE_REFERENCE ? value->bits : 0;
	output_line(call->out, "%*s%016" PRIx64 " %016" PRIx64 " %-*s %*s %s", indent, "", address,
		    declared->handle, TYPE_WIDTH,
		    end_of(call, type_name(call->question.heap, declared, NULL), TYPE_WIDTH),
		    VALUE_WIDTH, end_of(call, value_text(call, value), VALUE_WIDTH), field->name);
	return NULL;
}

struct error *async_fields_print(struct command_call *call, const struct type *type, uint64_t base,
				 int indent)
{
	const struct type_field **fields;
	size_t count;
	output_line(call->out, "%*s%16s %16s %-*s %*s Name", indent, "", "Address", "MT",
		    TYPE_WIDTH, "Type", VALUE_WIDTH, "Value");
	TRY(type_all_fields(call->question.heap, type, false, call->question.scratch, &fields,
			    &count));
	output_object_begin(call->out, NULL);
	struct error *error = NULL;
	for (size_t i = 0; !error && i < count && !output_broken(call->out); i++) {
		struct value value;
		error = task_check(call->question.task, "showing the fields");
		if (!error)
			error = value_of_field(call->question.heap, fields[i], base, &value);
		if (!error)
			error = field_line(call, fields[i], &value, indent);
		if (error)
			break;
		output_member(call->out, fields[i]->name);
		error = render_value(call, &value, 1);
	}
	output_object_end(call->out);
	return error;
}
