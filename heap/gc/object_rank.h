/*
 * Numbers of objects: an object's rank is its place among all objects that a walk hands out, free
 * ones too, in the order of the spans (heap/gc/gc_heap.h) and in a span of addresses. So the arrays
 * of a graph are by rank, and 32 bits name an object.
 *
 * Kept are one bit for each 8 bytes of heap (gc.cpp: objects are aligned to 8) and a rank for each
 * 4 KiB, 17 bytes a KiB of heap, in chunks for 4 MiB; where a span has no objects for so long (a
 * hole, a large object) there is no chunk. Looking up reads nothing of the target and changes
 * nothing here, so any number of threads may.
 */
#ifndef HEAP_GC_OBJECT_RANK_H
#define HEAP_GC_OBJECT_RANK_H

#include "base/memory_budget.h"
#include "heap/gc/object_walk.h"

struct object_ranks;

/* By one walk over all spans, on so many threads. What the walk had to pass over is in *ret_damage.
 * ERROR_NO_MEMORY when the budget (NULL: none) or memory is out, ERROR_CANCELLED, ERROR_UNSUPPORTED
 * for more than 2^32 - 1 objects. */
MUST_CHECK struct error *object_ranks_build(struct heap *heap, unsigned threads,
					    struct memory_budget *budget, const struct task *task,
					    struct walk_damage *ret_damage,
					    struct object_ranks **ret);
void object_ranks_free(struct object_ranks *ranks); /* NULL is allowed */

/*
 * The same in three steps, for a walk that is made anyway, or by several threads: the objects that
 * a walk hands out of a span, by the span's index. Different spans may be noted at the same time,
 * one span by one thread; nothing is looked up before object_ranks_finish() has succeeded.
 */
MUST_CHECK struct error *object_ranks_new(struct heap *heap, struct memory_budget *budget,
					  struct object_ranks **ret);
MUST_CHECK struct error *object_ranks_note(struct object_ranks *ranks, size_t span,
					   const struct gc_object *objects, size_t count);
MUST_CHECK struct error *object_ranks_finish(struct object_ranks *ranks);

uint32_t object_ranks_count(const struct object_ranks *ranks);

/* False: no object starts at the address. Where spans overlap, which only a damaged heap's do, an
 * object may have no rank by its address, and an address one rank of two. */
bool object_rank_of(const struct object_ranks *ranks, uint64_t address, uint32_t *ret);

/* 0 for a rank that no object has. */
uint64_t object_address_of(const struct object_ranks *ranks, uint32_t rank);

/* What they take of the budget. */
uint64_t object_ranks_bytes(const struct object_ranks *ranks);

#endif
