/* The table of shapes, and which of them a value is. */
#include "heap/collections/internal.h"

#include "base/list.h"
#include "base/text.h"

/*
 * The shapes. Of those whose fields an object has, the first whose open() agrees. Where the fields
 * alone would say too little the class they are declared in must begin with `home`.
 */
#define SYSTEM "System."
#define LIBRARY "System.Collections."
#define FROZEN "System.Collections.Frozen."
#define IMMUTABLE "System.Collections.Immutable."
#define CONCURRENT "System.Collections.Concurrent."

// clang-format off
static const struct collection_shape shapes[] = {
	{ "Hashtable", NULL, { "_buckets", "_count", "_occupancy" }, hashtable_open, hashtable_next, NULL },
	{ "Dictionary", NULL, { "_buckets", "_entries", "_count" }, entries_open, entries_next, NULL },
	{ "ConcurrentDictionary", CONCURRENT, { "_tables" }, concurrent_dictionary_open, concurrent_dictionary_next, NULL },
	{ "SortedDictionary", SYSTEM, { "_set" }, sorted_dictionary_open, tree_next, NULL },
	{ "SortedSet", SYSTEM, { "root", "count" }, sorted_set_open, tree_next, NULL },
	{ "SortedList", SYSTEM, { "keys", "values", "_size" }, sorted_list_open, range_next, range_skip },
	{ "LinkedList", LIBRARY, { "head", "count" }, linked_open, chain_next, NULL },
	{ "Queue", NULL, { "_array", "_head", "_tail", "_size" }, queue_open, range_next, range_skip },
	{ "Stack", SYSTEM, { "_array", "_size" }, stack_open, range_next, range_skip },
	{ "List", NULL, { "_items", "_size" }, list_open, range_next, range_skip },
	{ "PriorityQueue", SYSTEM, { "_nodes", "_size" }, priority_queue_open, range_next, range_skip },
	{ "BitArray", SYSTEM, { "m_array", "m_length" }, bit_array_open, bit_array_next, NULL },
	{ "BitArray", SYSTEM, { "_array", "_bitLength" }, bit_array_open, bit_array_next, NULL },
	{ "ArraySegment", SYSTEM, { "_array", "_offset", "_count" }, array_segment_open, range_next, range_skip },
	{ "Memory", SYSTEM, { "_object", "_index", "_length" }, memory_open, range_next, range_skip },
	{ "ImmutableArray", IMMUTABLE, { "_elements", "_count" }, immutable_builder_open, range_next, range_skip },
	{ "ImmutableArray", IMMUTABLE, { "array" }, immutable_array_open, range_next, range_skip },
	{ "ImmutableList", IMMUTABLE, { "_root" }, immutable_tree_open, tree_next, NULL },
	{ "ImmutableQueue", IMMUTABLE, { "_forwards", "_backwards" }, immutable_queue_open, immutable_queue_next, NULL },
	{ "ImmutableStack", IMMUTABLE, { "_head", "_tail" }, immutable_stack_open, chain_next, NULL },
	{ "ConcurrentQueue", CONCURRENT, { "_head", "_tail" }, concurrent_queue_open, concurrent_queue_next, NULL },
	{ "ConcurrentStack", CONCURRENT, { "_head" }, concurrent_stack_open, chain_next, NULL },
	{ "ConcurrentBag", CONCURRENT, { "_workStealingQueues" }, concurrent_bag_open, concurrent_bag_next, NULL },
	{ "FrozenDictionary", FROZEN, { "_keys", "_values" }, frozen_dictionary_open, range_next, range_skip },
	{ "FrozenDictionary", FROZEN, { "_hashTable", "_values" }, frozen_integers_open, range_next, range_skip },
	{ "FrozenSet", FROZEN, { "_items" }, frozen_set_open, range_next, range_skip },
	{ "FrozenSet", FROZEN, { "_hashTable" }, frozen_integers_open, range_next, range_skip },
};
static const struct collection_shape array_shape_row = { "Array", NULL, { NULL }, NULL, range_next, range_skip };
// clang-format on

/* Classes around another collection, by the field it is in; null means to look further. */
static const struct {
	const char *home, *field;
} wrappers[] = {
	{ "System.Collections.ObjectModel.ReadOnlyDictionary`2", "m_dictionary" },
	{ "System.Collections.ObjectModel.ReadOnlyCollection`1", "list" },
	{ "System.Collections.ObjectModel.ReadOnlySet`1", "_set" },
	{ "System.Collections.ObjectModel.Collection`1", "items" },
	{ "System.Collections.Concurrent.BlockingCollection`1", "_collection" },
	{ "System.Collections.Hashtable+SyncHashtable", "_table" },
	{ "System.Collections.ArrayList+", "_list" },
	{ "System.Collections.SortedList+SyncSortedList", "_list" },
	{ "System.Collections.Queue+SynchronizedQueue", "_q" },
	{ "System.Collections.Stack+SyncStack", "_s" },
	{ "System.Collections.CollectionBase", "_list" },
	{ "System.Collections.ReadOnlyCollectionBase", "InnerList" },
	{ "System.Collections.DictionaryBase", "_hashtable" },
	{ "System.Collections.Specialized.HybridDictionary", "hashtable" },
	{ "System.Collections.Specialized.HybridDictionary", "list" },
	{ "System.Collections.Specialized.StringCollection", "data" },
	{ "System.Collections.Specialized.StringDictionary", "contents" },
	{ "System.Threading.Channels.", "_items" },
};

/* Frozen collections without elements have no fields of their own. */
static const struct {
	const char *class_name, *name;
	enum collection_kind kind;
} empty_classes[] = {
	{ "System.Collections.Frozen.EmptyFrozenDictionary`2", "FrozenDictionary",
	  COLLECTION_DICTIONARY },
	{ "System.Collections.Frozen.EmptyFrozenSet`1", "FrozenSet", COLLECTION_SET },
};

static enum collection_kind kind_of_shape(const struct collection_shape *shape)
{
	size_t length = strlen(shape->name);
	if (length >= 3 && !strcmp(shape->name + length - 3, "Set"))
		return COLLECTION_SET;
	bool keyed = strstr(shape->name, "Dictionary") || !strcmp(shape->name, "Hashtable") ||
		     !strcmp(shape->name, "SortedList");
	return keyed ? COLLECTION_DICTIONARY : COLLECTION_SEQUENCE;
}

/* Has the class, or a parent, all the fields, the first one declared by a class that may have it?
 * foreign: outside the base library. */
static struct error *has_fields(const struct place *place, const struct collection_shape *shape,
				bool foreign, bool *ret)
{
	*ret = false;
	for (size_t i = 0; i < COUNT_OF(shape->fields) && shape->fields[i]; i++) {
		const struct type_field *field;
		TRY(field_by_name(place->heap, place->type, shape->fields[i], false, &field));
		if (!field)
			return NULL;
		if (i)
			continue;
		const char *owner = type_metadata_name(place->heap, field->declaring);
		if (!owner || text_begins_with(owner, SYSTEM) == foreign)
			return NULL;
		if (shape->home && !text_begins_with(owner, shape->home))
			return NULL;
	}
	*ret = true;
	return NULL;
}

static struct error *match_shapes(struct collection *collection, const struct place *place,
				  bool foreign, bool *ret_is)
{
	*ret_is = false;
	for (size_t i = 0; i < COUNT_OF(shapes) && !*ret_is; i++) {
		TRY(has_fields(place, &shapes[i], foreign, ret_is));
		if (!*ret_is)
			continue;
		collection->shape = &shapes[i];
		collection->name = shapes[i].name;
		collection->kind = kind_of_shape(&shapes[i]);
		collection->foreign = foreign;
		TRY(shapes[i].open(collection, place, ret_is));
	}
	return NULL;
}

/* A class's own fields may hide those of the collection it derives from: its parents are asked for
 * the base library's shapes first. */
static struct error *match_class(struct collection *collection, const struct place *place,
				 bool *ret_is)
{
	struct place level = *place;
	*ret_is = false;
	while (level.type && !*ret_is) {
		TRY(match_shapes(collection, &level, false, ret_is));
		TRY(type_parent(level.heap, level.type, &level.type));
	}
	return *ret_is ? NULL : match_shapes(collection, place, true, ret_is);
}

/* *ret stays a null value when the object is no wrapper. */
static struct error *unwrap(const struct place *place, struct value *ret)
{
	*ret = (struct value){ 0 };
	for (size_t i = 0; i < COUNT_OF(wrappers); i++) {
		const struct type_field *field;
		TRY(field_by_name(place->heap, place->type, wrappers[i].field, false, &field));
		const char *owner =
			field ? type_metadata_name(place->heap, field->declaring) : NULL;
		if (!owner || !text_begins_with(owner, wrappers[i].home))
			continue;
		struct value inner;
		TRY(value_of_field(place->heap, field, place->base, &inner));
		TRY(place_check(place, wrappers[i].field, &inner));
		TRY(value_unbox(place->heap, &inner));
		if (inner.kind != VALUE_REFERENCE && inner.kind != VALUE_STRUCT)
			continue;
		*ret = inner;
		return NULL;
	}
	return NULL;
}

static bool open_empty(struct collection *collection)
{
	for (size_t i = 0; i < COUNT_OF(empty_classes); i++) {
		if (!type_is(collection->heap, collection->type, empty_classes[i].class_name))
			continue;
		collection->name = empty_classes[i].name;
		collection->kind = empty_classes[i].kind;
		collection->count_known = true;
		return true;
	}
	return false;
}

static struct error *open_unwrapped(struct collection *collection, const struct value *value,
				    bool *ret_is)
{
	struct place place = place_of_value(collection->heap, value);
	collection->type = value->type;
	collection->address = value->kind == VALUE_REFERENCE ? value->bits : value->address;
	*ret_is = false;
	if (!place.base)
		return NULL;
	if (value->kind == VALUE_REFERENCE && place.type->kind == TYPE_ARRAY) {
		*ret_is = true;
		collection->name = array_shape_row.name;
		collection->kind = COLLECTION_SEQUENCE;
		collection->shape = &array_shape_row;
		return array_open(collection, value);
	}
	if (place.type->kind != TYPE_CLASS && place.type->kind != TYPE_STRUCT)
		return NULL;
	*ret_is = open_empty(collection);
	return *ret_is ? NULL : match_class(collection, &place, ret_is);
}

struct error *collection_open(struct heap *heap, const struct value *value, struct arena *arena,
			      struct collection *ret, bool *ret_is)
{
	struct value current = *value;
	*ret_is = false;
	TRY(value_check(heap, value));
	TRY(value_unbox(heap, &current));
	for (int i = 0; i < LIMIT_COLLECTION_WRAPPERS; i++) {
		struct place place = place_of_value(heap, &current);
		struct value inner;
		if (!place.base)
			return NULL;
		if (place.type->kind != TYPE_CLASS)
			break;
		TRY(unwrap(&place, &inner));
		if (!inner.type)
			break;
		current = inner;
	}
	*ret = (struct collection){ .heap = heap, .arena = arena };
	return open_unwrapped(ret, &current, ret_is);
}
