/* Collections that are an array, or a part of one, whose elements are all in use. */
#include "heap/collections/internal.h"

struct range {
	struct array_shape keys, values;
	bool has_keys;
	uint64_t first, count, taken;
	uint64_t modulus; /* positions wrap around here; 0: they do not */
	bool backwards;
};

static struct error *range_new(struct collection *collection, struct range **ret)
{
	return collection_cursor(collection, sizeof(**ret), ret);
}

static void range_set_types(struct collection *collection, const struct range *range)
{
	if (range->has_keys)
		collection->key_type = range->keys.element;
	collection->value_type = range->values.element;
}

/* What the class says it holds, cut to what the array can hold. */
static void range_set_count(struct collection *collection, struct range *range, uint64_t count)
{
	uint64_t held = range->values.count;
	if (range->has_keys && range->keys.count < held)
		held = range->keys.count;
	collection->count_known = true;
	collection->count = count;
	range->count = count < held ? count : held;
	range_set_types(collection, range);
}

struct error *range_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct range *range = collection->cursor;
	*ret_found = range->taken < range->count;
	if (!*ret_found)
		return NULL;
	uint64_t step = range->taken++;
	uint64_t index = range->backwards ? range->first - step : range->first + step;
	if (range->modulus)
		index %= range->modulus;
	if (range->has_keys)
		TRY(array_element(collection->heap, &range->keys, index, &ret->key));
	return array_element(collection->heap, &range->values, index, &ret->value);
}

struct error *range_skip(struct collection *collection, uint64_t count)
{
	struct range *range = collection->cursor;
	uint64_t left = range->count - range->taken;
	uint64_t step = count < left ? count : left;
	range->taken += step;
	collection->found += step;
	return NULL;
}

struct error *array_open(struct collection *collection, const struct value *value)
{
	struct range *range;
	TRY(range_new(collection, &range));
	TRY(array_read(collection->heap, value->bits, &range->values));
	range_set_count(collection, range, range->values.count);
	return NULL;
}

/* An array field and a count; a count above the array's length is damage and shows as a difference
 * between the count and what is found. */
static struct error *open_counted(struct collection *collection, const struct place *place,
				  const char *array, const char *count, struct range **ret)
{
	uint64_t number;
	TRY(range_new(collection, ret));
	TRY(place_array(place, array, &(*ret)->values));
	TRY(place_count(place, count, &number));
	range_set_count(collection, *ret, number);
	return NULL;
}

struct error *list_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "_items", ret_is));
	return *ret_is ? open_counted(collection, place, "_items", "_size", &range) : NULL;
}

/* Enumerated from the top, which is the array's end. */
struct error *stack_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "_array", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(open_counted(collection, place, "_array", "_size", &range));
	range->backwards = true;
	range->first = range->count ? range->count - 1 : 0;
	return NULL;
}

/* Queue<T>, Queue, and the Deque<T> of channels. */
struct error *queue_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "_array", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(open_counted(collection, place, "_array", "_size", &range));
	TRY(place_count(place, "_head", &range->first));
	if (range->count && range->first >= range->values.count)
		return error_new(ERROR_BAD_DATA, "a queue begins at %llu of an array of %llu",
				 (unsigned long long)range->first,
				 (unsigned long long)range->values.count);
	range->modulus = range->values.count;
	return NULL;
}

struct error *sorted_list_open(struct collection *collection, const struct place *place,
			       bool *ret_is)
{
	struct range *range;
	uint64_t count;
	TRY(place_has_array(place, "keys", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(range_new(collection, &range));
	range->has_keys = true;
	TRY(place_array(place, "keys", &range->keys));
	TRY(place_array(place, "values", &range->values));
	TRY(place_count(place, "_size", &count));
	range_set_count(collection, range, count);
	return NULL;
}

/* Pairs of element and priority, in the order of the heap's array (as UnorderedItems gives them).
 */
struct error *priority_queue_open(struct collection *collection, const struct place *place,
				  bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "_nodes", ret_is));
	return *ret_is ? open_counted(collection, place, "_nodes", "_size", &range) : NULL;
}

/* default(ImmutableArray<T>), whose array is null, is empty here. */
struct error *immutable_array_open(struct collection *collection, const struct place *place,
				   bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "array", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(range_new(collection, &range));
	TRY(place_array(place, "array", &range->values));
	range_set_count(collection, range, range->values.count);
	return NULL;
}

struct error *array_segment_open(struct collection *collection, const struct place *place,
				 bool *ret_is)
{
	struct range *range;
	uint64_t count;
	TRY(place_has_array(place, "_array", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(range_new(collection, &range));
	TRY(place_array(place, "_array", &range->values));
	TRY(place_count(place, "_offset", &range->first));
	TRY(place_count(place, "_count", &count));
	collection->count_known = true;
	collection->count = count;
	if (range_within(range->first, count, range->values.count))
		range->count = count;
	range_set_types(collection, range);
	return NULL;
}

/* Memory<T>, ReadOnlyMemory<T> over an array; those over a string or a MemoryManager are not known.
 */
struct error *memory_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	enum { PINNED_BIT = 0x7fffffff }; /* Memory.cs: the sign of _index marks a pinned array */
	struct range *range;
	struct value array;
	int64_t first;
	TRY(place_value(place, "_object", &array));
	*ret_is = array.kind == VALUE_NULL ||
		  (array.kind == VALUE_REFERENCE && array.type && array.type->kind == TYPE_ARRAY);
	if (!*ret_is)
		return NULL;
	TRY(range_new(collection, &range));
	TRY(place_array(place, "_object", &range->values));
	TRY(place_integer(place, "_index", &first));
	TRY(place_count(place, "_length", &collection->count));
	collection->count_known = true;
	range->first = (uint64_t)first & PINNED_BIT;
	if (range_within(range->first, collection->count, range->values.count))
		range->count = collection->count;
	range_set_types(collection, range);
	return NULL;
}

struct error *immutable_builder_open(struct collection *collection, const struct place *place,
				     bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "_elements", ret_is));
	return *ret_is ? open_counted(collection, place, "_elements", "_count", &range) : NULL;
}

/* Most of System.Collections.Frozen: two arrays of the same length
 * (KeysAndValuesFrozenDictionary.cs, SmallFrozenDictionary.cs, LengthBucketsFrozenDictionary.cs,
 * DenseIntegralFrozenDictionary.cs …). */
struct error *frozen_dictionary_open(struct collection *collection, const struct place *place,
				     bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "_keys", ret_is));
	if (*ret_is)
		TRY(place_has_array(place, "_values", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(range_new(collection, &range));
	range->has_keys = true;
	TRY(place_array(place, "_keys", &range->keys));
	TRY(place_array(place, "_values", &range->values));
	range_set_count(collection, range, range->keys.count);
	return NULL;
}

/* Int32FrozenDictionary.cs, Int32FrozenSet.cs: the keys are the hash table's own codes. */
struct error *frozen_integers_open(struct collection *collection, const struct place *place,
				   bool *ret_is)
{
	struct range *range;
	struct place table;
	struct array_shape codes;
	TRY(place_inner(place, "_hashTable", &table));
	*ret_is = table.base != 0;
	if (*ret_is)
		TRY(place_has_array(&table, "HashCodes", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(place_array(&table, "HashCodes", &codes));
	TRY(range_new(collection, &range));
	range->has_keys = collection->kind == COLLECTION_DICTIONARY;
	range->keys = codes;
	range->values = codes;
	if (range->has_keys)
		TRY(place_array(place, "_values", &range->values));
	range_set_count(collection, range, codes.count);
	return NULL;
}

struct error *frozen_set_open(struct collection *collection, const struct place *place,
			      bool *ret_is)
{
	struct range *range;
	TRY(place_has_array(place, "_items", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(range_new(collection, &range));
	TRY(place_array(place, "_items", &range->values));
	range_set_count(collection, range, range->values.count);
	return NULL;
}
