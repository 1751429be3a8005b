/*
 * dumpheap's last table: large free blocks that an object follows, which is what keeps the GC from
 * giving them back.
 */
#ifndef COMMANDS_SHARED_DUMPHEAP_FRAGMENTATION_H
#define COMMANDS_SHARED_DUMPHEAP_FRAGMENTATION_H

#include "commands/command.h"
#include "heap/gc/object_walk.h"

struct fragment {
	struct gc_object free, next;
};

struct fragmentation {
	struct command_call *call;
	struct gc_object last;      /* a free block large enough; address 0: none */
	struct fragment *fragments; /* in scratch */
	size_t count, capacity;
};

void fragmentation_init(struct fragmentation *fragmentation, struct command_call *call);

/* Objects in the order of the walk. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *fragmentation_add(struct fragmentation *fragmentation,
					   const struct gc_object *object);

/* Nothing when there are none. */
void fragmentation_print(const struct fragmentation *fragmentation);

#endif
