#include "inspect/value_text.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "base/real_text.h"
#include "heap/collections/collection.h"

#include <inttypes.h>

static void append_real(const struct value *value, struct text *to)
{
	char digits[REAL_TEXT_BYTES];
	uint32_t low = (uint32_t)value->bits;
	float single;
	double number;
	memcpy(&number, &value->bits, sizeof(number));
	memcpy(&single, &low, sizeof(single));
	bool is_single = value->kind == VALUE_SINGLE;
	real_text(is_single ? (double)single : number, is_single, digits);
	text_append(to, digits);
}

static struct error *append_enum(struct heap *heap, const struct value *value, struct arena *arena,
				 struct text *to)
{
	const char *name;
	TRY(value_enum_name(heap, value, arena, &name));
	if (name)
		text_append(to, name);
	else
		text_printf(to, "%" PRId64, sign_extend(value->bits, value->width));
	return NULL;
}

static struct error *append_reference(struct heap *heap, const struct value *value,
				      struct arena *arena, struct text *to)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	if (!value->type || value->type->kind != TYPE_STRING) {
		text_printf(to, "%012" PRIx64, value->bits);
		return NULL;
	}
	struct error *error = string_read(heap, value->bits, LIMIT_SHOWN_STRING_UNITS, arena,
					  &units, &count, &length);
	if (error_take_damage(&error)) {
		text_append(to, "<unreadable>");
		return NULL;
	}
	TRY(error);
	text_append_utf16(to, units, count);
	return NULL;
}

/* Everything but a struct that is shown by its fields. */
static struct error *append_leaf(struct heap *heap, const struct value *value, struct arena *arena,
				 struct text *to)
{
	uint16_t unit = (uint16_t)value->bits;
	switch (value->kind) {
	case VALUE_UNREADABLE:
		text_append(to, "<unreadable>");
		break;
	case VALUE_NULL:
		text_append(to, "null");
		break;
	case VALUE_BOOLEAN:
		text_append(to, value->bits ? "True" : "False");
		break;
	case VALUE_CHAR:
		text_append_utf16(to, &unit, 1);
		break;
	case VALUE_SIGNED:
		text_printf(to, "%" PRId64, sign_extend(value->bits, value->width));
		break;
	case VALUE_UNSIGNED:
		text_printf(to, "%" PRIu64, value->bits);
		break;
	case VALUE_SINGLE:
	case VALUE_DOUBLE:
		append_real(value, to);
		break;
	case VALUE_POINTER:
		text_printf(to, "%012" PRIx64, value->bits);
		break;
	case VALUE_REFERENCE:
		return append_reference(heap, value, arena, to);
	case VALUE_ENUM:
		return append_enum(heap, value, arena, to);
	case VALUE_STRUCT:
		text_append(to, value->type ? type_name(heap, value->type, NULL) : "<unknown>");
		break;
	}
	return NULL;
}

struct open_struct {
	const struct type_field **fields;
	size_t count, next;
	uint64_t base;
	bool is_tuple;
};

static struct error *append_value(struct heap *heap, const struct value *given,
				  enum tuple_form tuples, struct arena *arena, struct text *to,
				  struct open_struct *deeper, bool *ret_opened)
{
	struct value value = *given;
	const char *text = NULL;
	*ret_opened = false;
	TRY(value_unbox(heap, &value));
	if (value.kind == VALUE_STRUCT)
		TRY(value_well_known_text(heap, &value, arena, &text));
	if (text) {
		text_append(to, text);
		return NULL;
	}
	if (value.kind != VALUE_STRUCT || !deeper || !value.type)
		return append_leaf(heap, &value, arena, to);
	const char *name = type_metadata_name(heap, value.type);
	*deeper = (struct open_struct){ .base = value.address };
	deeper->is_tuple = tuples == TUPLE_VALUES && name &&
			   !strncmp(name, "System.ValueTuple`", strlen("System.ValueTuple`"));
	TRY(type_all_fields(heap, value.type, false, arena, &deeper->fields, &deeper->count));
	text_append_char(to, deeper->is_tuple ? '(' : '{');
	*ret_opened = true;
	return NULL;
}

struct error *value_text(struct heap *heap, const struct value *value, enum tuple_form tuples,
			 struct arena *arena, struct text *to)
{
	struct open_struct frames[LIMIT_SHOWN_STRUCTS];
	size_t open = 0;
	bool opened;
	TRY(append_value(heap, value, tuples, arena, to, &frames[0], &opened));
	open += opened;
	while (open) {
		struct open_struct *frame = &frames[open - 1];
		if (to->length > LIMIT_VALUE_TEXT_BYTES && frame->next < frame->count) {
			text_append(to, "…");
			frame->next = frame->count;
		}
		if (frame->next == frame->count) {
			text_append_char(to, frame->is_tuple ? ')' : '}');
			open--;
			continue;
		}
		const struct type_field *field = frame->fields[frame->next];
		if (frame->next++)
			text_append(to, ", ");
		char name[FIELD_SHOWN_NAME_BYTES];
		if (!frame->is_tuple)
			text_printf(to, "%s: ", field_shown_name(field, name, sizeof(name)));
		struct value member;
		TRY(value_of_field(heap, field, frame->base, &member));
		TRY(append_value(heap, &member, tuples, arena, to,
				 open < LIMIT_SHOWN_STRUCTS ? &frames[open] : NULL, &opened));
		open += opened;
	}
	return text_failed(to) ? &error_no_memory : NULL;
}
