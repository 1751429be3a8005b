/* Collections that are an array of entries, some of which are free. */
#include "heap/collections/internal.h"

/* Dictionary.cs, HashSet.cs (CoreLib), OrderedDictionary.cs: [0, _count) are used or were; a free
 * entry's next is StartOfFreeList (-3) minus an index, a used one's -1 or an index. */
enum { LAST_OF_CHAIN = -1 };

struct entries {
	struct array_shape table;
	const struct type_field *next, *key, *value;
	uint64_t limit, position, unreadable;
};

static struct error *entry_fields(struct collection *collection, struct entries *entries,
				  bool *ret_is)
{
	struct heap *heap = collection->heap;
	const struct type *entry = entries->table.element;
	*ret_is = entry != NULL;
	if (!entry)
		return NULL;
	TRY(field_by_name(heap, entry, "next", false, &entries->next));
	if (!entries->next)
		TRY(field_by_name(heap, entry, "Next", false, &entries->next));
	TRY(field_by_name(heap, entry, "key", false, &entries->key));
	if (!entries->key)
		TRY(field_by_name(heap, entry, "Key", false, &entries->key));
	TRY(field_by_name(heap, entry, "value", false, &entries->value));
	if (!entries->value)
		TRY(field_by_name(heap, entry, "Value", false, &entries->value));
	*ret_is = entries->next && entries->value;
	return NULL;
}

/* Never filled: no array gives the entry's class, the collection's own arguments do. */
static struct error *open_untouched(struct collection *collection, const struct place *place,
				    bool has_free_list)
{
	struct heap *heap = collection->heap;
	const struct type_field *field;
	TRY(place_field(place, "_entries", &field));
	const struct type *type = field->declaring;
	uint32_t count = type->argument_count;
	collection->count_known = true;
	collection->kind = count == 2 ? COLLECTION_DICTIONARY : COLLECTION_SET;
	collection->name = count != 2      ? "HashSet"
			   : has_free_list ? "Dictionary"
					   : "OrderedDictionary";
	if (count == 2)
		TRY(type_at(heap, type->arguments[0], &collection->key_type));
	if (count)
		TRY(type_at(heap, type->arguments[count - 1], &collection->value_type));
	return NULL;
}

struct error *entries_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	struct entries *entries;
	struct heap *heap = collection->heap;
	bool has_free_list;
	uint64_t free_count = 0;
	TRY(place_has_array(place, "_entries", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(collection_cursor(collection, sizeof(*entries), &entries));
	TRY(place_array(place, "_entries", &entries->table));
	TRY(place_has(place, "_freeCount", &has_free_list));
	if (!entries->table.type)
		return open_untouched(collection, place, has_free_list);
	TRY(entry_fields(collection, entries, ret_is));
	if (!*ret_is)
		return NULL;
	TRY(place_count(place, "_count", &entries->limit));
	if (has_free_list)
		TRY(place_count(place, "_freeCount", &free_count));
	if (free_count > entries->limit)
		return error_new(ERROR_BAD_DATA, "a %s of %llu entries says %llu of them are free",
				 type_name(heap, place->type, NULL),
				 (unsigned long long)entries->limit,
				 (unsigned long long)free_count);
	collection->count_known = true;
	collection->count = entries->limit - free_count;
	if (entries->limit > entries->table.count)
		entries->limit = entries->table.count;
	if (entries->key) {
		collection->kind = COLLECTION_DICTIONARY;
		collection->name = has_free_list ? "Dictionary" : "OrderedDictionary";
		TRY(field_type(heap, entries->key, &collection->key_type));
	} else {
		collection->kind = COLLECTION_SET;
		collection->name = "HashSet";
	}
	return field_type(heap, entries->value, &collection->value_type);
}

static struct error *next_used(struct collection *collection, struct entries *entries,
			       uint64_t *ret_base)
{
	*ret_base = 0;
	while (entries->position < entries->limit) {
		uint64_t base =
			entries->table.data + entries->position++ * entries->table.element_size;
		struct value next;
		TRY(task_check(collection->heap->task, reading_a_collection));
		TRY(value_of_field(collection->heap, entries->next, base, &next));
		if (next.kind == VALUE_UNREADABLE) {
			if (++entries->unreadable == LIMIT_UNREADABLE_RUN)
				return error_fault(base, "cannot read its entries from %#llx on",
						   (unsigned long long)base);
			continue;
		}
		entries->unreadable = 0;
		if ((int64_t)next.bits < LAST_OF_CHAIN)
			continue;
		*ret_base = base;
		return NULL;
	}
	return NULL;
}

struct error *entries_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct entries *entries = collection->cursor;
	uint64_t base;
	TRY(next_used(collection, entries, &base));
	*ret_found = base != 0;
	if (!base)
		return NULL;
	if (entries->key)
		TRY(value_of_field(collection->heap, entries->key, base, &ret->key));
	return value_of_field(collection->heap, entries->value, base, &ret->value);
}

/* Hashtable.cs: a bucket is free when its key is null, or when it is the array of buckets itself
 * (Remove() leaves that where a probe sequence goes on). */
struct hashtable {
	struct array_shape buckets;
	uint64_t array, position;
	struct node_fields fields;
};

enum { BUCKET_KEY, BUCKET_VALUE };

struct error *hashtable_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	struct hashtable *table;
	struct value array;
	TRY(place_has_array(place, "_buckets", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(collection_cursor(collection, sizeof(*table), &table));
	table->fields = (struct node_fields){ .names = { "key", "val" } };
	TRY(place_value(place, "_buckets", &array));
	TRY(place_array(place, "_buckets", &table->buckets));
	table->array = array.bits;
	collection->count_known = true;
	TRY(place_count(place, "_count", &collection->count));
	TRY(collection_field_type(collection->heap, table->buckets.element, "key",
				  &collection->key_type));
	return collection_field_type(collection->heap, table->buckets.element, "val",
				     &collection->value_type);
}

struct error *hashtable_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct hashtable *table = collection->cursor;
	*ret_found = false;
	while (table->position < table->buckets.count) {
		struct value bucket;
		TRY(task_check(collection->heap->task, reading_a_collection));
		TRY(array_element(collection->heap, &table->buckets, table->position++, &bucket));
		struct place place = place_of_value(collection->heap, &bucket);
		if (!place.base)
			return error_new(ERROR_BAD_DATA, "its buckets are no structs");
		TRY(node_value(&table->fields, &place, BUCKET_KEY, &ret->key));
		if (ret->key.kind == VALUE_NULL ||
		    (ret->key.kind == VALUE_REFERENCE && ret->key.bits == table->array))
			continue;
		*ret_found = true;
		return node_value(&table->fields, &place, BUCKET_VALUE, &ret->value);
	}
	return NULL;
}

/* BitArray.cs: bits in an int[] (m_array, m_length) or a byte[] (_array, _bitLength), the lowest
 * first in either. */
struct bits {
	struct array_shape words;
	uint64_t position, limit;
};

enum { BITS_A_BYTE = 8 };

struct error *bit_array_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	struct bits *bits;
	bool old;
	TRY(place_has(place, "m_length", &old));
	TRY(place_has_array(place, old ? "m_array" : "_array", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(collection_cursor(collection, sizeof(*bits), &bits));
	TRY(place_array(place, old ? "m_array" : "_array", &bits->words));
	TRY(place_count(place, old ? "m_length" : "_bitLength", &collection->count));
	collection->count_known = true;
	uint64_t held = bits->words.count * bits->words.element_size * BITS_A_BYTE;
	bits->limit = collection->count < held ? collection->count : held;
	return NULL;
}

struct error *bit_array_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct bits *bits = collection->cursor;
	*ret_found = bits->position < bits->limit;
	if (!*ret_found)
		return NULL;
	uint64_t bit = bits->position++;
	uint64_t address = bits->words.data + bit / BITS_A_BYTE;
	const uint8_t *byte = reader_borrow(&collection->heap->reader, address, 1);
	ret->value = (struct value){ .kind = byte ? VALUE_BOOLEAN : VALUE_UNREADABLE, .width = 1 };
	ret->value.bits = byte ? *byte >> bit % BITS_A_BYTE & 1 : 0;
	ret->value.address = byte ? 0 : address;
	return NULL;
}
