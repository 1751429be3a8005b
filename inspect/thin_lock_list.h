/* Objects whose header says that a thread holds them. */
#ifndef INSPECT_THIN_LOCK_LIST_H
#define INSPECT_THIN_LOCK_LIST_H

#include "heap/locks/sync_blocks.h"
#include "inspect/heap_filter.h"

struct thin_lock_object {
	struct gc_object object;
	struct thin_lock lock;
};

/* Those of the objects that pass the filter, in their order, on the caller's thread. The visitor's
 * errors, and those of thin_locks_open() and heap_filter_walk(). */
typedef struct error *(*thin_lock_visitor)(const struct thin_lock_object *found, void *context);
MUST_CHECK struct error *thin_locks_visit(struct heap_filter *filter, thin_lock_visitor visit,
					  void *context);

#endif
