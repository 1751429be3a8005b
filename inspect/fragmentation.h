/* Large free blocks that an object follows, which is what keeps the GC from giving them back. */
#ifndef INSPECT_FRAGMENTATION_H
#define INSPECT_FRAGMENTATION_H

#include "heap/gc/object_walk.h"
#include "inspect/question.h"

struct fragment {
	struct gc_object free, next;
};

/* The ends of a span's objects: what precedes and follows it may be another thread's. */
struct fragment_edge {
	struct gc_object first; /* address 0: there was no object yet */
	struct gc_object last;  /* a free block large enough; address 0: none */
};

struct fragmentation {
	const struct gc_heap *gc;
	const struct gc_span *span; /* whose objects come; NULL: none yet */
	struct fragment_edge edge;  /* of this span */
	struct fragment *fragments;
	size_t count, capacity;
	struct fragment_edge *edges; /* of the spans before */
	size_t edge_count, edge_capacity;
};

void fragmentation_init(struct fragmentation *fragmentation, const struct gc_heap *gc);
void fragmentation_deinit(struct fragmentation *fragmentation);

/* Objects of one span, in the order of the walk. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *fragmentation_add(struct fragmentation *fragmentation,
					   const struct gc_span *span,
					   const struct gc_object *objects, size_t count);

/* What a worker found in its spans comes to the others'. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *fragmentation_merge(struct fragmentation *to, struct fragmentation *from);

/* After all objects: fragments over the border of two spans, and all of them by address.
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *fragmentation_join(struct fragmentation *fragmentation);

#endif
