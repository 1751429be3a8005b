/* An object as dumpobj and dumparray show it: what it is, how large, and how an array is shaped. */
#ifndef INSPECT_OBJECT_VIEW_H
#define INSPECT_OBJECT_VIEW_H

#include "heap/gc/object_walk.h"
#include "heap/locks/sync_blocks.h"
#include "heap/values/value.h"
#include "inspect/question.h"

struct object_view {
	struct gc_object object;
	const struct type *type;
	bool is_array, is_string;
	struct array_shape shape; /* of arrays */
};

/* Reads the object at the address; ERROR_BAD_DATA or ERROR_FAULT when none is there. */
MUST_CHECK struct error *object_view_read(const struct question *question, uint64_t address,
					  struct object_view *ret);

/* The same; *ret_readable false: no object can be read there, which is counted. */
MUST_CHECK struct error *object_view_or_missing(const struct question *question, uint64_t address,
						struct object_view *ret, bool *ret_readable);

/* Does the object's header say that a thread holds its monitor, and which? *ret_is_held false where
 * this runtime's locks are not known. */
MUST_CHECK struct error *object_thin_lock(const struct question *question, uint64_t address,
					  struct thin_lock *ret, bool *ret_is_held);

/* The first LIMIT_SHOWN_STRING_UNITS of a string. */
struct string_view {
	const uint16_t *units; /* in scratch; NULL: they cannot be read, which was counted */
	size_t count;
	uint64_t length; /* units, of the whole string */
};
MUST_CHECK struct error *object_view_string(const struct question *question,
					    const struct object_view *view,
					    struct string_view *ret);

#endif
