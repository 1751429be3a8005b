/* Bytes allocated, free and committed, by heap of the GC and generation. */
#ifndef INSPECT_HEAP_SIZES_H
#define INSPECT_HEAP_SIZES_H

#include "heap/gc/gc_heap.h"
#include "inspect/question.h"

enum { HEAP_SIZES = GENERATION_COUNT + 1 };

/* One heap's, in bytes; by enum gc_generation, the ephemeral segment of a segments GC last. */
struct heap_sizes {
	uint64_t allocated[HEAP_SIZES], free_space[HEAP_SIZES], committed[HEAP_SIZES];
};

void heap_sizes_add(struct heap_sizes *to, const struct heap_sizes *more);

/* Of each heap (gc_heap.heap_count of them), in scratch. Walks on all threads; errors as of
 * heap_filter_walk(). */
MUST_CHECK struct error *heap_sizes_read(const struct question *question, struct heap_sizes **ret);

#endif
