/* The elements of an array, one after another, as far as there can be any: dumparray. */
#ifndef INSPECT_ARRAY_ELEMENTS_H
#define INSPECT_ARRAY_ELEMENTS_H

#include "inspect/object_view.h"

struct array_elements {
	const struct question *question;
	const struct array_shape *shape;
	uint64_t next, end;  /* indexes */
	uint64_t unreadable; /* so many in a row, up to the last one */
};

struct array_element_view {
	uint64_t index;   /* counted from 0, over all dimensions */
	uint64_t address; /* of its first byte */
	struct value value;
};

/* `length` elements from `start` on; the question and the view are borrowed. An array does not go
 * on after its segment, whatever its length says: what is too many is counted. */
void array_elements_init(const struct question *question, const struct object_view *view,
			 uint64_t start, uint64_t length, struct array_elements *ret);

/* *ret_more false: that was all, or LIMIT_UNREADABLE_RUN of them could not be read, which is
 * counted: a forged length ends there. */
MUST_CHECK struct error *array_elements_next(struct array_elements *elements,
					     struct array_element_view *ret, bool *ret_more);

/* How a program writes the index: [5], or [1,2] with the lower bounds counted in, of any array that
 * is no vector. */
enum { ARRAY_INDEX_BYTES = 512 };
void array_index_text(const struct array_shape *shape, uint64_t index, char to[ARRAY_INDEX_BYTES]);

#endif
