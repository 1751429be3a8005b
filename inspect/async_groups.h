/*
 * Stacks that are alike as one: what looks the same at a level, and continues what looks the same,
 * is a group.
 */
#ifndef INSPECT_ASYNC_GROUPS_H
#define INSPECT_ASYNC_GROUPS_H

#include "inspect/async_view.h"

/* Objects of one level that look the same: `objects` in the order in which they were met. */
struct async_group {
	const char *name; /* with the await state before it */
	uint64_t method_table;
	uint64_t *objects;
	size_t count, order;
	uint64_t depth; /* 0: of roots */
};

/* Groups still to come; the last one is next. */
struct async_groups {
	struct async_view *view;
	struct async_group *groups;
	size_t count, capacity;
	struct async_steps path;
	struct async_group last; /* what continues it comes next */
	uint64_t lines;          /* objects met so far */
};

/* From the roots that are wanted; in the question's scratch arena. async_groups_deinit() is due
 * also after an error. */
MUST_CHECK struct error *async_groups_begin(struct async_groups *groups, struct async_view *view);
/* The next group, the largest of its level first; *ret_more false: there is none. What is more than
 * async_graph_most_lines() is counted as missing. */
MUST_CHECK struct error *async_groups_next(struct async_groups *groups, struct async_group *ret,
					   bool *ret_more);
void async_groups_deinit(struct async_groups *groups);

#endif
