/*
 * Walking objects: a walker visits the objects of one span after another, in order, in batches. A
 * walk on several threads has a walker for each: what a walker changes is its own, but for types
 * that it is the first to meet (heap/types/type.h: type_walk_find). It survives damage: where a
 * size or MethodTable makes no sense the rest of the span is looked through for the next object,
 * and what was passed over is counted.
 *
 * The rule (measured: docs/RUNTIME.md, "The GC heap"): next = address + align8(size), size =
 * BaseSize + ComponentSize * count; what SOS shows is max(size, 24).
 */
#ifndef HEAP_GC_OBJECT_WALK_H
#define HEAP_GC_OBJECT_WALK_H

#include "base/id_map.h"
#include "heap/gc/gc_heap.h"
#include "heap/types/type.h"

struct gc_object {
	uint64_t address, method_table; /* mark bits already masked off */
	uint64_t size;                  /* bytes, as SOS shows it: at least 24, not aligned */
	uint32_t type;                  /* type index */
	bool is_free;
};

/* Where the next object begins. */
static inline uint64_t gc_object_end(const struct gc_object *object)
{
	return object->address + align_up(object->size, sizeof(uint64_t));
}

struct walk_damage {
	uint64_t unreadable_bytes; /* not in the target */
	uint64_t damaged_bytes;    /* there, but not objects */
	uint64_t first_address;    /* of either; 0: none */
};

/* The objects are the visitor's own: it may order them anew, or move those that it wants to the
 * front. `count` 0: there are none for a long while, in damage; does it want to go on? */
typedef struct error *(*object_visitor)(struct gc_object *objects, size_t count, void *context);

enum { WALKER_TYPES = 512 }; /* a power of two */

/* A MethodTable that the walker has looked up; 0: none. The entry is not valid where there is no
 * type. */
struct walker_type {
	uint64_t method_table;
	struct type_walk_entry entry;
};

struct walker {
	struct heap *heap; /* borrowed */
	struct reader reader;
	struct walk_damage damage;              /* of all spans so far */
	struct walker_type types[WALKER_TYPES]; /* those met last */
	struct id_map met; /* all: MethodTable -> type index, so that no lock is taken twice */
};

/* ERROR_NO_MEMORY only. In any case it is to be given back. */
MUST_CHECK struct error *walker_init(struct walker *walker, struct heap *heap);
void walker_deinit(struct walker *walker);

/* What a walk needs of the type of a MethodTable (mark bits masked off); *ret NULL: there is no
 * type. It is there until the next call. Fatal errors (error_is_fatal) only. */
MUST_CHECK struct error *walker_type(struct walker *walker, uint64_t method_table,
				     const struct type_walk_entry **ret);

/* The visitor's errors, error_stop among them (the span is a piece of the caller's walk),
 * ERROR_CANCELLED and ERROR_NO_MEMORY only. */
MUST_CHECK struct error *walker_span(struct walker *walker, const struct gc_span *span,
				     const struct task *task, object_visitor visit, void *context);

/* One object by its address: size as above. ERROR_BAD_DATA when it is none, ERROR_FAULT when it
 * cannot be read. */
MUST_CHECK struct error *object_read(struct heap *heap, uint64_t address, struct gc_object *ret);

/* The same through a walker: by what it reads with, and the types that it knows. */
MUST_CHECK struct error *walker_object(struct walker *walker, uint64_t address,
				       struct gc_object *ret);

#endif
