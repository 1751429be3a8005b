/*
 * Tasks and what continues them: a directed graph, whose roots are the tasks that continue nothing
 * else; what a root's edges lead to is an asynchronous "stack". Filled by the walker of the heap.
 * Memory is the graph's own; chains of 10^5 and cycles are fine: nothing recurs.
 */
#ifndef HEAP_TASKS_ASYNC_GRAPH_H
#define HEAP_TASKS_ASYNC_GRAPH_H

#include "heap/tasks/continuation.h"

struct async_node {
	uint64_t address;
	const struct type *type;
	enum managed_task_kind kind;
	uint32_t flags; /* m_stateFlags; 0: no task */
	bool is_completed;
	struct state_machine machine;
	bool is_wanted;       /* the caller's */
	bool is_continuation; /* another one of the graph leads to it */
	uint64_t edge, edge_count;
	uint64_t mark; /* of the walk that met it last */
	bool on_path;  /* of the drawing that is under way */
};

struct async_graph {
	struct heap *heap;
	struct async_node *nodes; /* as they were added; by address after async_graph_link() */
	size_t count, capacity;
	uint64_t *edges; /* addresses of objects, not only of tasks */
	size_t edge_count, edge_capacity, most_edges;
	bool edges_left_out; /* there are more */
	size_t *order;       /* nodes' indexes as they were added, after async_graph_link() */
	size_t damaged;      /* tasks whose flags, state machine or continuations cannot be read */
	uint64_t marks;
};

void async_graph_deinit(struct async_graph *graph);

/* Adds a task, or the box of a method from a pool, unless it is completed and these are not wanted,
 * or the box waits in its pool. */
MUST_CHECK struct error *async_graph_add(struct async_graph *graph, uint64_t address,
					 const struct type *type, enum managed_task_kind kind,
					 bool with_completed, bool is_wanted);

/* After the last one: reads what continues each, of a heap of so many bytes. Each continuation is
 * in a pointer of its own there; in a damaged heap tasks share their lists, and what is more than
 * all pointers, or LIMIT_CONTINUATIONS, is left out. */
MUST_CHECK struct error *async_graph_read_edges(struct async_graph *graph, uint64_t heap_bytes,
						const struct task *task);

/* After that: finds which task continues which. ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *async_graph_link(struct async_graph *graph, const struct task *task);

/* The task at an address; NULL: not in the graph. */
struct async_node *async_graph_find(const struct async_graph *graph, uint64_t address);

/* Tasks that no root leads to, because they continue each other in a circle. ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *async_graph_count_rootless(struct async_graph *graph,
						    const struct task *task, size_t *ret);

/* A list of nodes to be looked at, with their depth: the walk's own stack. */
struct async_step {
	struct async_node *node;
	uint64_t depth;
};
struct async_steps {
	struct async_step *steps;
	size_t count, capacity;
};
MUST_CHECK struct error *async_steps_push(struct async_steps *steps, struct async_node *node,
					  uint64_t depth);
void async_steps_deinit(struct async_steps *steps);

/* The way from a root to where a drawing is: what is on it is not followed a second time. Back to a
 * depth, and one step on; at the end back to 0. */
void async_path_back(struct async_steps *path, uint64_t depth);
MUST_CHECK struct error *async_path_add(struct async_steps *path, struct async_node *node,
					uint64_t depth);

/* How many lines one drawing may have: branches that join and part again are drawn on each side,
 * which can double their number at every level. */
uint64_t async_graph_most_lines(const struct async_graph *graph);

#endif
