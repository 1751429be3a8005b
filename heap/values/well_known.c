#include "base/cleanup.h"
#include "base/list.h"
#include "heap/values/value.h"
#include "heap/values/well_known_text.h"

/* One struct being written; a field that is not there or cannot be read makes it an ordinary one.
 */
struct writing {
	struct heap *heap;
	const struct type *type;
	uint64_t address;
	struct text *text;
	struct error *error;
	bool lacks_field;
};

static struct value field_of(struct writing *writing, const char *name)
{
	struct value value = { .kind = VALUE_UNREADABLE };
	if (!writing->error)
		writing->error = value_field_of_struct(writing->heap, writing->type,
						       writing->address, name, &value);
	if (writing->error || value.kind == VALUE_UNREADABLE)
		writing->lacks_field = true;
	return value;
}

/* The number in a field, sign-extended where its type is signed. */
static uint64_t number_of(struct writing *writing, const char *name)
{
	struct value value = field_of(writing, name);
	if (value.kind != VALUE_SIGNED && value.kind != VALUE_UNSIGNED)
		writing->lacks_field = true;
	return value.bits;
}

/* The number in a field of a struct in a field. */
static uint64_t number_in(struct writing *writing, const char *outer, const char *name)
{
	struct value value = field_of(writing, outer);
	struct writing inner = *writing;
	if (value.kind != VALUE_STRUCT || !value.type) {
		writing->lacks_field = true;
		return 0;
	}
	inner.type = value.type;
	inner.address = value.address;
	uint64_t number = number_of(&inner, name);
	writing->error = inner.error;
	writing->lacks_field = inner.lacks_field;
	return number;
}

static bool write_guid(struct writing *writing)
{
	uint8_t copy[16];
	if (writing->type->value_size != sizeof(copy) ||
	    !reader_copy(&writing->heap->reader, writing->address, copy, sizeof(copy)))
		return false;
	return text_of_guid(writing->text, copy);
}

static bool write_date_time(struct writing *writing)
{
	uint64_t data = number_of(writing, "_dateData");
	return !writing->lacks_field && text_of_date_time(writing->text, data);
}

static bool write_date_time_offset(struct writing *writing)
{
	uint64_t data = number_in(writing, "_dateTime", "_dateData");
	int64_t minutes = (int64_t)number_of(writing, "_offsetMinutes");
	return !writing->lacks_field && text_of_date_time_offset(writing->text, data, minutes);
}

static bool write_date_only(struct writing *writing)
{
	int64_t day = (int64_t)number_of(writing, "_dayNumber");
	return !writing->lacks_field && text_of_date_only(writing->text, day);
}

static bool write_time_only(struct writing *writing)
{
	int64_t ticks = (int64_t)number_of(writing, "_ticks");
	return !writing->lacks_field && text_of_time_only(writing->text, ticks);
}

static bool write_time_span(struct writing *writing)
{
	int64_t ticks = (int64_t)number_of(writing, "_ticks");
	return !writing->lacks_field && text_of_time_span(writing->text, ticks);
}

static bool write_decimal(struct writing *writing)
{
	uint32_t flags = (uint32_t)number_of(writing, "_flags");
	uint32_t high = (uint32_t)number_of(writing, "_hi32");
	uint64_t low = number_of(writing, "_lo64");
	return !writing->lacks_field && text_of_decimal(writing->text, flags, high, low);
}

static bool write_wide(struct writing *writing, bool is_signed)
{
	uint64_t lower = number_of(writing, "_lower"), upper = number_of(writing, "_upper");
	return !writing->lacks_field && text_of_int128(writing->text, upper, lower, is_signed);
}

static bool write_int128(struct writing *writing)
{
	return write_wide(writing, true);
}

static bool write_uint128(struct writing *writing)
{
	return write_wide(writing, false);
}

static bool write_half(struct writing *writing)
{
	uint16_t bits = (uint16_t)number_of(writing, "_value");
	return !writing->lacks_field && text_of_half(writing->text, bits);
}

static bool write_rune(struct writing *writing)
{
	uint32_t scalar = (uint32_t)number_of(writing, "_value");
	return !writing->lacks_field && text_of_rune(writing->text, scalar);
}

static bool write_index(struct writing *writing)
{
	int32_t index = (int32_t)number_of(writing, "_value");
	return !writing->lacks_field && text_of_index(writing->text, index);
}

static bool write_range(struct writing *writing)
{
	int32_t start = (int32_t)number_in(writing, "Start", "_value");
	int32_t end = (int32_t)number_in(writing, "End", "_value");
	if (writing->lacks_field)
		return false;
	text_of_index(writing->text, start);
	text_append(writing->text, "..");
	return text_of_index(writing->text, end);
}

static bool write_words(struct writing *writing, bool is_negative, uint64_t array)
{
	struct array_shape shape;
	uint32_t words[LIMIT_BIG_INTEGER_WORDS];
	writing->error = array_read(writing->heap, array, &shape);
	if (writing->error || shape.element_size != sizeof(*words) ||
	    shape.count > LIMIT_BIG_INTEGER_WORDS ||
	    !reader_copy(&writing->heap->reader, shape.data, words,
			 (size_t)shape.count * sizeof(*words)))
		return false;
	return text_of_big_integer(writing->text, is_negative, words, (size_t)shape.count);
}

/* Small ones are in _sign itself, others have their sign there and their magnitude in _bits. */
static bool write_big_integer(struct writing *writing)
{
	int32_t sign = (int32_t)number_of(writing, "_sign");
	struct value bits = field_of(writing, "_bits");
	if (writing->lacks_field || (bits.kind != VALUE_NULL && bits.kind != VALUE_REFERENCE))
		return false;
	if (bits.kind == VALUE_REFERENCE)
		return write_words(writing, sign < 0, bits.bits);
	text_printf(writing->text, "%d", (int)sign);
	return true;
}

static const struct well_known {
	const char *name, *assembly; /* assembly NULL: CoreLib */
	bool (*write)(struct writing *writing);
} well_known[] = {
	{ "System.Guid", NULL, write_guid },
	{ "System.DateTime", NULL, write_date_time },
	{ "System.DateTimeOffset", NULL, write_date_time_offset },
	{ "System.DateOnly", NULL, write_date_only },
	{ "System.TimeOnly", NULL, write_time_only },
	{ "System.TimeSpan", NULL, write_time_span },
	{ "System.Decimal", NULL, write_decimal },
	{ "System.Int128", NULL, write_int128 },
	{ "System.UInt128", NULL, write_uint128 },
	{ "System.Half", NULL, write_half },
	{ "System.Text.Rune", NULL, write_rune },
	{ "System.Index", NULL, write_index },
	{ "System.Range", NULL, write_range },
	{ "System.Numerics.BigInteger", "System.Runtime.Numerics", write_big_integer },
};

static const struct well_known *find(struct heap *heap, const struct type *type)
{
	const char *name;
	if (type->kind != TYPE_STRUCT || type->is_generic || !type->module)
		return NULL;
	name = type_metadata_name(heap, type);
	if (!name || strncmp(name, "System.", sizeof("System.") - 1) != 0)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(well_known); i++) {
		const struct well_known *known = &well_known[i];
		if (strcmp(name, known->name) != 0)
			continue;
		if (!known->assembly)
			return type->module == heap->modules->core_library ? known : NULL;
		const char *assembly = clr_module_assembly_name(heap, type->module);
		return assembly && !strcmp(assembly, known->assembly) ? known : NULL;
	}
	return NULL;
}

struct error *value_well_known_text(struct heap *heap, const struct value *value,
				    struct arena *arena, const char **ret)
{
	const struct well_known *known;
	*ret = NULL;
	if (value->kind != VALUE_STRUCT || !value->type)
		return NULL;
	known = find(heap, value->type);
	if (!known)
		return NULL;
	CLEANUP(text_deinit) struct text text = { 0 };
	struct writing writing = {
		.heap = heap, .type = value->type, .address = value->address, .text = &text
	};
	bool written = known->write(&writing);
	if (error_take_damage(&writing.error))
		written = false;
	TRY(writing.error);
	if (text_failed(&text))
		return &error_no_memory;
	if (!written)
		return NULL;
	*ret = arena_copy_text(arena, text_string(&text), text.length);
	return *ret ? NULL : &error_no_memory;
}
