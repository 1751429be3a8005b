/* Which segment holds an address. */
#include "heap/gc/gc_heap.h"
#include "heap/gc/gc_spans.h"
#include "tests/unit/tap.h"

static void arena_cleanup(struct heap *heap)
{
	arena_deinit(&heap->arena);
}

static struct gc_segment segments[] = {
	{ .start = 0x5000, .end = 0x6000 },
	{ .start = 0x1000, .end = 0x1800 },
	{ .start = 0x3000, .end = 0x3000 },
	{ .start = 0x1800, .end = 0x2000 },
};

/* The index of the segment; -1: none. */
static int found(const struct gc_heap *gc, uint64_t address)
{
	const struct gc_segment *segment = gc_segment_of(gc, address);
	return segment ? (int)(segment - gc->segments) : -1;
}

TEST(segments_in_any_order)
{
	static const struct {
		uint64_t address;
		int segment;
	} expected[] = {
		{ 0, -1 },     { 0xfff, -1 },  { 0x1000, 1 },  { 0x17ff, 1 },      { 0x1800, 3 },
		{ 0x1fff, 3 }, { 0x2000, -1 }, { 0x3000, -1 }, { 0x4fff, -1 },     { 0x5000, 0 },
		{ 0x5fff, 0 }, { 0x6000, -1 }, { 0x1000, 1 },  { UINT64_MAX, -1 },
	};
	struct gc_heap gc = { .segments = segments, .segment_count = COUNT_OF(segments) };
	CLEANUP(arena_cleanup) struct heap heap = { 0 };
	for (int sorted = 0; sorted < 2; sorted++) {
		for (size_t i = 0; i < COUNT_OF(expected); i++)
			CHECK_NUMBER(found(&gc, expected[i].address), expected[i].segment);
		CHECK_OK(gc_segments_sort(&heap, &gc));
	}
	REQUIRE(gc.by_start);
	CHECK_NUMBER(gc.by_start[0] - segments, 1);
}

TEST(segments_of_a_damaged_heap_overlap)
{
	static struct gc_segment over[] = {
		{ .start = 0x5000, .end = 0x6000 },
		{ .start = 0x1000, .end = 0x9000 },
		{ .start = 0x5800, .end = 0x7000 },
	};
	struct gc_heap gc = { .segments = over, .segment_count = COUNT_OF(over) };
	CLEANUP(arena_cleanup) struct heap heap = { 0 };
	CHECK_OK(gc_segments_sort(&heap, &gc));
	CHECK(!gc.by_start);
	CHECK_NUMBER(found(&gc, 0x5900), 0);
	CHECK_NUMBER(found(&gc, 0x6500), 1);
	CHECK_NUMBER(found(&gc, 0x9000), -1);
}

TEST(no_segments)
{
	struct gc_heap gc = { .segment_count = 0 };
	CLEANUP(arena_cleanup) struct heap heap = { 0 };
	CHECK_OK(gc_segments_sort(&heap, &gc));
	CHECK_NUMBER(found(&gc, 0x1000), -1);
}

static const struct tap_case cases[] = {
	CASE(segments_in_any_order),
	CASE(segments_of_a_damaged_heap_overlap),
	CASE(no_segments),
};
TAP_MAIN(cases)
