/* Indexes of a get path: arrays, strings, collections. */
#include "inspect/path/steps.h"

#include "base/number_text.h"
#include "heap/collections/collection.h"
#include "inspect/path/key.h"

#include <ctype.h>
#include <inttypes.h>

/* A decimal or 0x number with a sign, or ^N: counted from the end. */
struct position {
	int64_t number;
	bool from_end;
};

static bool parse_position(const struct path_key *key, struct position *ret)
{
	const char *text = key->text;
	uint64_t number;
	*ret = (struct position){ 0 };
	if (key->is_quoted)
		return false;
	ret->from_end = *text == '^';
	bool negative = *text == '-';
	struct error *error = parse_number(text + (ret->from_end || negative), &number);
	if (error || number > INT64_MAX) {
		error_free(error);
		return false;
	}
	ret->number = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static struct error *want_number(const struct get *get, const struct path_key *key,
				 struct position *ret)
{
	if (parse_position(key, ret))
		return NULL;
	return error_new(ERROR_USAGE, "%s is a %s: its index is a number, not %s", get_so_far(get),
			 get_type_name(get), key->text);
}

static struct error *out_of_range(const struct get *get, const char *index, uint64_t count)
{
	return error_new(ERROR_NOT_FOUND, "%s has %" PRIu64 " elements: there is none at [%s]",
			 get_so_far(get), count, index);
}

/* The place of an index among `count` elements. */
static struct error *place_of(const struct get *get, const struct path_key *key, uint64_t count,
			      uint64_t *ret)
{
	struct position position;
	TRY(want_number(get, key, &position));
	uint64_t place = (uint64_t)position.number;
	if (position.from_end)
		place = count - place;
	if (position.number < 0 || place >= count)
		return out_of_range(get, key->text, count);
	*ret = place;
	return NULL;
}

static struct error *one_key(const struct get *get, const struct path_step *step)
{
	if (step->key_count == 1)
		return NULL;
	return error_new(ERROR_USAGE, "%s is a %s: it takes one index, not %zu", get_so_far(get),
			 get_type_name(get), step->key_count);
}

static void set_char(struct get *get, uint16_t unit)
{
	get->units = NULL;
	get->value = (struct value){ .kind = VALUE_CHAR, .width = sizeof(unit), .bits = unit };
}

static struct error *index_text(struct get *get, const struct path_step *step)
{
	const uint16_t *units = get->units;
	uint64_t length = get->unit_count, place;
	size_t count = (size_t)length;
	TRY(one_key(get, step));
	if (!units)
		TRY(string_read(get->heap, get->value.bits, 0, get->question->scratch, &units,
				&count, &length));
	TRY(place_of(get, &step->keys[0], length, &place));
	if (!get->units)
		TRY(string_read(get->heap, get->value.bits, (size_t)place + 1,
				get->question->scratch, &units, &count, &length));
	if (place >= count)
		return out_of_range(get, step->keys[0].text, count);
	set_char(get, units[place]);
	return NULL;
}

/* An index for each dimension, from its lower bound on; the last one varies fastest. */
static struct error *index_array(struct get *get, const struct array_shape *shape,
				 const struct path_step *step)
{
	uint64_t place = 0;
	if (shape->rank <= 1 && step->key_count == 1 && !shape->lower_bounds[0]) {
		TRY(place_of(get, &step->keys[0], shape->count, &place));
		return array_element(get->heap, shape, place, &get->value);
	}
	if (step->key_count != shape->rank)
		return error_new(ERROR_USAGE, "%s is a %s: it takes %u indexes, not %zu",
				 get_so_far(get), get_type_name(get), shape->rank, step->key_count);
	for (size_t i = 0; i < step->key_count; i++) {
		struct position position;
		TRY(want_number(get, &step->keys[i], &position));
		int64_t lowest = shape->lower_bounds[i];
		int64_t highest = lowest + (int64_t)shape->lengths[i] - 1;
		if (position.from_end)
			position.number = highest + 1 - position.number;
		if (position.number < lowest || position.number > highest)
			return error_new(ERROR_NOT_FOUND,
					 "index %zu of %s goes from %" PRId64 " to %" PRId64
					 ": there is no element at %s",
					 i + 1, get_so_far(get), lowest, highest,
					 step->keys[i].text);
		place = place * shape->lengths[i] + (uint64_t)(position.number - lowest);
	}
	return array_element(get->heap, shape, place, &get->value);
}

/* [1, a] of a dictionary is one key, a tuple. */
static struct error *join_keys(struct get *get, const struct path_step *step, struct path_key *ret)
{
	if (step->key_count == 1) {
		*ret = step->keys[0];
		return NULL;
	}
	const char *text = arena_printf(get->question->scratch, "(%s", step->keys[0].text);
	for (size_t i = 1; text && i < step->key_count; i++)
		text = arena_printf(get->question->scratch, "%s, %s%s", text, step->keys[i].text,
				    i + 1 == step->key_count ? ")" : "");
	return text ? path_key_of_text(text, get->question->scratch, ret) : &error_no_memory;
}

static struct error *say_damage(const struct get *get, const struct collection *collection)
{
	return error_new(ERROR_BAD_DATA, "%s could be read only up to element %" PRIu64 ": %s",
			 get_so_far(get), collection->found, collection->damage);
}

static struct error *index_by_key(struct get *get, struct collection *collection,
				  const struct path_step *step)
{
	struct path_key key;
	struct key_match match;
	TRY(join_keys(get, step, &key));
	TRY(collection_find_key(collection, &key, get->question->task, &match));
	if (match.found) {
		get->value = match.value;
		return NULL;
	}
	if (collection->damage)
		return say_damage(get, collection);
	return error_context(
		collection_no_such_key(get->heap, &get->value, &key, &match, get->question->task),
		"%s, a %s", get_so_far(get), get_type_name(get));
}

static struct error *index_by_place(struct get *get, struct collection *collection,
				    const struct path_step *step)
{
	uint64_t count, place, index;
	struct value key, value;
	bool found;
	TRY(one_key(get, step));
	TRY(collection_count(get->heap, &get->value, get->question->task, &count));
	TRY(place_of(get, &step->keys[0], count, &place));
	TRY(collection_skip(collection, place));
	TRY(collection_next(collection, &key, &value, &index, &found));
	if (!found && collection->damage)
		return say_damage(get, collection);
	if (!found)
		return out_of_range(get, step->keys[0].text, collection->found);
	get->value = value;
	return NULL;
}

static struct error *index_collection(struct get *get, const struct path_step *step)
{
	struct collection collection;
	struct position unused;
	bool is_collection = false;
	if (get->value.kind == VALUE_REFERENCE || get->value.kind == VALUE_STRUCT)
		TRY(collection_open(get->heap, &get->value, get->question->scratch, &collection,
				    &is_collection));
	if (!is_collection)
		return error_new(ERROR_UNSUPPORTED,
				 "%s is a %s, no array, string or collection that clrpod knows: "
				 "name one of its members instead of [%s]",
				 get_so_far(get), get_type_name(get), step->keys[0].text);
	bool by_key = collection.kind == COLLECTION_DICTIONARY;
	if (collection.kind == COLLECTION_SET)
		by_key = step->key_count > 1 || !parse_position(&step->keys[0], &unused);
	return by_key ? index_by_key(get, &collection, step)
		      : index_by_place(get, &collection, step);
}

struct error *get_index(struct get *get, const struct path_step *step)
{
	struct array_shape shape;
	bool is_inline = false;
	if (get->units)
		return index_text(get, step);
	if (get->value.kind == VALUE_NULL)
		return error_new(ERROR_NOT_FOUND, "%s is null: it has no elements",
				 get_so_far(get));
	const struct type *type = get->value.type;
	if (get->value.kind == VALUE_REFERENCE && type && type->kind == TYPE_STRING)
		return index_text(get, step);
	if (get->value.kind == VALUE_REFERENCE && type && type->kind == TYPE_ARRAY) {
		TRY(array_read(get->heap, get->value.bits, &shape));
		return index_array(get, &shape, step);
	}
	if (get->value.kind == VALUE_STRUCT)
		TRY(inline_array_read(get->heap, &get->value, &shape, &is_inline));
	return is_inline ? index_array(get, &shape, step) : index_collection(get, step);
}
