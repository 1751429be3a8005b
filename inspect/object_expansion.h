/*
 * The objects that an object leads to through its fields and array elements, each once, breadth
 * first: dumpobj -expand.
 */
#ifndef INSPECT_OBJECT_EXPANSION_H
#define INSPECT_OBJECT_EXPANSION_H

#include "inspect/object_view.h"

struct expanded_object {
	uint64_t address, level; /* steps from the object that was asked for */
	const char *path;        /* from there: "_policies._entries[0]" */
};

struct object_expansion {
	struct expanded_object *objects; /* in scratch; the first is the one that was asked for */
	size_t count;
	bool cut; /* LIMIT_EXPANDED_OBJECTS, or LIMIT_EXPANDED_ELEMENTS of an array, ended it */
};

/* Goes `levels` steps deep. An object that cannot be read is in the answer and counted; what it
 * leads to is not known. */
MUST_CHECK struct error *object_expansion_read(const struct question *question, uint64_t address,
					       uint64_t levels, struct object_expansion *ret);

#endif
