#include "commands/collection_key.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "commands/arguments.h"
#include "commands/near_names.h"
#include "commands/value_text.h"

#include <inttypes.h>
#include <strings.h>

enum { KEYS_BETWEEN_CHECKS = 1024, NEAR_KEYS = 5 };

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

static struct error *string_equals(struct heap *heap, uint64_t object,
				   const struct path_key *wanted, struct arena *arena, bool *ret)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	*ret = false;
	struct error *error =
		string_read(heap, object, wanted->unit_count + 1, arena, &units, &count, &length);
	if (error_take(&error, ERROR_FAULT) || error_take(&error, ERROR_BAD_DATA))
		return NULL;
	TRY(error);
	*ret = length == wanted->unit_count && count == wanted->unit_count &&
	       !memcmp(units, wanted->units, count * sizeof(*units));
	return NULL;
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
		*ret = same_words(given, wanted->text) || !strcasecmp(given, wanted->text);
		return NULL;
	default:
		*ret = !strcmp(given, wanted->text);
		return NULL;
	}
}

static struct error *key_equals(struct heap *heap, struct value key, const struct path_key *wanted,
				struct arena *arena, bool *ret)
{
	TRY(value_unbox(heap, &key));
	if (key.kind == VALUE_REFERENCE && key.type && key.type->kind == TYPE_STRING)
		return string_equals(heap, key.bits, wanted, arena, ret);
	return other_equals(heap, &key, wanted, arena, ret);
}

struct error *collection_find_key(struct collection *collection, const struct path_key *wanted,
				  const struct task *task, struct key_match *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	struct value key = { 0 }, value;
	uint64_t index;
	bool more;
	*ret = (struct key_match){ 0 };
	for (;;) {
		TRY(collection_next(collection, &key, &value, &index, &more));
		if (!more)
			return NULL;
		if (collection->kind != COLLECTION_DICTIONARY)
			key = value;
		if (ret->searched++ % KEYS_BETWEEN_CHECKS == 0)
			TRY(task_check(task, "looking for a key"));
		TRY(key_equals(collection->heap, key, wanted, &arena, &ret->found));
		arena_reset(&arena);
		if (!ret->found)
			continue;
		ret->key = key;
		ret->value = value;
		ret->index = index;
		return NULL;
	}
}

static struct error *offer_keys(struct heap *heap, const struct value *value,
				struct near_names *near, const struct task *task)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	CLEANUP(arena_deinit) struct arena cursor_arena = { 0 };
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
		if (index % KEYS_BETWEEN_CHECKS == 0)
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

struct error *collection_no_such_key(struct heap *heap, const struct value *value,
				     const struct path_key *wanted, uint64_t searched,
				     const struct task *task)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	CLEANUP(text_deinit) struct text list = { 0 };
	struct near_names near = { .wanted = wanted->text, .limit = NEAR_KEYS, .arena = &arena };
	TRY(offer_keys(heap, value, &near, task));
	near_names_list(&near, "\"", &list);
	if (text_failed(&list))
		return &error_no_memory;
	return error_new(ERROR_NOT_FOUND, "there is no key \"%s\" among its %llu keys%s%s",
			 wanted->text, (unsigned long long)searched,
			 !near.count              ? ""
			 : near.count == searched ? ", which are "
						  : "; near to it are ",
			 text_string(&list));
}
