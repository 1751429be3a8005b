/*
 * A walk over many spans, on as many threads as are given. Each thread has a worker: a walker of
 * its own, that takes one span after another. What a worker finds it puts down as rows, and the
 * rows come to the caller's thread in the order of the spans, whichever thread found them: the
 * answer is that of one thread. What a worker only counts it counts for itself, and the caller sums
 * up in the end; then no row is needed.
 *
 * A worker puts its rows into a few blocks of bounded size and waits when they are full, until the
 * walk has come to its span. So memory is bounded: HEAP_WALK_BYTES and a reader's window a thread.
 */
#ifndef HEAP_GC_HEAP_WALK_H
#define HEAP_GC_HEAP_WALK_H

#include "heap/gc/object_walk.h"

enum {
	HEAP_WALK_THREADS_MAX = 64,
	HEAP_WALK_BLOCKS = 8,              /* of rows, a worker */
	HEAP_WALK_BLOCK_BYTES = 32 * 1024, /* of each */
	HEAP_WALK_BYTES = HEAP_WALK_BLOCKS * HEAP_WALK_BLOCK_BYTES,
};

struct heap_walk;

/* The members above the line are for the plan's functions, which change the walker alone. */
struct walk_worker {
	unsigned number; /* from 0, below the plan's threads */
	void *context;   /* the plan's */
	void *part;      /* its own: the plan's part_bytes, zeroed; NULL without */
	const struct gc_span *span;
	struct walker walker;
	const struct task *task; /* to look at in long work on one object */
	/* ---- */
	struct heap_walk *walk;
};

struct heap_walk_plan {
	const struct gc_span *spans; /* in the order of the answer */
	size_t span_count;
	unsigned threads; /* 0 and 1: the caller's alone */
	const struct task *task;
	const char *what;    /* it does, for progress: "walking the heap" */
	uint64_t unit_bytes; /* of the spans, that one thread is worth: 0 without any such rule */
	size_t row_bytes;    /* at most HEAP_WALK_BLOCK_BYTES; 0: there are no rows */
	void *context;

	/* What each worker keeps for itself. On the caller's thread: part_init before the walk,
	 * where ERROR_NO_MEMORY only means that fewer workers walk, or none; part_sum after a walk
	 * that ended well; part_deinit in any case, also after a part_init that failed. All may be
	 * NULL.
	 */
	size_t part_bytes;
	struct error *(*part_init)(struct walk_worker *worker);
	struct error *(*part_sum)(struct walk_worker *worker);
	void (*part_deinit)(void *part);

	/* On any thread. Errors end the walk; error_stop does too, and well. Each worker's own:
	 * what they share is either constant, or asked for under the heap's lock (heap_lock).
	 * span_begins and span_ended may be NULL. */
	struct error *(*span_begins)(struct walk_worker *worker);
	struct error *(*objects)(struct walk_worker *worker, struct gc_object *objects,
				 size_t count);
	struct error *(*span_ended)(struct walk_worker *worker);

	/* On the caller's thread, which holds the heap's lock meanwhile. NULL without rows. */
	struct error *(*rows)(const void *rows, size_t count, void *context);
};

/*
 * Walks. *ret_damage is of the spans up to the end, or to where the walk was stopped. Where threads
 * cannot be started (a pod's limit of processes), memory runs out for them, or the spans are too
 * small, fewer do the work. ERROR_NO_MEMORY, ERROR_CANCELLED and what the plan's functions answer;
 * error_stop comes back as NULL.
 */
MUST_CHECK struct error *heap_walk(struct heap *heap, const struct heap_walk_plan *plan,
				   struct walk_damage *ret_damage);

/* For the plan's functions on any thread: one row, copied. error_stop when the walk is over, and
 * the errors of plan->rows, to be handed on. */
MUST_CHECK struct error *walk_put(struct walk_worker *worker, const void *row);

#endif
