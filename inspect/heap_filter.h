/*
 * Which objects of the heap are wanted, and the walk over them. Lives on the caller's stack; memory
 * comes from the question's scratch arena.
 */
#ifndef INSPECT_HEAP_FILTER_H
#define INSPECT_HEAP_FILTER_H

#include "heap/gc/heap_walk.h"
#include "inspect/question.h"
#include "inspect/type_bytes.h"

/* What one worker has found out about types, and whether any object passed. */
struct filter_worker {
	struct type_bytes verdicts; /* 0: not yet asked */
	bool found;
};

struct heap_filter {
	const struct question *question;
	const char *type;
	bool exact;
	uint64_t method_table, min, max, start, end; /* end 0: no range */
	enum gc_generation generation;               /* GENERATION_COUNT: any */
	unsigned left_out; /* generations that are not wanted, a bit each: 1 << GENERATION_0 */
	uint32_t heap;     /* UINT32_MAX: any */
	const struct gc_segment *segment; /* NULL: any */
	/* Optional: may objects of this type be wanted? Asked once a type and worker, under the
	 * heap's lock; fatal errors only (error_is_fatal). `type` goes before. */
	struct error *(*wants)(void *context, const struct type *type, bool *ret);
	void *wants_context;
	/* The visitor may have enough before the end: then one thread walks, and what the answer
	 * lacks is what is missing up to there. */
	bool may_stop;
	bool found;                    /* the walk met an object that passes */
	struct filter_worker *workers; /* one a thread */
};

/* Every object; the caller may set members then. */
void heap_filter_init_all(struct heap_filter *filter, const struct question *question);
void heap_filter_deinit(struct heap_filter *filter);

/* Visits the objects that pass, in ascending order of their segments, on the caller's thread. What
 * could not be read is counted with question_missing(). The visitor's errors, ERROR_CANCELLED and
 * ERROR_NO_MEMORY. */
typedef struct error *(*filtered_visitor)(const struct gc_object *object, void *context);
MUST_CHECK struct error *heap_filter_walk(struct heap_filter *filter, filtered_visitor visit,
					  void *context);

/*
 * The same with work that is done where the objects are met: on all threads, each with a part of
 * its own (heap/gc/heap_walk.h: worker->part), which is summed up in the end. What has an order
 * goes back by rows: walk_put(). worker->context is the filter's: the work's own is `context`.
 */
struct filtered_work {
	size_t part_bytes; /* 0: there is none */
	struct error *(*part_init)(void *part, void *context, const struct task *task);
	struct error *(*part_sum)(void *part, void *context);
	void (*part_deinit)(void *part);
	struct error *(*objects)(struct walk_worker *worker, const struct gc_object *objects,
				 size_t count);
	size_t row_bytes; /* 0: there are none */
	struct error *(*rows)(const void *rows, size_t count, void *context);
	void *context;
};
MUST_CHECK struct error *heap_filter_work(struct heap_filter *filter,
					  const struct filtered_work *work);

/* A remark when `type` matched no type at all: how many match ignoring case, and which; and when
 * `method_table` names no MethodTable. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *heap_filter_note_no_match(struct heap_filter *filter);

#endif
