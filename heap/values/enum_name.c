#include "heap/values/enum_name.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "heap/values/value.h"

/* Enum.cs: up to this many constants are searched from the start, more by halves. Decides which of
 * two names for one value is shown. */
enum { ENUM_LINEAR_CONSTANTS = 32 };

/* FieldAttributes, ECMA-335 II.23.1.5. */
enum { FIELD_IS_LITERAL = 0x40 };

static void merge(const struct enum_constant *from, struct enum_constant *to, size_t start,
		  size_t middle, size_t end)
{
	size_t left = start, right = middle;
	for (size_t i = start; i < end; i++) {
		bool take_left =
			left < middle && (right >= end || from[left].value <= from[right].value);
		to[i] = from[take_left ? left++ : right++];
	}
}

/* Insertion while there is no room to merge: enums are small, and mostly sorted already. */
static void sort_by_insertion(struct enum_constant *constants, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct enum_constant moving = constants[i];
		size_t place = i;
		for (; place && constants[place - 1].value > moving.value; place--)
			constants[place] = constants[place - 1];
		constants[place] = moving;
	}
}

void enum_constants_sort(struct enum_constant *constants, size_t count)
{
	CLEANUP(free_cleanup) struct enum_constant *other = NULL;
	struct enum_constant *from = constants, *to;
	if (count > ENUM_LINEAR_CONSTANTS)
		other = calloc(count, sizeof(*other));
	if (!other) {
		sort_by_insertion(constants, count);
		return;
	}
	to = other;
	for (size_t width = 1; width < count; width *= 2) {
		for (size_t start = 0; start < count; start += 2 * width) {
			size_t middle = start + width < count ? start + width : count;
			size_t end = middle + width < count ? middle + width : count;
			merge(from, to, start, middle, end);
		}
		struct enum_constant *swap = from;
		from = to;
		to = swap;
	}
	if (from != constants)
		memcpy(constants, from, count * sizeof(*constants));
}

static const char *exact_name(const struct enum_constant *constants, size_t count, uint64_t bits)
{
	size_t low = 0, high = count;
	if (count <= ENUM_LINEAR_CONSTANTS) {
		for (size_t i = 0; i < count; i++)
			if (constants[i].value == bits)
				return constants[i].name;
		return NULL;
	}
	while (low < high) {
		size_t middle = low + (high - 1 - low) / 2;
		if (constants[middle].value == bits)
			return constants[middle].name;
		if (constants[middle].value < bits)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Names from the highest value downwards, each of whose bits are all left; shown in rising order.
 */
static struct error *combined_name(const struct enum_constant *constants, size_t top, uint64_t bits,
				   struct arena *arena, const char **ret)
{
	enum { MOST = 64 + 1 };
	const char *names[MOST];
	size_t count = 0;
	for (size_t i = top; i-- > 0 && bits && count < MOST;) {
		if (!i && !constants[i].value)
			break;
		if ((bits & constants[i].value) != constants[i].value)
			continue;
		names[count++] = constants[i].name;
		bits &= ~constants[i].value;
	}
	if (bits || !count)
		return NULL;
	CLEANUP(text_deinit) struct text text = { 0 };
	while (count) {
		text_append(&text, names[--count]);
		if (count)
			text_append(&text, ", ");
	}
	if (text_failed(&text))
		return &error_no_memory;
	*ret = arena_copy_text(arena, text_string(&text), text.length);
	return *ret ? NULL : &error_no_memory;
}

struct error *enum_name_of(const struct enum_constant *constants, size_t count, uint64_t bits,
			   bool is_flags, struct arena *arena, const char **ret)
{
	*ret = NULL;
	if (!count)
		return NULL;
	if (!is_flags) {
		*ret = exact_name(constants, count, bits);
		return NULL;
	}
	if (!bits) {
		*ret = constants[0].value ? NULL : constants[0].name;
		return NULL;
	}
	size_t top = count;
	while (top && constants[top - 1].value > bits)
		top--;
	if (top && constants[top - 1].value == bits) {
		*ret = constants[top - 1].name;
		return NULL;
	}
	return combined_name(constants, top, bits, arena, ret);
}

/* The literal fields of the enum's TypeDef with their rows of the Constant table (II.22.9). */
static struct error *constants_read(const struct heap *heap, const struct metadata *metadata,
				    const struct type_def *type, uint64_t mask, struct arena *arena,
				    struct enum_constant **ret, size_t *ret_count)
{
	size_t count = type->field_count, used = 0;
	*ret_count = 0;
	if (!count || count > LIMIT_ENUM_CONSTANTS)
		return NULL;
	*ret = arena_allocate_array(arena, count, sizeof(**ret));
	if (!*ret)
		return &error_no_memory;
	for (uint32_t i = 0; i < count; i++) {
		struct member member;
		uint32_t row = type->first_field + i, size;
		uint8_t element_type;
		const uint8_t *bytes;
		TRY(task_check(heap->task, "reading an enum's constants"));
		if (!metadata_field(metadata, row, &member) || !member.name ||
		    !(member.flags & FIELD_IS_LITERAL) ||
		    !metadata_constant(metadata, token_make(TABLE_FIELD, row), &element_type,
				       &bytes, &size) ||
		    size > sizeof(uint64_t))
			continue;
		(*ret)[used].name = member.name;
		(*ret)[used++].value = load_unsigned(bytes, size) & mask;
	}
	enum_constants_sort(*ret, used);
	*ret_count = used;
	return NULL;
}

struct error *value_enum_name(struct heap *heap, const struct value *value, struct arena *arena,
			      const char **ret)
{
	struct metadata *metadata;
	struct type_def definition;
	struct enum_constant *constants = NULL;
	size_t count;
	*ret = NULL;
	if (value->kind != VALUE_ENUM || !value->type)
		return NULL;
	TRY(clr_module_metadata_or_none(heap, value->type->module, &metadata));
	if (!metadata || !metadata_type_def(metadata, token_row(value->type->token), &definition))
		return NULL;
	uint64_t mask = value->width < 8 ? ((uint64_t)1 << 8 * value->width) - 1 : UINT64_MAX;
	TRY(constants_read(heap, metadata, &definition, mask, arena, &constants, &count));
	return enum_name_of(constants, count, value->bits & mask,
			    metadata_has_attribute(metadata, value->type->token, "FlagsAttribute"),
			    arena, ret);
}
