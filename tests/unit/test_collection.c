/*
 * Collections on made-up classes: the fake runtime's MethodTables, whose fields are set by hand.
 * The classes of the base library themselves are read in tests/matrix/facts, from real dumps.
 */
#include "base/text.h"
#include "heap/collections/collection.h"
#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

enum { POINTER = 8, ENTRY_BYTES = 8, NEXT_FREE = -3 };

struct scene {
	struct fake_types *types;
	struct arena arena;
	struct collection collection;
	bool is_collection;
};

static void scene_cleanup(struct scene *scene)
{
	arena_deinit(&scene->arena);
	fake_types_cleanup(&scene->types);
}

static struct error *scene_open(struct scene *scene)
{
	arena_init(&scene->arena);
	return fake_types_open(scene->types);
}

static struct scene scene_new(void)
{
	return (struct scene){ .types = fake_types_new(FAKE_LAYOUT_10_0) };
}

/* `row`: of CoreLib, for the name of the class. */
static uint64_t class_new(struct scene *scene, uint32_t row)
{
	return fake_types_class(scene->types,
				&(struct fake_class){ .module = scene->types->core, .row = row });
}

static uint64_t object_new(struct scene *scene, uint64_t table)
{
	uint64_t object = fake_types_allocate(scene->types, 0x40);
	fake_put(scene->types->target, object, table, POINTER);
	return object;
}

static void set(struct scene *scene, uint64_t object, uint32_t offset, uint64_t number,
		unsigned width)
{
	fake_put(scene->types->target, object + POINTER + offset, number, width);
}

/* An array object; elements from 16 bytes on, where 8-byte component arrays have them. */
static uint64_t array_new(struct scene *scene, uint64_t table, uint32_t count, uint32_t room)
{
	uint64_t object = fake_types_allocate(scene->types, 16 + (size_t)room * ENTRY_BYTES);
	fake_put(scene->types->target, object, table, POINTER);
	fake_put(scene->types->target, object + POINTER, count, 4);
	return object;
}

static struct error *open_object(struct scene *scene, uint64_t object)
{
	struct value value;
	struct heap *heap = &scene->types->heap;
	TRY(value_of_object(heap, object, &value));
	return collection_open(heap, &value, &scene->arena, &scene->collection,
			       &scene->is_collection);
}

static struct error *next(struct scene *scene, struct value *ret, bool *ret_found)
{
	struct value key;
	uint64_t index;
	return collection_next(&scene->collection, &key, ret, &index, ret_found);
}

/* HashSet's shape: { int Next; int Value } entries. */
struct set_scene {
	struct scene scene;
	uint64_t set, entry, entries, array;
};

static struct set_scene set_scene_new(uint32_t length, uint32_t count, uint32_t free_count)
{
	struct set_scene set_scene = { .scene = scene_new() };
	struct scene *scene = &set_scene.scene;
	uint64_t table = class_new(scene, CORE_DICTIONARY);
	set_scene.set = object_new(scene, table);
	set_scene.entry = class_new(scene, CORE_ENTRY);
	set_scene.array = fake_types_array(scene->types, set_scene.entry, 0);
	set_scene.entries = array_new(scene, set_scene.array, length, 8);
	set(scene, set_scene.set, 0, 0, POINTER);
	set(scene, set_scene.set, 8, set_scene.entries, POINTER);
	set(scene, set_scene.set, 16, count, 4);
	set(scene, set_scene.set, 20, free_count, 4);
	return set_scene;
}

static void set_entry(struct set_scene *set_scene, uint32_t index, int32_t link, uint32_t value)
{
	uint64_t at = set_scene->entries + 16 + (uint64_t)index * ENTRY_BYTES;
	fake_put(set_scene->scene.types->target, at, (uint32_t)link, 4);
	fake_put(set_scene->scene.types->target, at + 4, value, 4);
}

static struct error *set_scene_open(struct set_scene *set_scene)
{
	struct scene *scene = &set_scene->scene;
	uint64_t int32 = scene->types->int32, table;
	table = load_u64(fake_target_at(scene->types->target, set_scene->set, POINTER));
	const struct fake_field set_fields[] = { { "_buckets", 0, set_scene->array },
						 { "_entries", 8, set_scene->array },
						 { "_count", 16, int32 },
						 { "_freeCount", 20, int32 } };
	const struct fake_field entry_fields[] = { { "Next", 0, int32 }, { "Value", 4, int32 } };
	TRY(scene_open(scene));
	TRY(fake_types_fields(scene->types, table, set_fields, 4));
	TRY(fake_types_fields(scene->types, set_scene->entry, entry_fields, 2));
	return open_object(scene, set_scene->set);
}

static void set_scene_cleanup(struct set_scene *set_scene)
{
	scene_cleanup(&set_scene->scene);
}

TEST(free_entries_are_passed_over)
{
	CLEANUP(set_scene_cleanup) struct set_scene set_scene = set_scene_new(8, 4, 1);
	struct scene *scene = &set_scene.scene;
	struct value value;
	bool found;
	set_entry(&set_scene, 0, -1, 10);
	set_entry(&set_scene, 1, NEXT_FREE, 11);
	set_entry(&set_scene, 2, 0, 12);
	set_entry(&set_scene, 3, 2, 13);
	set_entry(&set_scene, 4, 0, 99); /* after _count */
	CHECK_OK(set_scene_open(&set_scene));
	REQUIRE(scene->is_collection);
	CHECK_TEXT(scene->collection.name, "HashSet");
	CHECK_NUMBER(scene->collection.kind, COLLECTION_SET);
	CHECK_NUMBER(scene->collection.count, 3);
	static const uint64_t wanted[] = { 10, 12, 13 };
	for (size_t i = 0; i < 3; i++) {
		CHECK_OK(next(scene, &value, &found));
		CHECK(found);
		CHECK_NUMBER(value.bits, wanted[i]);
	}
	CHECK_OK(next(scene, &value, &found));
	CHECK(!found);
	CHECK(!scene->collection.damage);
}

TEST(a_count_above_the_array_shows)
{
	CLEANUP(set_scene_cleanup) struct set_scene set_scene = set_scene_new(2, 0x7fffffff, 0);
	struct value value;
	bool found = true;
	CHECK_OK(set_scene_open(&set_scene));
	REQUIRE(set_scene.scene.is_collection);
	while (found)
		CHECK_OK(next(&set_scene.scene, &value, &found));
	CHECK_NUMBER(set_scene.scene.collection.found, 2);
	CHECK_NUMBER(set_scene.scene.collection.count, 0x7fffffff);
}

TEST(more_free_entries_than_entries_are_refused)
{
	CLEANUP(set_scene_cleanup) struct set_scene set_scene = set_scene_new(2, 1, 2);
	CHECK_FAILS(set_scene_open(&set_scene), ERROR_BAD_DATA, "2 of them are free");
}

/* LinkedList's shape, and SortedSet's: nodes with two links and an item. */
enum { LINK = 0, OTHER_LINK = 8, ITEM = 16, NODES = 5 };

struct node_scene {
	struct scene scene;
	uint64_t owner, owner_table, node_table, nodes[NODES];
};

static struct node_scene node_scene_new(uint32_t count)
{
	struct node_scene node_scene = { .scene = scene_new() };
	struct scene *scene = &node_scene.scene;
	node_scene.owner_table = class_new(scene, CORE_DICTIONARY);
	node_scene.node_table = class_new(scene, CORE_ENTRY);
	node_scene.owner = object_new(scene, node_scene.owner_table);
	for (uint32_t i = 0; i < NODES; i++) {
		node_scene.nodes[i] = object_new(scene, node_scene.node_table);
		set(scene, node_scene.nodes[i], ITEM, 100 + i, 4);
	}
	set(scene, node_scene.owner, 0, node_scene.nodes[0], POINTER);
	set(scene, node_scene.owner, 8, count, 4);
	return node_scene;
}

static void node_link(struct node_scene *scene, uint32_t from, uint32_t link, uint32_t to)
{
	set(&scene->scene, scene->nodes[from], link, scene->nodes[to], POINTER);
}

static struct error *node_scene_open(struct node_scene *node_scene, bool is_tree)
{
	struct scene *scene = &node_scene->scene;
	uint64_t int32 = scene->types->int32, node = node_scene->node_table;
	const struct fake_field owner[] = { { is_tree ? "root" : "head", 0, node },
					    { "count", 8, int32 } };
	const struct fake_field fields[] = { { is_tree ? "Left" : "next", LINK, node },
					     { is_tree ? "Right" : "prev", OTHER_LINK, node },
					     { is_tree ? "Item" : "item", ITEM, int32 } };
	TRY(scene_open(scene));
	TRY(fake_types_fields(scene->types, node_scene->owner_table, owner, 2));
	TRY(fake_types_fields(scene->types, node, fields, 3));
	return open_object(scene, node_scene->owner);
}

static void node_scene_cleanup(struct node_scene *node_scene)
{
	scene_cleanup(&node_scene->scene);
}

/* All elements' last digits, in order. */
static struct error *read_all(struct scene *scene, struct text *to)
{
	struct value value;
	bool found;
	for (;;) {
		TRY(next(scene, &value, &found));
		if (!found)
			return text_failed(to) ? &error_no_memory : NULL;
		text_append_char(to, (char)('0' + value.bits % 100));
	}
}

TEST(a_ring_ends_at_its_head)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(3);
	CLEANUP(text_deinit) struct text text = { 0 };
	node_link(&scene, 0, LINK, 1);
	node_link(&scene, 1, LINK, 2);
	node_link(&scene, 2, LINK, 0);
	CHECK_OK(node_scene_open(&scene, false));
	REQUIRE(scene.scene.is_collection);
	CHECK_TEXT(scene.scene.collection.name, "LinkedList");
	CHECK_OK(read_all(&scene.scene, &text));
	CHECK_TEXT(text_string(&text), "012");
	CHECK(!scene.scene.collection.damage);
}

TEST(a_cycle_beside_the_head_ends)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(0x7fffffff);
	CLEANUP(text_deinit) struct text text = { 0 };
	node_link(&scene, 0, LINK, 1);
	node_link(&scene, 1, LINK, 2);
	node_link(&scene, 2, LINK, 1);
	CHECK_OK(node_scene_open(&scene, false));
	REQUIRE(scene.scene.is_collection);
	CHECK_OK(read_all(&scene.scene, &text));
	REQUIRE(scene.scene.collection.damage);
	CHECK(strstr(scene.scene.collection.damage, "comes back"));
	CHECK(scene.scene.collection.found < 16);
}

TEST(more_elements_than_counted_end)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(2);
	CLEANUP(text_deinit) struct text text = { 0 };
	node_link(&scene, 0, LINK, 1);
	node_link(&scene, 1, LINK, 2);
	node_link(&scene, 2, LINK, 0);
	CHECK_OK(node_scene_open(&scene, false));
	REQUIRE(scene.scene.is_collection);
	CHECK_OK(read_all(&scene.scene, &text));
	CHECK_TEXT(text_string(&text), "01");
	REQUIRE(scene.scene.collection.damage);
	CHECK(strstr(scene.scene.collection.damage, "more elements"));
}

TEST(a_tree_comes_in_order)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(5);
	CLEANUP(text_deinit) struct text text = { 0 };
	/* 0 over 1 and 2; 1 over 3 (left) and 4 (right) */
	node_link(&scene, 0, LINK, 1);
	node_link(&scene, 0, OTHER_LINK, 2);
	node_link(&scene, 1, LINK, 3);
	node_link(&scene, 1, OTHER_LINK, 4);
	CHECK_OK(node_scene_open(&scene, true));
	REQUIRE(scene.scene.is_collection);
	CHECK_TEXT(scene.scene.collection.name, "SortedSet");
	CHECK_OK(read_all(&scene.scene, &text));
	CHECK_TEXT(text_string(&text), "31402");
	CHECK(!scene.scene.collection.damage);
}

TEST(a_tree_that_goes_down_to_the_left_for_ever_is_refused)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(0x7fffffff);
	node_link(&scene, 0, LINK, 0);
	CHECK_FAILS(node_scene_open(&scene, true), ERROR_BAD_DATA, "deeper than");
}

TEST(a_tree_that_goes_down_to_the_right_for_ever_ends)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(0x7fffffff);
	CLEANUP(text_deinit) struct text text = { 0 };
	node_link(&scene, 0, OTHER_LINK, 0);
	CHECK_OK(node_scene_open(&scene, true));
	REQUIRE(scene.scene.is_collection);
	CHECK_OK(read_all(&scene.scene, &text));
	CHECK(scene.scene.collection.damage);
	CHECK(scene.scene.collection.found <= LIMIT_TREE_DEPTH);
}

/* Queue's shape over an array of references: { _array, _head, _tail, _size }. */
TEST(a_queue_wraps_around)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(0);
	struct scene *inner = &scene.scene;
	uint64_t array_table = fake_types_array(inner->types, scene.node_table, 0);
	uint64_t array = array_new(inner, array_table, 4, 4), int32 = inner->types->int32;
	const struct fake_field queue[] = { { "_array", 0, array_table },
					    { "_head", 8, int32 },
					    { "_tail", 12, int32 },
					    { "_size", 16, int32 } };
	struct value value;
	bool found;
	fake_put(inner->types->target, array + 16 + 3 * POINTER, scene.nodes[1], POINTER);
	fake_put(inner->types->target, array + 16, scene.nodes[2], POINTER);
	set(inner, scene.owner, 0, array, POINTER);
	set(inner, scene.owner, 8, 3, 4);
	set(inner, scene.owner, 12, 2, 4);
	set(inner, scene.owner, 16, 3, 4);
	CHECK_OK(scene_open(inner));
	CHECK_OK(fake_types_fields(inner->types, scene.owner_table, queue, 4));
	CHECK_OK(open_object(inner, scene.owner));
	REQUIRE(inner->is_collection);
	CHECK_TEXT(inner->collection.name, "Queue");
	CHECK_OK(next(inner, &value, &found));
	CHECK_NUMBER(value.bits, scene.nodes[1]);
	CHECK_OK(next(inner, &value, &found));
	CHECK_NUMBER(value.bits, scene.nodes[2]);
	CHECK_OK(next(inner, &value, &found));
	CHECK(found);
	CHECK_NUMBER(value.kind, VALUE_NULL);
	CHECK_OK(next(inner, &value, &found));
	CHECK(!found);
}

TEST(elements_that_are_not_there_end)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(0);
	struct scene *inner = &scene.scene;
	uint64_t array_table = fake_types_array(inner->types, scene.node_table, 0);
	/* The array says that it goes on far beyond the fake's memory. */
	uint64_t array = array_new(inner, array_table, 1 << 26, 4), int32 = inner->types->int32;
	const struct fake_field list[] = { { "_items", 0, array_table }, { "_size", 8, int32 } };
	set(inner, scene.owner, 0, array, POINTER);
	set(inner, scene.owner, 8, 1 << 26, 4);
	CHECK_OK(scene_open(inner));
	CHECK_OK(fake_types_fields(inner->types, scene.owner_table, list, 2));
	CHECK_OK(open_object(inner, scene.owner));
	REQUIRE(inner->is_collection);
	CHECK_TEXT(inner->collection.name, "List");
	CHECK_OK(collection_skip(&inner->collection, 1 << 25));
	CHECK_NUMBER(inner->collection.found, 1 << 25);
	struct value value;
	bool found = true;
	uint64_t shown = 0;
	for (; found && shown <= LIMIT_UNREADABLE_RUN; shown += found)
		CHECK_OK(next(inner, &value, &found));
	CHECK_NUMBER(shown, LIMIT_UNREADABLE_RUN - 1);
	CHECK(inner->collection.damage);
}

/* Free entries are no elements: a task is looked at between them too. */
TEST(a_collection_can_be_stopped)
{
	CLEANUP(set_scene_cleanup) struct set_scene scene = set_scene_new(4, 4, 0);
	const volatile sig_atomic_t stop = SIGINT;
	struct task task = { .stop = &stop };
	struct value value;
	bool found;
	CHECK_OK(set_scene_open(&scene));
	REQUIRE(scene.scene.is_collection);
	scene.scene.types->heap.task = &task;
	CHECK_FAILS(next(&scene.scene, &value, &found), ERROR_CANCELLED, "reading a collection");
}

TEST(other_classes_are_no_collections)
{
	CLEANUP(node_scene_cleanup) struct node_scene scene = node_scene_new(0);
	const struct fake_field fields[] = { { "_size", 0, scene.scene.types->int32 } };
	CHECK_OK(scene_open(&scene.scene));
	CHECK_OK(fake_types_fields(scene.scene.types, scene.owner_table, fields, 1));
	CHECK_OK(open_object(&scene.scene, scene.owner));
	CHECK(!scene.scene.is_collection);
}

static const struct tap_case cases[] = {
	CASE(free_entries_are_passed_over),
	CASE(a_count_above_the_array_shows),
	CASE(more_free_entries_than_entries_are_refused),
	CASE(a_ring_ends_at_its_head),
	CASE(a_cycle_beside_the_head_ends),
	CASE(more_elements_than_counted_end),
	CASE(a_tree_comes_in_order),
	CASE(a_tree_that_goes_down_to_the_left_for_ever_is_refused),
	CASE(a_tree_that_goes_down_to_the_right_for_ever_ends),
	CASE(a_queue_wraps_around),
	CASE_ONCE(elements_that_are_not_there_end),
	CASE(a_collection_can_be_stopped),
	CASE(other_classes_are_no_collections),
};
TAP_MAIN(cases)
