/*
 * A row source: the objects that pass a filter, as rows that can be read by their number from any
 * thread while a thread of its own is still filling it, on the question's threads. Rows come in the
 * order of heap_filter_walk(), each stays as it is and where it is, and reading one takes no lock.
 * The types of rows are asked for by type_by_index() and type_name(), which lock the heap for
 * themselves; a thread that asks the heap for anything else meanwhile holds its lock (heap/heap.h).
 */
#ifndef INSPECT_ROW_SOURCE_H
#define INSPECT_ROW_SOURCE_H

#include "base/memory_budget.h"
#include "inspect/heap_filter.h"

enum row_source_state {
	ROW_SOURCE_FILLING,
	ROW_SOURCE_DONE,      /* all rows are there */
	ROW_SOURCE_FULL,      /* the budget or LIMIT_ROWS ended it: row_source_least() */
	ROW_SOURCE_FAILED,    /* row_source_finish() has the error */
	ROW_SOURCE_CANCELLED, /* by row_source_cancel() or by the question's task */
};

struct row_source;

/*
 * Begins to fill. Of the filter a copy is taken; what it points to (names, the context of `wants`,
 * which is called on other threads) and the question live until row_source_finish(). The budget
 * (NULL: none) outlives the source. Where no thread can be begun all is filled before this returns.
 * Until it is finished only one source reads a target that is not concurrent: ERROR_UNSUPPORTED for
 * a second one. ERROR_NO_MEMORY.
 */
MUST_CHECK struct error *row_source_start(const struct heap_filter *filter,
					  struct memory_budget *budget, struct row_source **ret);

/* Any thread: how many rows there are so far, and one of them; false: there is none yet. */
uint64_t row_source_count(const struct row_source *source);
bool row_source_row(const struct row_source *source, uint64_t number, struct gc_object *ret);

/* Any thread. The count does not change any more when it is not ROW_SOURCE_FILLING. */
enum row_source_state row_source_state(const struct row_source *source);

/* How many objects pass, at least: more than there are rows when the source is full. */
uint64_t row_source_least(const struct row_source *source);

/* Any thread: ends the filling soon. Does nothing to a source that has ended. */
void row_source_cancel(struct row_source *source);

/*
 * Waits for the end, or ends it when the question's task is told to stop. What could not be read,
 * remarks among them that nothing matched, go to the question. The error of a source that failed or
 * was cancelled, once. The rows stay.
 */
MUST_CHECK struct error *row_source_finish(struct row_source *source);

/* Cancels a source that is still filling. NULL is allowed. */
void row_source_free(struct row_source *source);

#endif
