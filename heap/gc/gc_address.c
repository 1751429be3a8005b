/* Where in the GC heap an address is: segment and generation. */
#include "heap/gc/gc_heap.h"
#include "heap/gc/gc_spans.h"

#include "base/search.h"

static int by_start(const void *left, const void *right)
{
	const struct gc_segment *const *a = left, *const *b = right;
	if ((*a)->start != (*b)->start)
		return (*a)->start < (*b)->start ? -1 : 1;
	return (*a > *b) - (*a < *b);
}

/* Only a damaged heap's overlap. */
static bool overlap(const struct gc_heap *gc)
{
	for (size_t i = 1; i < gc->segment_count; i++)
		if (gc->by_start[i]->start < gc->by_start[i - 1]->end)
			return true;
	return false;
}

struct error *gc_segments_sort(struct heap *heap, struct gc_heap *gc)
{
	gc->by_start =
		arena_allocate_array(&heap->arena, gc->segment_count + 1, sizeof(*gc->by_start));
	if (!gc->by_start)
		return &error_no_memory;
	for (size_t i = 0; i < gc->segment_count; i++)
		gc->by_start[i] = &gc->segments[i];
	if (gc->segment_count)
		qsort(gc->by_start, gc->segment_count, sizeof(*gc->by_start), by_start);
	if (overlap(gc))
		gc->by_start = NULL;
	return NULL;
}

static bool holds(const struct gc_segment *segment, uint64_t address)
{
	return address >= segment->start && address < segment->end;
}

/* The first in the heap's order, where several may hold it. */
static const struct gc_segment *look_through(const struct gc_heap *gc, uint64_t address)
{
	for (size_t i = 0; i < gc->segment_count; i++)
		if (holds(&gc->segments[i], address))
			return &gc->segments[i];
	return NULL;
}

const struct gc_segment *gc_segment_of(const struct gc_heap *gc, uint64_t address)
{
	if (!gc->by_start)
		return look_through(gc, address);
	size_t after = SEARCH_FIRST(gc->segment_count, i, gc->by_start[i]->start > address);
	const struct gc_segment *segment = after ? gc->by_start[after - 1] : NULL;
	return segment && holds(segment, address) ? segment : NULL;
}

enum gc_generation gc_generation_of(const struct gc_heap *gc, const struct gc_segment *segment,
				    uint64_t address)
{
	enum gc_generation generation = segment->generation;
	if (generation != GENERATION_EPHEMERAL)
		return generation;
	uint64_t begin = 0;
	generation = GENERATION_2;
	for (size_t i = 0; i < gc->span_count; i++) {
		const struct gc_span *span = &gc->spans[i];
		if (&gc->segments[span->segment] != segment || span->start > address ||
		    span->start < begin)
			continue;
		begin = span->start;
		generation = span->generation;
	}
	return generation;
}
