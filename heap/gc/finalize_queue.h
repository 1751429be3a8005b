/*
 * The finalization queues: for each GC heap one array of objects that have a finalizer to run. It
 * is cut by fill pointers: the objects of each generation, oldest first, then those that were found
 * dead and wait for the finalizer thread (src/coreclr/gc/gcpriv.h, gc.cpp: CFinalize, gen_segment,
 * CriticalFinalizerListSeg, FinalizerListSeg).
 */
#ifndef HEAP_GC_FINALIZE_QUEUE_H
#define HEAP_GC_FINALIZE_QUEUE_H

#include "heap/gc/gc_heap.h"

/* [start, end): addresses of words that hold an object's address each. */
struct finalize_range {
	uint64_t start, end;
};

struct finalize_queue {
	uint32_t heap;
	struct finalize_range generations[GENERATION_FROZEN]; /* 0, 1, 2, large, pinned */
	struct finalize_range critical; /* ready, to be run last: CriticalFinalizerObject */
	struct finalize_range ready;    /* ready, all others */
};

static inline uint64_t finalize_range_count(const struct finalize_range *range)
{
	return (range->end - range->start) / sizeof(uint64_t);
}

/* The queues of all heaps, gc->heap_count of them, in arena. ERROR_UNSUPPORTED when this runtime's
 * layouts lack them, ERROR_FAULT and ERROR_BAD_DATA when one cannot be read or its fill pointers do
 * not ascend. */
MUST_CHECK struct error *finalize_queues_read(struct heap *heap, struct arena *arena,
					      struct finalize_queue **ret);

/* The objects of one range, in its order. *ret_lost is added to: words that could not be read. The
 * visitor's errors, error_stop too, ERROR_CANCELLED and ERROR_NO_MEMORY only. */
typedef struct error *(*finalizable_visitor)(uint64_t object, void *context);
MUST_CHECK struct error *finalize_range_visit(struct heap *heap, const struct task *task,
					      const struct finalize_range *range,
					      finalizable_visitor visit, void *context,
					      uint64_t *ret_lost);

/* How many objects there are over all heaps, and how many of them wait for the finalizer thread. */
struct finalize_counts {
	uint64_t registered, ready; /* `ready` not included in `registered` */
};
MUST_CHECK struct error *finalize_counts_read(struct heap *heap, struct arena *scratch,
					      struct finalize_counts *ret);

#endif
