#include "heap/tasks/async_graph.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/search.h"
#include "base/sort.h"

static const char linking[] = "finding what continues what";

void async_graph_deinit(struct async_graph *graph)
{
	free(graph->nodes);
	free(graph->edges);
	free(graph->order);
}

static struct error *add_edge(uint64_t object, void *context)
{
	struct async_graph *graph = context;
	if (graph->edge_count == graph->most_edges) {
		graph->edges_left_out = true;
		return NULL;
	}
	TRY(LIST_GROW(graph->edges, graph->edge_count, graph->edge_capacity));
	graph->edges[graph->edge_count++] = object;
	return NULL;
}

struct error *async_graph_add(struct async_graph *graph, uint64_t address, const struct type *type,
			      enum managed_task_kind kind, bool with_completed, bool is_wanted)
{
	enum managed_task_progress progress;
	struct async_node node = {
		.address = address, .type = type, .kind = kind, .is_wanted = is_wanted
	};
	TRY(managed_task_progress(graph->heap, address, kind, &node.flags, &progress));
	graph->damaged += progress == PROGRESS_UNREADABLE;
	node.is_completed = progress == PROGRESS_COMPLETED;
	if (progress != PROGRESS_UNDER_WAY && !(with_completed && node.is_completed))
		return NULL;
	TRY(LIST_GROW(graph->nodes, graph->count, graph->capacity));
	if (managed_task_is_method(kind))
		TRY(managed_task_machine(graph->heap, address, &node.machine));
	graph->nodes[graph->count++] = node;
	return NULL;
}

/* What goes on after a node, and what awaits it as a source: the box of a method from a pool, and
 * an async iterator, each time it has an element (C#'s name: dotnet/roslyn GeneratedNames). */
static struct error *read_edges_of(struct async_graph *graph, const struct async_node *node)
{
	static const char box_core[] = "_valueTaskSource",
			  iterator_core[] = "<>v__promiseOfValueOrEnd";
	struct heap *heap = graph->heap;
	bool damaged, core_damaged = false, state_damaged = false;
	if (node->kind == MANAGED_TASK_POOLED)
		TRY(source_visit_continuation(heap, node->address, box_core, add_edge, graph,
					      &damaged));
	else
		TRY(task_visit_continuations(heap, node->address, add_edge, graph, &damaged));
	if (node->machine.object)
		TRY(source_visit_continuation(heap, node->machine.object, iterator_core, add_edge,
					      graph, &core_damaged));
	if (managed_task_is_method(node->kind))
		state_damaged = !node->machine.state_read && !node->machine.has_no_state;
	graph->damaged += damaged || core_damaged || state_damaged;
	return NULL;
}

struct error *async_graph_read_edges(struct async_graph *graph, uint64_t heap_bytes,
				     const struct task *task)
{
	uint64_t pointers = heap_bytes / sizeof(*graph->edges);
	graph->most_edges = pointers < LIMIT_CONTINUATIONS ? pointers : LIMIT_CONTINUATIONS;
	for (size_t i = 0; i < graph->count && !graph->edges_left_out; i++) {
		struct async_node *node = &graph->nodes[i];
		TRY(task_check(task, linking));
		node->edge = graph->edge_count;
		TRY(read_edges_of(graph, node));
		node->edge_count = graph->edge_count - node->edge;
	}
	return NULL;
}

static int by_address(const void *left, const void *right, void *context)
{
	const struct async_node *a = left, *b = right;
	(void)context;
	return a->address < b->address ? -1 : a->address > b->address;
}

struct error *async_graph_link(struct async_graph *graph, const struct task *task)
{
	/* `mark` keeps each node's place while the nodes are sorted. */
	for (size_t i = 0; i < graph->count; i++)
		graph->nodes[i].mark = i;
	TRY(sort_items(graph->nodes, graph->count, sizeof(*graph->nodes), by_address, NULL, task,
		       linking));
	graph->order = calloc(graph->count + 1, sizeof(*graph->order));
	if (!graph->order)
		return &error_no_memory;
	for (size_t i = 0; i < graph->count; i++) {
		graph->order[graph->nodes[i].mark] = i;
		graph->nodes[i].mark = 0;
	}
	for (size_t i = 0; i < graph->edge_count; i++) {
		TRY(task_check(task, linking));
		struct async_node *node = async_graph_find(graph, graph->edges[i]);
		if (node)
			node->is_continuation = true;
	}
	return NULL;
}

struct async_node *async_graph_find(const struct async_graph *graph, uint64_t address)
{
	size_t at = SEARCH_FIRST(graph->count, i, graph->nodes[i].address >= address);
	bool found = at < graph->count && graph->nodes[at].address == address;
	return found ? &graph->nodes[at] : NULL;
}

/* Marks what is not marked yet, from a node on. */
static struct error *mark_from(struct async_graph *graph, struct async_node *root, uint64_t mark,
			       const struct task *task, struct async_steps *steps)
{
	root->mark = mark;
	TRY(async_steps_push(steps, root, 0));
	while (steps->count) {
		struct async_node *node = steps->steps[--steps->count].node;
		for (uint64_t i = 0; i < node->edge_count; i++) {
			TRY(task_check(task, linking));
			struct async_node *next =
				async_graph_find(graph, graph->edges[node->edge + i]);
			if (!next || next->mark == mark)
				continue;
			next->mark = mark;
			TRY(async_steps_push(steps, next, 0));
		}
	}
	return NULL;
}

struct error *async_graph_count_rootless(struct async_graph *graph, const struct task *task,
					 size_t *ret)
{
	CLEANUP(async_steps_deinit) struct async_steps steps = { 0 };
	uint64_t mark = ++graph->marks;
	*ret = 0;
	for (size_t i = 0; i < graph->count; i++)
		if (!graph->nodes[i].is_continuation)
			TRY(mark_from(graph, &graph->nodes[i], mark, task, &steps));
	for (size_t i = 0; i < graph->count; i++)
		*ret += graph->nodes[i].mark != mark;
	return NULL;
}

struct error *async_steps_push(struct async_steps *steps, struct async_node *node, uint64_t depth)
{
	TRY(LIST_GROW(steps->steps, steps->count, steps->capacity));
	steps->steps[steps->count++] = (struct async_step){ .node = node, .depth = depth };
	return NULL;
}

void async_path_back(struct async_steps *path, uint64_t depth)
{
	while (path->count && path->steps[path->count - 1].depth >= depth)
		path->steps[--path->count].node->on_path = false;
}

struct error *async_path_add(struct async_steps *path, struct async_node *node, uint64_t depth)
{
	node->on_path = true;
	return async_steps_push(path, node, depth);
}

uint64_t async_graph_most_lines(const struct async_graph *graph)
{
	enum { TIMES = 16, AT_LEAST = 100000 };
	return ((uint64_t)graph->count + graph->edge_count) * TIMES + AT_LEAST;
}

void async_steps_deinit(struct async_steps *steps)
{
	free(steps->steps);
}
