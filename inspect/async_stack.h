/* A stack of tasks, from its root on: frame after frame, each branch to its end. */
#ifndef INSPECT_ASYNC_STACK_H
#define INSPECT_ASYNC_STACK_H

#include "inspect/async_view.h"

struct async_frame {
	uint64_t depth, address;
	const struct type *type;       /* NULL: no object is there */
	const struct async_node *node; /* NULL: no task of the graph; the end of its branch */
	const char *name;              /* async_view_name() */
	const char *flags; /* of a task that is no method: managed_task_flags_text(); else NULL */
};

struct async_stack {
	struct async_view *view;
	struct async_steps steps, path;
	const struct async_node *from; /* what continues it comes next; NULL: all has come */
	uint64_t depth, edge;          /* of `from` */
	uint64_t frames, most_frames;
};

/* The root at this depth. ERROR_NO_MEMORY; async_stack_deinit() is due all the same. */
MUST_CHECK struct error *async_stack_begin(struct async_stack *stack, struct async_view *view,
					   struct async_node *root, uint64_t depth);
/* The next frame; *ret_more false: there is none. A task that its own stack leads to again is shown
 * and not followed; what is more than async_graph_most_lines() is counted as missing. */
MUST_CHECK struct error *async_stack_next(struct async_stack *stack, struct async_frame *ret,
					  bool *ret_more);
void async_stack_deinit(struct async_stack *stack);

#endif
