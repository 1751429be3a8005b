/*
 * The largest arrays of the heap, the collections of the base library that they are the inside of,
 * and the objects that these are in: found within one walk, in bounded memory. Looked at are arrays
 * of the large object heap; an owner is looked for among the objects of types of which there are
 * few, as what holds large collections mostly is, so that one that is not found may be there all
 * the same. Fields are found by name (System.Collections…: heap/collections/shapes.c).
 *
 * Each worker of the walk has a part of its own; the parts are put together after it.
 */
#ifndef INSPECT_LARGE_ARRAYS_H
#define INSPECT_LARGE_ARRAYS_H

#include "base/id_map.h"
#include "heap/gc/object_walk.h"
#include "inspect/question.h"

enum { LARGE_ARRAYS = 5, LARGE_HOLDERS = 4096, LARGE_FEW = 4 };

struct large_holder {
	uint64_t object, array;
	uint32_t type;
};

/* The objects of a type that a part has met first. */
struct large_few {
	uint64_t objects[LARGE_FEW];
	uint32_t count;
};

/* large_part_init(); large_part_deinit() in any case. */
struct large_part {
	uint64_t low, high; /* where the large object heap is: arrays elsewhere are not looked at */
	struct gc_object arrays[LARGE_ARRAYS]; /* the largest first */
	size_t array_count;
	struct large_holder *holders;
	size_t holder_count, holder_capacity;
	bool holders_lost; /* there were more than LARGE_HOLDERS */
	struct large_few *few;
	size_t few_count; /* types */
};

struct large_array {
	struct gc_object array;
	uint64_t collection; /* whose inside it is; 0: none that is known */
	uint32_t collection_type;
	bool count_known;
	uint64_t count; /* of the collection's elements, or of the array's */
	uint64_t owner; /* that refers to the collection, or to the array; 0: not found */
	uint32_t owner_type;
	uint32_t owner_offset; /* of the reference in it, in bytes from its address */
	const char *field;     /* its name; NULL: not known */
};

struct large_arrays {
	struct large_array arrays[LARGE_ARRAYS]; /* the largest first */
	size_t count;
};

/* Of a type: the word of its objects that refers to its array, LARGE_IS_ARRAY for an array, 0 for
 * others. Names that cannot be read make it 0. */
enum { LARGE_IS_ARRAY = 15, LARGE_WORDS = 14 /* they are below */ };
uint8_t large_word_of(struct heap *heap, const struct type *type);

void large_part_init(struct large_part *part, const struct heap *heap);

/* An object of the walk, and what large_word_of() says of its type. The reader is the caller's own.
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *large_meet(struct large_part *part, struct reader *reader,
				    const struct gc_object *object, uint8_t word, bool is_large);

/* Is nothing more to be had of a type's objects? Then they need not be met any more. */
static inline bool large_is_done(const struct large_part *part, uint32_t type, uint8_t word)
{
	return !word && type < part->few_count && part->few[type].count == LARGE_FEW;
}
/* ERROR_NO_MEMORY only. */
MUST_CHECK struct error *large_merge(struct large_part *to, const struct large_part *from);
void large_part_deinit(struct large_part *part);

/* After the walk, of all parts. ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *large_arrays_conclude(const struct question *question,
					       const struct large_part *part,
					       struct large_arrays *ret);

#endif
