/* The objects that have a finalizer to run, in the order of the queues, and what waits besides. */
#ifndef INSPECT_FINALIZE_LIST_H
#define INSPECT_FINALIZE_LIST_H

#include "heap/gc/finalize_queue.h"
#include "inspect/heap_statistics.h"

/* is_ready: the GC has found it dead, it waits for the finalizer. */
typedef struct error *(*finalize_list_visitor)(const struct gc_object *object, bool is_ready,
					       void *context);

struct finalize_list {
	const struct question *question; /* borrowed */
	uint64_t method_table;           /* 0: any */
	struct finalize_queue *queues;   /* one for each of the GC's heaps; in scratch */
	struct heap_statistics statistics;
	/* Of the visit. */
	finalize_list_visitor visit;
	void *context;
	bool is_ready;
	uint64_t unreadable, lost;
};

/* Begins with question and method_table; the rest zeroed. finalize_list_deinit() is due after each.
 */
MUST_CHECK struct error *finalize_list_open(struct finalize_list *list);
/* visit NULL: only counts. The visitor's error_stop ends the visit of all queues. What cannot be
 * read is counted with question_missing(). */
MUST_CHECK struct error *finalize_list_visit(struct finalize_list *list,
					     finalize_list_visitor visit, void *context);
void finalize_list_deinit(struct finalize_list *list);

/* Sync blocks whose objects have died, by address, in scratch. A table that cannot be read is
 * counted with question_missing(). */
MUST_CHECK struct error *finalize_sync_blocks(const struct question *question, uint64_t **ret,
					      size_t *ret_count);

#endif
