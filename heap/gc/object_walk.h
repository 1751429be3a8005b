/*
 * Walking objects: visits the objects of a span in order, in batches, through a reader of the
 * caller's. Allocates nothing. Survives damage: where a size or MethodTable makes no sense the rest
 * of the span is looked through for the next object, and what was passed over is counted.
 *
 * The rule (measured: docs/RUNTIME.md, "The GC heap"): next = address + align8(size), size =
 * BaseSize + ComponentSize * count; what SOS shows is max(size, 24).
 */
#ifndef HEAP_GC_OBJECT_WALK_H
#define HEAP_GC_OBJECT_WALK_H

#include "heap/gc/gc_heap.h"

struct gc_object {
	uint64_t address, method_table; /* mark bits already masked off */
	uint64_t size;                  /* bytes, as SOS shows it: at least 24, not aligned */
	uint32_t type;                  /* type index */
	bool is_free;
};

struct walk_damage {
	uint64_t unreadable_bytes; /* not in the target */
	uint64_t damaged_bytes;    /* there, but not objects */
	uint64_t first_address;    /* of either; 0: none */
};

typedef struct error *(*object_visitor)(const struct gc_object *objects, size_t count,
					void *context);

/* damage is added to. The visitor's errors, error_stop among them (the span is a piece of the
 * caller's walk), ERROR_CANCELLED and ERROR_NO_MEMORY only. */
MUST_CHECK struct error *span_walk(struct heap *heap, struct reader *reader,
				   const struct gc_span *span, const struct task *task,
				   object_visitor visit, void *context, struct walk_damage *damage);

/* One object by its address: size as above. ERROR_BAD_DATA when it is none. */
MUST_CHECK struct error *object_read(struct heap *heap, uint64_t address, struct gc_object *ret);

#endif
