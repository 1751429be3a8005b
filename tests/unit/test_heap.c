#include "heap/clr_threads.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

struct counted {
	uint64_t objects, bytes, free_objects, last_address, stop_after;
};

static struct error *count(struct gc_object *objects, size_t batch, void *context)
{
	struct counted *counted = context;
	for (size_t i = 0; i < batch; i++) {
		counted->objects++;
		counted->bytes += objects[i].size;
		counted->free_objects += objects[i].is_free;
		counted->last_address = objects[i].address;
	}
	bool wants_more = !counted->stop_after || counted->objects < counted->stop_after;
	return wants_more ? NULL : &error_stop;
}

static struct error *walk_all(struct heap *heap, struct counted *counted,
			      struct walk_damage *damage)
{
	CLEANUP(walker_deinit) struct walker walker;
	TRY(walker_init(&walker, heap));
	for (size_t i = 0; i < heap->gc->span_count; i++)
		TRY(walker_span(&walker, &heap->gc->spans[i], NULL, count, counted));
	*damage = walker.damage;
	return NULL;
}

TEST(a_runtime_opens_by_scan)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_TEXT(contract_layouts(heap->contract), "8.0-x64");
	CHECK_NUMBER(heap->threads->count, 3);
	CHECK_NUMBER(heap->threads->threads[2].os_id, 1002);
	CHECK_NUMBER(heap->gc->segment_count, 4);
	CHECK(!heap->gc->is_server && heap->gc->has_regions);
	CHECK(heap->unverified != NULL);
	const struct gc_segment *segment = gc_segment_of(heap->gc, FAKE_LOH + 0x100);
	REQUIRE(segment);
	CHECK_TEXT(gc_generation_name(segment->generation), "loh");
	CHECK(!gc_segment_of(heap->gc, 0x123));
}

TEST(every_object_is_walked)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct counted counted = { 0 };
	struct walk_damage damage = { 0 };
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(walk_all(heap, &counted, &damage));
	/* 0x800 bytes hold 85 objects of 24 bytes and 8 more, which hold none. */
	CHECK_NUMBER(counted.objects, 4 * 85);
	CHECK_NUMBER(counted.bytes, 4 * 85 * 24);
	CHECK_NUMBER(damage.unreadable_bytes, 0);
	CHECK_NUMBER(damage.damaged_bytes, 4 * 8);
}

TEST(sizes_follow_the_component_count)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct gc_object object;
	uint64_t at = FAKE_GEN0 + 0x28;
	fake_object(runtime, at, runtime->string_table, 0, 22);
	fake_object(runtime, at + 24, runtime->string_table, 5, 32);
	fake_object(runtime, at + 56, runtime->array_table, 10, 64);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(object_read(heap, at, &object));
	CHECK_NUMBER(object.size, 24);
	CHECK_OK(object_read(heap, at + 24, &object));
	CHECK_NUMBER(object.size, 32);
	CHECK_OK(object_read(heap, at + 56, &object));
	CHECK_NUMBER(object.size, 64);
	CHECK_FAILS(object_read(heap, at + 4, &object), ERROR_BAD_DATA, "multiple of 8");
	CHECK_FAILS(object_read(heap, 0x10, &object), ERROR_FAULT, "0x10");
	CHECK_FAILS(object_read(heap, FAKE_GEN0 + FAKE_REGION_SIZE - 0x100, &object),
		    ERROR_BAD_DATA, "no MethodTable");
}

TEST(allocation_contexts_are_stepped_over)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct counted counted = { 0 };
	struct walk_damage damage = { 0 };
	uint64_t store, thread, start = FAKE_GEN0 + 0x28;
	/* The first thread holds 240 bytes after the tenth object: nothing readable as objects
	 * there. */
	uint64_t hole = start + 10 * 24;
	CHECK_OK(target_read(&runtime->target->base, fake_table_entry(runtime, "ThreadStore"),
			     &store, 8));
	CHECK_OK(target_read(&runtime->target->base, store, &store, 8));
	CHECK_OK(target_read(&runtime->target->base,
			     fake_field(runtime, store, "ThreadStore", "FirstThreadLink"), &thread,
			     8));
	thread -= fake_field(runtime, 0, "Thread", "LinkNext");
	uint64_t context = fake_field(runtime, thread, "Thread", "AllocContext");
	fake_set(runtime, context, "GCAllocContext", "Pointer", hole, 8);
	fake_set(runtime, context, "GCAllocContext", "Limit", hole + 240 - 24, 8);
	for (uint64_t at = hole; at < hole + 240; at += 8)
		fake_put(runtime->target, at, 0x3333, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(walk_all(heap, &counted, &damage));
	CHECK_NUMBER(counted.objects, 4 * 85 - 10);
	CHECK_NUMBER(damage.damaged_bytes, 4 * 8);
}

TEST(damage_is_stepped_over_and_counted)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct counted counted = { 0 };
	struct walk_damage damage = { 0 };
	uint64_t start = FAKE_GEN2 + 0x28;
	/* An unknown MethodTable, and an array that would reach beyond its region. */
	fake_put(runtime->target, start + 5 * 24, 0xdeadbeef, 8);
	fake_object(runtime, start + 20 * 24, runtime->array_table, 0x7fffffff, 24);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(walk_all(heap, &counted, &damage));
	CHECK_NUMBER(counted.objects, 4 * 85 - 2);
	CHECK_NUMBER(damage.damaged_bytes, 4 * 8 + 2 * 24);
	CHECK_NUMBER(damage.unreadable_bytes, 0);
}

TEST(free_space_is_free)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct counted counted = { 0 };
	struct walk_damage damage = { 0 };
	fake_object(runtime, FAKE_LOH + 0x28, runtime->free_table, 24, 48);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(walk_all(heap, &counted, &damage));
	CHECK_NUMBER(counted.free_objects, 1);
	CHECK_NUMBER(counted.objects, 4 * 85 - 1);
}

TEST(a_visitor_can_stop_the_walk)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	CLEANUP(walker_deinit) struct walker walker = { 0 };
	struct counted counted = { .stop_after = 1 };
	volatile sig_atomic_t stop = 1;
	struct task task = { .stop = &stop };
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(walker_init(&walker, heap));
	CHECK_FAILS(walker_span(&walker, &heap->gc->spans[0], NULL, count, &counted), ERROR_STOP,
		    "ended early");
	CHECK_FAILS(walker_span(&walker, &heap->gc->spans[0], &task, count, &counted),
		    ERROR_CANCELLED, "walking the heap");
}

TEST(a_heap_that_cannot_be_verified_is_refused)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	fake_set(runtime, runtime->string_table, "MethodTable", "BaseSize", 24, 4);
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "System.String");
	fake_set(runtime, runtime->string_table, "MethodTable", "BaseSize", 22, 4);
	uint64_t store = 0;
	CHECK_OK(target_read(&runtime->target->base, fake_table_entry(runtime, "ThreadStore"),
			     &store, 8));
	CHECK_OK(target_read(&runtime->target->base, store, &store, 8));
	fake_set(runtime, store, "ThreadStore", "ThreadCount", 2, 4);
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "longer than the 2");
	fake_set(runtime, store, "ThreadStore", "ThreadCount", 4, 4);
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "shorter than the 4");
}

/* Nothing of String can be seen: then the ids of the threads show it, and only those. */
TEST(without_types_the_threads_prove_the_layouts)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	uint64_t variable;
	CHECK_OK(target_read(&runtime->target->base, fake_table_entry(runtime, "StringMethodTable"),
			     &variable, 8));
	fake_put(runtime->target, variable, 0x999000, 8);
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED,
		    "nor a managed thread with the id of one of the dump's threads");
	fake_target_thread(runtime->target, 77, 0, NULL, 0);
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "nor a managed thread");
	fake_target_thread(runtime->target, 1001, 0, NULL, 0);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_TEXT(contract_layouts(heap->contract), "8.0-x64");
	CHECK(heap->unverified != NULL);
}

TEST(a_heap_whose_tables_are_missing_is_not_walked)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	fake_put(runtime->target, fake_gc_entry(runtime, "GCHeapGenerationTable"), 0x999000, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_TEXT(heap->no_objects, "the tables of the GC heap are not in the dump");
	CHECK_NUMBER(heap->threads->count, 3);
	CHECK_NUMBER(heap->gc->segment_count, 0);
	CHECK_NUMBER(heap->gc->lost_segments, 1);
}

TEST(lists_of_segments_end)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	uint64_t table, segment;
	CHECK_OK(target_read(&runtime->target->base,
			     fake_gc_entry(runtime, "GCHeapGenerationTable"), &table, 8));
	CHECK_OK(target_read(&runtime->target->base,
			     fake_field(runtime, table, "Generation", "StartSegment"), &segment,
			     8));
	/* A cycle, and a list that leads nowhere. */
	fake_set(runtime, segment, "HeapSegment", "Next", segment, 8);
	fake_set(runtime, segment + 0x200, "HeapSegment", "Next", 0x999000, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_NUMBER(heap->gc->segment_count, 4);
	CHECK_NUMBER(heap->gc->lost_segments, 1);
}

static const struct tap_case cases[] = {
	CASE(a_runtime_opens_by_scan),
	CASE(every_object_is_walked),
	CASE(sizes_follow_the_component_count),
	CASE(allocation_contexts_are_stepped_over),
	CASE(damage_is_stepped_over_and_counted),
	CASE(free_space_is_free),
	CASE(a_visitor_can_stop_the_walk),
	CASE(a_heap_that_cannot_be_verified_is_refused),
	CASE(without_types_the_threads_prove_the_layouts),
	CASE(a_heap_whose_tables_are_missing_is_not_walked),
	CASE(lists_of_segments_end),
};
TAP_MAIN(cases)
