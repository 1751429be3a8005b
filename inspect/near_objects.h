/* The objects around an address of the GC heap: listnearobj. */
#ifndef INSPECT_NEAR_OBJECTS_H
#define INSPECT_NEAR_OBJECTS_H

#include "heap/gc/object_walk.h"
#include "inspect/question.h"

struct near_objects {
	struct gc_object before, at, next; /* of the address; their address 0: none */
	bool consistent; /* every object near it begins where the one before ends */
	bool cut;        /* one that should be near it cannot be read, which has been counted */
	uint64_t gap_start, gap_end; /* an allocation context that holds the address; 0: none */
};

/* Walks the segment that holds the address, which is a multiple of 8. ERROR_NOT_FOUND when none
 * does. */
MUST_CHECK struct error *near_objects_find(const struct question *question, uint64_t address,
					   struct near_objects *ret);

#endif
