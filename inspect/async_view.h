/*
 * The asynchronous methods under way: the graph of tasks that one walk of the heap finds, the roots
 * whose stacks are wanted, and the names of what is in them. async_stack.h and async_groups.h lead
 * through it.
 */
#ifndef INSPECT_ASYNC_VIEW_H
#define INSPECT_ASYNC_VIEW_H

#include "heap/tasks/async_graph.h"
#include "inspect/question.h"

struct async_filter {
	uint64_t address, method_table; /* 0: any */
	const char *type;               /* part of a name; NULL: any */
	bool with_tasks;                /* also stacks without an asynchronous method */
	bool with_completed;
	bool each_alone; /* no stacks: only tasks that are wanted themselves */
};

struct async_view {
	const struct question *question; /* borrowed */
	struct async_filter wanted;
	struct async_graph graph;
	uint64_t sentinel;      /* task_completion_sentinel() */
	uint64_t runtime_tasks; /* under way, of methods that .NET 11's runtime runs itself */
	/* Of the walk. */
	uint64_t heap_bytes;
};

void async_view_deinit(struct async_view *view);
/* Begins with question and wanted; the rest zeroed. */
MUST_CHECK struct error *async_view_read(struct async_view *view);

/* The next root whose stack is wanted, from *at (0 at first) on, as they were met; *ret NULL: no
 * more. */
MUST_CHECK struct error *async_view_next_root(struct async_view *view, size_t *at,
					      struct async_node **ret);

/* How an object of a stack is called: a type, and for a task the method that it runs. In scratch,
 * or the heap's. */
MUST_CHECK struct error *async_view_name(struct async_view *view, uint64_t object,
					 const char **ret);

/* What the method of a root awaits; type NULL: nothing that is an object or a struct. Where the
 * awaiter is that of a ValueTask, the source that completes it; 0: none. */
struct async_awaiter {
	const struct type *type;
	uint64_t address;
	uint64_t source;
	const struct type *source_type; /* NULL: none, or no object is there */
};
MUST_CHECK struct error *async_view_awaiter(struct async_view *view, const struct async_node *root,
					    struct async_awaiter *ret);

/* How many there are of each name, the most first; in scratch. */
struct async_count {
	const char *name;
	uint64_t method_table, count;
	size_t order;
};
MUST_CHECK struct error *async_view_counts(struct async_view *view, struct async_count **ret,
					   size_t *ret_count);

/* Counts what of the graph could not be read; at the end. */
void async_view_missing(const struct async_view *view);

#endif
