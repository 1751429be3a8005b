/*
 * The rest of building a gc_heap (gc_heap.h). From segments to spans: segments are cut at the
 * starts of generations (segments GC, where one segment holds several) and at allocation contexts,
 * whose unused part holds no objects.
 */
#ifndef HEAP_GC_GC_SPANS_H
#define HEAP_GC_GC_SPANS_H

#include "heap/gc/gc_heap.h"

/* An allocation context: objects end at `pointer` and begin again at limit + the smallest object's
 * size (src/coreclr/gc/gc.cpp: the GC keeps room for one free object after each context). */
struct gc_context {
	uint64_t pointer, limit;
};

/* Where generations 0 and 1 begin in the ephemeral segment; unused with regions. */
struct gc_cut {
	uint64_t generation_0, generation_1;
};

/* Spans of the segments from index `first` on, appended to gc->spans. */
MUST_CHECK struct error *gc_spans_add(struct heap *heap, struct gc_heap *gc, size_t first,
				      const struct gc_cut *cut);

/* Cut all spans at the contexts; `gap` bytes after a context's limit hold nothing. */
MUST_CHECK struct error *gc_spans_cut(struct heap *heap, struct gc_heap *gc,
				      struct gc_context *contexts, size_t count, uint64_t gap);

/* Makes gc->by_start, in the heap's arena: gc_segment_of() looks through all segments before.
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *gc_segments_sort(struct heap *heap, struct gc_heap *gc);

#endif
