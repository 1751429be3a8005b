/*
 * dumpasync's two pictures of the graph of tasks: a stack from each root, and stacks that are alike
 * drawn as one.
 */
#ifndef COMMANDS_SHARED_ASYNC_VIEW_H
#define COMMANDS_SHARED_ASYNC_VIEW_H

#include "commands/command.h"
#include "heap/tasks/async_graph.h"

struct async_view {
	struct command_call *call;
	struct async_graph graph;
	uint64_t sentinel; /* task_completion_sentinel() */
	bool with_tasks;   /* also stacks without an asynchronous method */
	bool with_fields;
};

/* Blanks before a line of text; a chain of 10^5 methods would be 10^10 blanks otherwise. */
static inline int async_view_indent(uint64_t depth)
{
	enum { TAB_WIDTH = 2, DEEPEST = 128 };
	return (int)(depth < DEEPEST ? depth : DEEPEST) * TAB_WIDTH;
}

/* Should the stack from this root be shown: is something wanted in it, and a method? */
MUST_CHECK struct error *async_view_wants(struct async_view *view, struct async_node *root,
					  bool *ret);

/* How an object of a stack is called; in scratch, or the heap's. */
MUST_CHECK struct error *async_view_name(struct async_view *view, uint64_t object,
					 const char **ret);

MUST_CHECK struct error *async_view_stacks(struct async_view *view);
MUST_CHECK struct error *async_view_coalesced(struct async_view *view);

/* A frame's fields, `indent` blanks further in (text). */
MUST_CHECK struct error *async_view_fields(struct command_call *call, const struct type *type,
					   uint64_t base, int indent);

#endif
