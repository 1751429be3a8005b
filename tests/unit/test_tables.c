/* The runtime's tables around the GC heap: handles, finalization queues, sync blocks. */
#include "base/limits.h"
#include "base/list.h"
#include "heap/clr_threads.h"
#include "heap/gc/finalize_queue.h"
#include "heap/gc/handles.h"
#include "heap/locks/sync_blocks.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

#include <string.h>

enum {
	TABLES = 0x900000, /* the map, buckets and tables */
	BUCKETS = TABLES + 0x100,
	BUCKET = TABLES + 0x200,
	TABLE_LIST = TABLES + 0x300,
	TABLE = TABLES + 0x400,
	SEGMENT = 0x910000,
	SEGMENT_SIZE = 0x10000,
	QUEUE = TABLES + 0x800,
	QUEUE_ARRAY = TABLES + 0xa00,
	SYNC_TABLE = TABLES + 0xc00,
	SYNC_CACHE = TABLES + 0xe00,
	SYNC_BLOCK = TABLES + 0xf00,
	VARIABLES = FAKE_RUNTIME_BASE + 0xf000,
	BLOCK_HANDLES = 64,
	INVALID = 0xff,
};

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

static void put(struct fake_runtime *runtime, uint64_t address, uint64_t number)
{
	fake_put(runtime->target, address, number, sizeof(number));
}

static uint8_t *segment_byte(struct fake_runtime *runtime, const char *field, unsigned index)
{
	return fake_target_at(runtime->target,
			      fake_field(runtime, SEGMENT, "TableSegment", field) + index, 1);
}

static uint64_t handle_at(struct fake_runtime *runtime, unsigned block, unsigned index)
{
	return fake_field(runtime, SEGMENT, "TableSegment", "RgValue") +
	       (block * BLOCK_HANDLES + index) * sizeof(uint64_t);
}

/* One table with one segment, and no handle in it. */
static struct fake_runtime *with_handle_table(void)
{
	struct fake_runtime *runtime = fake_runtime_new();
	fake_target_zeros(runtime->target, TABLES, 0x1000);
	fake_target_zeros(runtime->target, SEGMENT, SEGMENT_SIZE);
	put(runtime, fake_gc_entry(runtime, "HandleTableMap"), TABLES);
	fake_set(runtime, TABLES, "HandleTableMap", "BucketsPtr", BUCKETS, 8);
	put(runtime, BUCKETS, BUCKET);
	fake_set(runtime, BUCKET, "HandleTableBucket", "Table", TABLE_LIST, 8);
	put(runtime, TABLE_LIST, TABLE);
	fake_set(runtime, TABLE, "HandleTable", "SegmentList", SEGMENT, 8);
	for (unsigned i = 0; i < 12; i++)
		*segment_byte(runtime, "RgTail", i) = INVALID;
	memset(segment_byte(runtime, "RgUserData", 0), INVALID, 120);
	return runtime;
}

/* A ring of two blocks of strong handles, and one of dependent ones with their second objects. */
static void put_handles(struct fake_runtime *runtime)
{
	*segment_byte(runtime, "RgTail", HANDLE_STRONG) = 1;
	*segment_byte(runtime, "RgAllocation", 1) = 0;
	*segment_byte(runtime, "RgAllocation", 0) = 1;
	put(runtime, handle_at(runtime, 0, 63), FAKE_GEN0);
	put(runtime, handle_at(runtime, 1, 5), FAKE_GEN0 + 24);
	*segment_byte(runtime, "RgTail", HANDLE_DEPENDENT) = 2;
	*segment_byte(runtime, "RgAllocation", 2) = 2;
	*segment_byte(runtime, "RgUserData", 2) = 3;
	put(runtime, handle_at(runtime, 2, 1), FAKE_GEN2);
	put(runtime, handle_at(runtime, 3, 1), FAKE_GEN2 + 24);
}

struct met {
	struct gc_handle handles[8];
	size_t count, stop_at;
};

static struct error *meet(const struct gc_handle *handle, void *context)
{
	struct met *met = context;
	if (met->count < COUNT_OF(met->handles))
		met->handles[met->count] = *handle;
	return ++met->count == met->stop_at ? &error_stop : NULL;
}

TEST(handles_are_listed_by_kind_and_block)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_handle_table();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct met met = { 0 };
	uint64_t lost = 0;
	put_handles(runtime);
	uint64_t first = handle_at(runtime, 0, 63);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(gc_handles_visit(heap, NULL, meet, &met, &lost));
	CHECK_NUMBER(lost, 0);
	REQUIRE(met.count == 3);
	CHECK_NUMBER(met.handles[0].address, first);
	CHECK_NUMBER(met.handles[0].object, FAKE_GEN0);
	CHECK_NUMBER(met.handles[1].object, FAKE_GEN0 + 24);
	CHECK_TEXT(handle_kind_name(met.handles[1].kind), "Strong");
	CHECK_NUMBER(met.handles[1].secondary, 0);
	CHECK_TEXT(handle_kind_name(met.handles[2].kind), "Dependent");
	CHECK_NUMBER(met.handles[2].object, FAKE_GEN2);
	CHECK_NUMBER(met.handles[2].secondary, FAKE_GEN2 + 24);
	met = (struct met){ .stop_at = 1 };
	CHECK_OK(gc_handles_visit(heap, NULL, meet, &met, &lost));
	CHECK_NUMBER(met.count, 1);
	struct gc_handle_counts counts;
	CHECK_OK(gc_handles_count(heap, NULL, &counts));
	CHECK_NUMBER(counts.of_kind[HANDLE_STRONG], 2);
	CHECK_NUMBER(counts.total, 3);
}

TEST(lists_of_handle_segments_end)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_handle_table();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct met met = { 0 };
	uint64_t lost = 0;
	put_handles(runtime);
	fake_set(runtime, SEGMENT, "TableSegment", "NextSegment", SEGMENT, 8);
	fake_set(runtime, TABLES, "HandleTableMap", "Next", TABLES, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(gc_handles_visit(heap, NULL, meet, &met, &lost));
	CHECK_NUMBER(met.count, 3);
	CHECK_NUMBER(lost, 2);
}

enum { SEGMENT_HEADER = 0x1000 };

/* A second segment, so many bytes after the first one, with one strong handle. */
static void put_second_segment(struct fake_runtime *runtime, uint64_t distance)
{
	fake_target_zeros(runtime->target, SEGMENT + SEGMENT_SIZE, SEGMENT_SIZE);
	memcpy(fake_target_at(runtime->target, SEGMENT + distance, SEGMENT_HEADER),
	       fake_target_at(runtime->target, SEGMENT, SEGMENT_HEADER), SEGMENT_HEADER);
	put(runtime, handle_at(runtime, 1, 6) + distance, FAKE_GEN0);
	fake_set(runtime, SEGMENT, "TableSegment", "NextSegment", SEGMENT + distance, 8);
}

TEST(handle_segments_that_overlap_are_damage)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_handle_table();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct met met = { 0 };
	uint64_t lost = 0;
	put_handles(runtime);
	put_second_segment(runtime, 2 * SEGMENT_HEADER); /* in blocks that are of no ring */
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(gc_handles_visit(heap, NULL, meet, &met, &lost));
	CHECK_NUMBER(lost, 1);
	CHECK_NUMBER(met.count, 3);
}

static volatile sig_atomic_t stop;
static const struct task stoppable = { .stop = &stop };

static struct error *meet_and_stop(const struct gc_handle *handle, void *context)
{
	stop = SIGINT;
	return meet(handle, context);
}

TEST(handles_end_with_their_task_behind_a_segment)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_handle_table();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct met met = { 0 };
	uint64_t lost = 0;
	put_handles(runtime);
	put_second_segment(runtime, SEGMENT_SIZE);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(gc_handles_visit(heap, NULL, meet, &met, &lost));
	CHECK_NUMBER(lost, 0);
	CHECK_NUMBER(met.count, 4);
	met = (struct met){ 0 };
	stop = 0;
	CHECK_FAILS(gc_handles_visit(heap, &stoppable, meet_and_stop, &met, &lost), ERROR_CANCELLED,
		    "handle tables");
	CHECK_NUMBER(met.count, 2);
}

TEST(rings_of_blocks_end)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_handle_table();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct met met = { 0 };
	uint64_t lost = 0;
	put_handles(runtime);
	/* One that never comes back to its tail, and one that leaves the segment. */
	*segment_byte(runtime, "RgAllocation", 0) = 0;
	*segment_byte(runtime, "RgAllocation", 2) = 121;
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(gc_handles_visit(heap, NULL, meet, &met, &lost));
	CHECK_NUMBER(lost, 2);
	CHECK(met.count <= 120);
}

TEST(a_map_that_is_missing_is_an_error)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_handle_table();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct met met = { 0 };
	uint64_t lost = 0;
	put(runtime, fake_gc_entry(runtime, "HandleTableMap"), 0x999000);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_FAILS(gc_handles_visit(heap, NULL, meet, &met, &lost), ERROR_FAULT, "handle tables");
}

static struct fake_runtime *with_finalize_queue(const unsigned *ends)
{
	struct fake_runtime *runtime = fake_runtime_new();
	fake_target_zeros(runtime->target, TABLES, 0x1000);
	put(runtime, fake_gc_entry(runtime, "GCHeapFinalizeQueue"), VARIABLES);
	put(runtime, VARIABLES, QUEUE);
	fake_set(runtime, QUEUE, "CFinalize", "Array", QUEUE_ARRAY, 8);
	uint64_t pointers = fake_field(runtime, QUEUE, "CFinalize", "FillPointers");
	for (unsigned i = 0; i < 7; i++)
		put(runtime, pointers + i * sizeof(uint64_t), QUEUE_ARRAY + ends[i] * 8);
	for (unsigned i = 0; i < 12; i++)
		put(runtime, QUEUE_ARRAY + i * 8, FAKE_GEN0 + i * 24);
	return runtime;
}

static struct error *sum(uint64_t object, void *context)
{
	*(uint64_t *)context += object;
	return NULL;
}

TEST(finalization_queues_are_cut_at_fill_pointers)
{
	static const unsigned ends[7] = { 1, 1, 4, 6, 9, 10, 12 };
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_finalize_queue(ends);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct finalize_queue *queues;
	uint64_t total = 0, lost = 0;
	put(runtime, QUEUE_ARRAY + 11 * 8, 0); /* suppressed: no object */
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(finalize_queues_read(heap, &heap->arena, &queues));
	CHECK_NUMBER(finalize_range_count(&queues->generations[GENERATION_PINNED]), 1);
	CHECK_NUMBER(finalize_range_count(&queues->generations[GENERATION_LARGE]), 0);
	CHECK_NUMBER(finalize_range_count(&queues->generations[GENERATION_2]), 3);
	CHECK_NUMBER(finalize_range_count(&queues->generations[GENERATION_1]), 2);
	CHECK_NUMBER(finalize_range_count(&queues->generations[GENERATION_0]), 3);
	CHECK_NUMBER(finalize_range_count(&queues->critical), 1);
	CHECK_NUMBER(finalize_range_count(&queues->ready), 2);
	CHECK_OK(finalize_range_visit(heap, NULL, &queues->ready, sum, &total, &lost));
	CHECK_NUMBER(total, FAKE_GEN0 + 10 * 24);
	CHECK_NUMBER(lost, 0);
	struct finalize_counts counts;
	CHECK_OK(finalize_counts_read(heap, &heap->arena, &counts));
	CHECK_NUMBER(counts.registered, 9);
	CHECK_NUMBER(counts.ready, 3);
}

TEST(a_damaged_finalization_queue_is_refused)
{
	static const unsigned ends[7] = { 1, 1, 4, 3, 9, 10, 12 };
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_finalize_queue(ends);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct finalize_queue *queues;
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_FAILS(finalize_queues_read(heap, &heap->arena, &queues), ERROR_BAD_DATA, "damaged");
}

static struct fake_runtime *with_sync_blocks(unsigned next_index)
{
	struct fake_runtime *runtime = fake_runtime_new();
	fake_target_zeros(runtime->target, TABLES, 0x1000);
	put(runtime, fake_table_entry(runtime, "SyncTableEntries"), VARIABLES);
	put(runtime, VARIABLES, SYNC_TABLE);
	put(runtime, fake_table_entry(runtime, "SyncBlockCache"), VARIABLES + 8);
	put(runtime, VARIABLES + 8, SYNC_CACHE);
	fake_set(runtime, SYNC_CACHE, "SyncBlockCache", "FreeSyncTableIndex", next_index, 4);
	fake_set(runtime, SYNC_CACHE, "SyncBlockCache", "SyncTableSize", 10, 4);
	return runtime;
}

TEST(sync_blocks_tell_who_holds_and_how_many_wait)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_sync_blocks(3);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct sync_blocks blocks;
	struct sync_block block;
	const struct clr_thread *waiting[2];
	uint32_t count;
	bool known;
	put(runtime, SYNC_TABLE + 16, SYNC_BLOCK);
	put(runtime, SYNC_TABLE + 24, FAKE_GEN0);
	put(runtime, SYNC_TABLE + 40, 5 << 1 | 1); /* the second one is free */
	fake_set(runtime, SYNC_BLOCK, "AwareLock", "LockState", 3 << 6 | 1, 4);
	fake_set(runtime, SYNC_BLOCK, "AwareLock", "RecursionLevel", 2, 4);
	fake_set(runtime, SYNC_BLOCK, "AwareLock", "HoldingThread", 0x123, 8);
	/* A thread that waits for a pulse has put a link into the block, which leads to itself. */
	uint64_t link = fake_field(runtime, SYNC_BLOCK + 0x80, "WaitEventLink", "LinkSyncBlock");
	fake_set(runtime, SYNC_BLOCK, "SyncBlock", "LinkNext", link, 8);
	fake_set(runtime, SYNC_BLOCK + 0x80, "WaitEventLink", "WaitSyncBlock", SYNC_BLOCK | 1, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(sync_blocks_open(heap, &blocks));
	CHECK_NUMBER(blocks.count, 2);
	CHECK_OK(sync_block_read(&blocks, 1, &block));
	CHECK(block.is_held && !block.is_free && !block.owner);
	CHECK_NUMBER(block.waiters, 3);
	CHECK_NUMBER(block.recursion, 2);
	CHECK_NUMBER(block.owner_id, 0x123);
	CHECK_NUMBER(block.object, FAKE_GEN0);
	sync_block_waiting(&blocks, &block, waiting, 2, &count, &known);
	CHECK_NUMBER(count, 1);
	CHECK(known && !waiting[0]);
	CHECK_OK(sync_block_read(&blocks, 2, &block));
	CHECK(block.is_free && !block.object);
}

TEST(a_sync_table_fuller_than_it_is_long_is_refused)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_sync_blocks(11);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct sync_blocks blocks;
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_FAILS(sync_blocks_open(heap, &blocks), ERROR_BAD_DATA, "room for 10");
}

TEST(a_list_of_sync_blocks_to_clean_up_ends)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_sync_blocks(3);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct sync_blocks blocks;
	uint64_t *found;
	size_t count;
	uint64_t link = fake_field(runtime, SYNC_BLOCK, "SyncBlock", "LinkNext");
	fake_set(runtime, SYNC_CACHE, "SyncBlockCache", "CleanupBlockList", link, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(sync_blocks_open(heap, &blocks));
	CHECK_OK(sync_blocks_cleanup(&blocks, &heap->arena, &found, &count));
	REQUIRE(count == 1);
	CHECK_NUMBER(found[0], SYNC_BLOCK);
}

TEST(a_list_of_sync_blocks_to_clean_up_that_does_not_end_is_refused)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_sync_blocks(3);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct sync_blocks blocks;
	uint64_t *found;
	size_t count;
	uint64_t link = fake_field(runtime, SYNC_BLOCK, "SyncBlock", "LinkNext");
	fake_set(runtime, SYNC_CACHE, "SyncBlockCache", "CleanupBlockList", link, 8);
	fake_set(runtime, SYNC_BLOCK, "SyncBlock", "LinkNext", link, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(sync_blocks_open(heap, &blocks));
	CHECK_FAILS(sync_blocks_cleanup(&blocks, &heap->arena, &found, &count), ERROR_BAD_DATA,
		    "does not end");
}

TEST(thin_locks_stand_in_the_header)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = with_sync_blocks(1);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct sync_blocks layout;
	struct thin_lock lock;
	fake_put(runtime->target, FAKE_GEN0 + 24 - 4, 3 << 16 | 2, 4);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(thin_locks_open(heap, &layout));
	REQUIRE(thin_lock_read(&layout, &heap->reader, FAKE_GEN0 + 24, &lock));
	CHECK_NUMBER(lock.thread_id, 2);
	CHECK_NUMBER(lock.recursion, 3);
	CHECK(!thin_lock_read(&layout, &heap->reader, FAKE_GEN0 + 48, &lock));
	CHECK(!thin_lock_read(&layout, &heap->reader, 0x999008, &lock));
}

static const struct tap_case cases[] = {
	CASE(handles_are_listed_by_kind_and_block),
	CASE(lists_of_handle_segments_end),
	CASE(rings_of_blocks_end),
	CASE(handle_segments_that_overlap_are_damage),
	CASE(handles_end_with_their_task_behind_a_segment),
	CASE(a_map_that_is_missing_is_an_error),
	CASE(finalization_queues_are_cut_at_fill_pointers),
	CASE(a_damaged_finalization_queue_is_refused),
	CASE(sync_blocks_tell_who_holds_and_how_many_wait),
	CASE(a_sync_table_fuller_than_it_is_long_is_refused),
	CASE(a_list_of_sync_blocks_to_clean_up_ends),
	CASE(a_list_of_sync_blocks_to_clean_up_that_does_not_end_is_refused),
	CASE(thin_locks_stand_in_the_header),
};
TAP_MAIN(cases)
