#include "commands/shared/render.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "base/real_text.h"
#include "heap/types/type.h"

#include <inttypes.h>
#include <math.h>

enum { NUMBER_BYTES = REAL_TEXT_BYTES };

static double real_of(const struct value *value)
{
	float single;
	double number;
	uint32_t low = (uint32_t)value->bits;
	if (value->kind == VALUE_SINGLE) {
		memcpy(&single, &low, sizeof(single));
		return (double)single;
	}
	memcpy(&number, &value->bits, sizeof(number));
	return number;
}

static void render_real(struct output *out, const struct value *value)
{
	char digits[REAL_TEXT_BYTES];
	double number = real_of(value);
	real_text(number, value->kind == VALUE_SINGLE, digits);
	output_digits(out, digits, isnan(number) || isinf(number));
}

static void format_integer(const struct value *value, bool is_signed, char *to)
{
	if (is_signed)
		snprintf(to, NUMBER_BYTES, "%" PRId64, sign_extend(value->bits, value->width));
	else
		snprintf(to, NUMBER_BYTES, "%" PRIu64, value->bits);
}

/* 64-bit integers are strings in JSON: a double would not hold them. */
static void render_integer(struct output *out, const struct value *value)
{
	char digits[NUMBER_BYTES];
	format_integer(value, value->kind == VALUE_SIGNED, digits);
	output_digits(out, digits, value->width == 8);
}

static bool enum_is_signed(const struct value *value)
{
	switch (value->type ? value->type->element_type : ELEMENT_I4) {
	case ELEMENT_I1:
	case ELEMENT_I2:
	case ELEMENT_I4:
	case ELEMENT_I8:
	case ELEMENT_I:
		return true;
	default:
		return false;
	}
}

static const char *name_of(struct command_call *call, const struct value *value)
{
	const struct type *type = value->type ? value->type : value->declared;
	return type ? type_name(call->question.heap, type, NULL) : "<unknown type>";
}

static struct error *render_enum(struct command_call *call, const struct value *value)
{
	const char *name;
	char number[NUMBER_BYTES];
	TRY(value_enum_name(call->question.heap, value, call->question.scratch, &name));
	format_integer(value, enum_is_signed(value), number);
	output_enum(call->out, name_of(call, value), name, number, value->width == 8);
	return NULL;
}

static void missing(struct command_call *call, const struct value *value)
{
	question_missing(&call->question, value->width, "a value at %#" PRIx64 " could not be read",
			 value->address);
}

static void unreadable(struct command_call *call, const struct value *value)
{
	missing(call, value);
	output_nothing(call->out, "<unreadable>");
}

static struct error *render_string(struct command_call *call, const struct value *value)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	struct error *error =
		string_read(call->question.heap, value->bits, LIMIT_SHOWN_STRING_UNITS,
			    call->question.scratch, &units, &count, &length);
	if (error_take_damage(&error)) {
		unreadable(call, value);
		return NULL;
	}
	TRY(error);
	output_utf16(call->out, units, count, length, false);
	return NULL;
}

static struct error *render_reference(struct command_call *call, const struct value *value)
{
	if (value->type && value->type->kind == TYPE_STRING)
		return render_string(call, value);
	if (!value->type) {
		question_missing(&call->question, 0, "the object at %#" PRIx64 " cannot be read",
				 value->bits);
		output_reference(call->out, value->bits, "<unreadable>");
		return NULL;
	}
	output_reference(call->out, value->bits, name_of(call, value));
	return NULL;
}

/* One struct being shown: an explicit stack, since the nesting is the target's. */
struct frame {
	const struct type_field **fields; /* NULL: the elements of `shape` */
	struct array_shape shape;         /* an inline array, or a fixed buffer */
	size_t count, next;
	uint64_t base;
};

static struct error *leaf(struct command_call *call, const struct value *value)
{
	switch (value->kind) {
	case VALUE_UNREADABLE:
		unreadable(call, value);
		return NULL;
	case VALUE_NULL:
		output_null(call->out);
		return NULL;
	case VALUE_BOOLEAN:
		output_bool(call->out, value->bits != 0);
		return NULL;
	case VALUE_CHAR: {
		uint16_t unit = (uint16_t)value->bits;
		output_utf16(call->out, &unit, 1, 1, false);
		return NULL;
	}
	case VALUE_SIGNED:
	case VALUE_UNSIGNED:
		render_integer(call->out, value);
		return NULL;
	case VALUE_SINGLE:
	case VALUE_DOUBLE:
		render_real(call->out, value);
		return NULL;
	case VALUE_POINTER:
		output_address(call->out, value->bits);
		return NULL;
	case VALUE_REFERENCE:
		return render_reference(call, value);
	case VALUE_ENUM:
		return render_enum(call, value);
	case VALUE_STRUCT:
		break;
	}
	output_text(call->out, name_of(call, value));
	return NULL;
}

/* What the struct is shown by: its fields, or as many elements as LIMIT_EXPANDED_ELEMENTS and one
 * more, which is shown in place of the rest. */
static struct error *open_members(struct command_call *call, const struct value *value,
				  struct frame *frame)
{
	bool is_array;
	TRY(inline_array_read(call->question.heap, value, &frame->shape, &is_array));
	frame->fields = NULL;
	frame->count = frame->shape.count > LIMIT_EXPANDED_ELEMENTS ? LIMIT_EXPANDED_ELEMENTS + 1
								    : (size_t)frame->shape.count;
	if (is_array)
		return NULL;
	return type_all_fields(call->question.heap, value->type, false, call->question.scratch,
			       &frame->fields, &frame->count);
}

/* Opens a struct when it is one that is shown by its fields; *ret_opened false: it was a leaf. */
static struct error *open_struct(struct command_call *call, const struct value *value,
				 bool deep_enough, struct frame *frame, bool *ret_opened)
{
	*ret_opened = false;
	if (value->kind != VALUE_STRUCT)
		return leaf(call, value);
	const char *text = NULL;
	TRY(value_well_known_text(call->question.heap, value, call->question.scratch, &text));
	if (text) {
		output_text(call->out, text);
		return NULL;
	}
	if (deep_enough || !value->type)
		return leaf(call, value);
	struct error *error = open_members(call, value, frame);
	if (error_take_damage(&error))
		return leaf(call, value);
	TRY(error);
	frame->next = 0;
	frame->base = value->address;
	output_struct_begin(call->out, name_of(call, value));
	*ret_opened = true;
	return NULL;
}

struct error *render_value(struct command_call *call, const struct value *value, unsigned depth)
{
	struct frame frames[LIMIT_EXPAND_DEPTH];
	unsigned limit = depth < LIMIT_EXPAND_DEPTH ? depth : LIMIT_EXPAND_DEPTH;
	unsigned open = 0;
	bool opened;
	TRY(open_struct(call, value, limit == 0, &frames[0], &opened));
	open += opened;
	while (open) {
		struct frame *frame = &frames[open - 1];
		if (frame->next == frame->count || output_broken(call->out)) {
			output_struct_end(call->out);
			open--;
			continue;
		}
		char name[FIELD_SHOWN_NAME_BYTES];
		struct value member;
		size_t index = frame->next++;
		if (!frame->fields && index == LIMIT_EXPANDED_ELEMENTS) {
			output_member(call->out, "…");
			output_unsigned(call->out, frame->shape.count - index);
			continue;
		}
		if (frame->fields) {
			const struct type_field *field = frame->fields[index];
			TRY(value_of_field(call->question.heap, field, frame->base, &member));
			output_member(call->out, field_shown_name(field, name, sizeof(name)));
		} else {
			TRY(array_element(call->question.heap, &frame->shape, index, &member));
			snprintf(name, sizeof(name), "[%zu]", index);
			output_member(call->out, name);
		}
		TRY(open_struct(call, &member, open == limit, &frames[open < limit ? open : 0],
				&opened));
		open += opened;
	}
	return NULL;
}

/* nint and nuint, which SOS shows as the pointers that they mostly are. */
static bool is_native_integer(const struct value *value)
{
	return value->type &&
	       (value->type->element_type == ELEMENT_I || value->type->element_type == ELEMENT_U);
}

const char *render_sos_text(struct command_call *call, const struct value *value)
{
	char number[REAL_TEXT_BYTES] = "";
	switch (value->kind) {
	case VALUE_UNREADABLE:
		missing(call, value);
		return "<unreadable>";
	case VALUE_NULL:
	case VALUE_POINTER:
	case VALUE_REFERENCE:
		snprintf(number, sizeof(number), "%016" PRIx64, value->bits);
		break;
	case VALUE_STRUCT:
		snprintf(number, sizeof(number), "%016" PRIx64, value->address);
		break;
	case VALUE_CHAR:
		snprintf(number, sizeof(number), "%" PRIx64, value->bits);
		break;
	case VALUE_BOOLEAN:
	case VALUE_UNSIGNED:
	case VALUE_SIGNED:
		if (is_native_integer(value))
			snprintf(number, sizeof(number), "%016" PRIx64, value->bits);
		else
			format_integer(value, value->kind == VALUE_SIGNED, number);
		break;
	case VALUE_ENUM:
		format_integer(value, enum_is_signed(value), number);
		break;
	case VALUE_SINGLE:
	case VALUE_DOUBLE:
		real_text(real_of(value), value->kind == VALUE_SINGLE, number);
		break;
	}
	const char *text = arena_copy_text(call->question.scratch, number, strlen(number));
	return text ? text : "<out of memory>";
}
