#include "inspect/path/key.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/number_text.h"
#include "inspect/near_names.h"
#include "inspect/value_text.h"

#include <inttypes.h>
#include <strings.h>

enum { NEAR_KEYS = 5 };

/* Equal but for blanks. */
static bool same_words(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (*a != *b)
			return false;
		if (!*a)
			return true;
	}
}

/* What comparing a key with the wanted one came to. */
struct comparison {
	bool equal, unreadable;
};

static struct error *string_equals(struct heap *heap, uint64_t object,
				   const struct path_key *wanted, struct arena *arena,
				   struct comparison *ret)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	struct error *error =
		string_read(heap, object, wanted->unit_count + 1, arena, &units, &count, &length);
	ret->unreadable = error_take_damage(&error);
	if (error || ret->unreadable)
		return error;
	bool may_be = length == wanted->unit_count;
	ret->unreadable = may_be && count != length;
	ret->equal =
		may_be && count == length && !memcmp(units, wanted->units, count * sizeof(*units));
	return NULL;
}

/* Of a decimal number, without the zeros that end its fraction. */
static size_t significant_length(const char *number)
{
	size_t length = strlen(number);
	if (!strchr(number, '.'))
		return length;
	while (number[length - 1] == '0')
		length--;
	return length - (number[length - 1] == '.');
}

/* "Mode.Strict" and "Demo.Mode.Strict" are Strict of Demo.Mode. */
static bool enum_equals(struct heap *heap, const struct value *value, const char *name,
			const char *wanted)
{
	char number[32];
	snprintf(number, sizeof(number), "%" PRId64, sign_extend(value->bits, value->width));
	if (!strcmp(wanted, name) || !strcmp(wanted, number))
		return true;
	const char *dot = strrchr(wanted, '.');
	const char *type = value->type ? type_name(heap, value->type, NULL) : NULL;
	if (!dot || !type || strcmp(dot + 1, name))
		return false;
	size_t length = (size_t)(dot - wanted), whole = strlen(type);
	if (length > whole || strncmp(type + whole - length, wanted, length))
		return false;
	return length == whole || strchr(".+", type[whole - length - 1]);
}

/* A Guid may be typed as {…}; a decimal's last zeros do not make it another key (1.5 is 1.50). */
static bool struct_equals(struct heap *heap, const struct value *value, const char *given,
			  const char *wanted)
{
	if (same_words(given, wanted) || !strcasecmp(given, wanted))
		return true;
	size_t length = strlen(given), typed = strlen(wanted);
	if (wanted[0] == '{' && given[0] != '{')
		return typed == length + 2 && wanted[typed - 1] == '}' &&
		       !strncasecmp(wanted + 1, given, length);
	if (!value->type || !type_is(heap, value->type, "System.Decimal"))
		return false;
	length = significant_length(given);
	return length == significant_length(wanted) && !strncmp(given, wanted, length);
}

static struct error *other_equals(struct heap *heap, const struct value *value,
				  const struct path_key *wanted, struct arena *arena, bool *ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	TRY(value_text(heap, value, wanted->text[0] == '{' ? TUPLE_FIELDS : TUPLE_VALUES, arena,
		       &text));
	const char *given = text_string(&text);
	uint64_t number;
	switch (value->kind) {
	case VALUE_ENUM:
		*ret = enum_equals(heap, value, given, wanted->text);
		return NULL;
	case VALUE_CHAR:
		*ret = wanted->unit_count == 1 && wanted->units[0] == (uint16_t)value->bits;
		return NULL;
	case VALUE_SIGNED:
	case VALUE_UNSIGNED:
	case VALUE_POINTER:
	case VALUE_REFERENCE: {
		*ret = !strcmp(given, wanted->text);
		bool is_address = value->kind == VALUE_POINTER || value->kind == VALUE_REFERENCE;
		if (*ret || (!is_address && strncasecmp(wanted->text, "0x", 2) != 0))
			return NULL;
		struct error *error = parse_address(wanted->text, &number);
		*ret = !error && number == value->bits;
		error_free(error);
		return NULL;
	}
	case VALUE_BOOLEAN:
		*ret = !strcasecmp(given, wanted->text);
		return NULL;
	case VALUE_STRUCT:
		*ret = struct_equals(heap, value, given, wanted->text);
		return NULL;
	default:
		*ret = !strcmp(given, wanted->text);
		return NULL;
	}
}

static struct error *key_equals(struct heap *heap, struct value key, const struct path_key *wanted,
				struct arena *arena, struct comparison *ret)
{
	*ret = (struct comparison){ 0 };
	struct error *error = value_check(heap, &key);
	ret->unreadable = error_take_damage(&error);
	TRY(error);
	if (ret->unreadable)
		return NULL;
	TRY(value_unbox(heap, &key));
	if (key.kind == VALUE_REFERENCE && key.type && key.type->kind == TYPE_STRING)
		return string_equals(heap, key.bits, wanted, arena, ret);
	return other_equals(heap, &key, wanted, arena, &ret->equal);
}

struct error *collection_find_key(struct collection *collection, const struct path_key *wanted,
				  const struct task *task, struct key_match *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	struct value key = { 0 }, value;
	struct comparison comparison;
	uint64_t index;
	bool more;
	*ret = (struct key_match){ 0 };
	for (;;) {
		TRY(collection_next(collection, &key, &value, &index, &more));
		if (!more)
			return NULL;
		if (collection->kind != COLLECTION_DICTIONARY)
			key = value;
		ret->searched++;
		TRY(task_check(task, "looking for a key"));
		TRY(key_equals(collection->heap, key, wanted, &arena, &comparison));
		arena_reset(&arena);
		ret->unreadable += comparison.unreadable;
		ret->found = comparison.equal;
		if (!ret->found)
			continue;
		ret->key = key;
		ret->value = value;
		ret->index = index;
		return NULL;
	}
}

static bool is_case_name(const char *type)
{
	return strstr(type, "IgnoreCase") || strstr(type, "CaseInsensitive");
}

static struct error *offer_keys(struct heap *heap, const struct value *value,
				struct near_names *near, const struct task *task)
{
	CLEANUP(arena_deinit) struct arena arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	CLEANUP(arena_deinit) struct arena cursor_arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	CLEANUP(text_deinit) struct text text = { 0 };
	struct collection collection;
	struct value key = { 0 }, element;
	uint64_t index;
	bool more;
	TRY(collection_open(heap, value, &cursor_arena, &collection, &more));
	while (more && near->offered < LIMIT_NEAREST_KEYS) {
		TRY(collection_next(&collection, &key, &element, &index, &more));
		if (!more)
			break;
		TRY(task_check(task, "looking for near keys"));
		if (collection.kind != COLLECTION_DICTIONARY)
			key = element;
		text_clear(&text);
		TRY(value_text(heap, &key, TUPLE_VALUES, &arena, &text));
		arena_reset(&arena);
		TRY(near_names_offer(near, text_string(&text)));
	}
	return NULL;
}

/* Does the program find keys that differ in case from what it asks for? Known by the name of the
 * collection's class (frozen ones) or of the comparer in one of its fields. */
static struct error *ignores_case(struct heap *heap, const struct value *value, bool *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	const struct type_field **fields;
	size_t count;
	*ret = false;
	if (value->kind != VALUE_REFERENCE || !value->type)
		return NULL;
	*ret = is_case_name(type_name(heap, value->type, NULL));
	struct error *error = type_all_fields(heap, value->type, false, &arena, &fields, &count);
	if (error_take_damage(&error))
		return NULL;
	TRY(error);
	for (size_t i = 0; i < count && !*ret; i++) {
		struct value comparer;
		if (!strcasestr(fields[i]->name, "comparer"))
			continue;
		TRY(value_of_field(heap, fields[i], object_fields(value->bits), &comparer));
		*ret = comparer.kind == VALUE_REFERENCE && comparer.type &&
		       is_case_name(type_name(heap, comparer.type, NULL));
	}
	return NULL;
}

struct error *collection_no_such_key(struct heap *heap, const struct value *value,
				     const struct path_key *wanted,
				     const struct key_match *searched, const struct task *task)
{
	if (searched->unreadable)
		return error_fault(0,
				   "the key \"%s\" was not found, and %" PRIu64 " of the %" PRIu64
				   " keys cannot be read",
				   wanted->text, searched->unreadable, searched->searched);

	CLEANUP(arena_deinit) struct arena arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	CLEANUP(text_deinit) struct text list = { 0 };
	struct near_names near = { .wanted = wanted->text, .limit = NEAR_KEYS, .arena = &arena };
	bool any_case;
	TRY(offer_keys(heap, value, &near, task));
	near_names_list(&near, "\"", &list);
	TRY(ignores_case(heap, value, &any_case));
	if (text_failed(&list))
		return &error_no_memory;
	return error_new(ERROR_NOT_FOUND, "there is no key \"%s\" among its %llu keys%s%s%s",
			 wanted->text, (unsigned long long)searched->searched,
			 !near.count                        ? ""
			 : near.count == searched->searched ? ", which are "
							    : "; near to it are ",
			 text_string(&list),
			 near.count && any_case ? " (the program finds them in any case: name the "
						  "key as it is spelt here)"
						: "");
}
