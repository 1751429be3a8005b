#include "inspect/async_groups.h"

#include "base/list.h"
#include "base/sort.h"
#include "heap/tasks/members.h"

#include <inttypes.h>

struct named {
	const char *name;
	uint64_t object, method_table;
	size_t order;
};

void async_groups_deinit(struct async_groups *groups)
{
	async_path_back(&groups->path, 0);
	async_steps_deinit(&groups->path);
	free(groups->groups);
}

static struct error *push(struct async_groups *groups, const struct async_group *group)
{
	TRY(LIST_GROW(groups->groups, groups->count, groups->capacity));
	groups->groups[groups->count++] = *group;
	return NULL;
}

static const char sorting[] = "sorting what is in stacks";

static int by_name(const void *left, const void *right, void *context)
{
	const struct named *a = left, *b = right;
	(void)context;
	int difference = strcmp(a->name, b->name);
	return difference ? difference : (a->order > b->order) - (a->order < b->order);
}

/* The largest first, else as they were met; drawn from the end of the list. */
static int last_first(const void *left, const void *right, void *context)
{
	const struct async_group *a = left, *b = right;
	(void)context;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return (a->order < b->order) - (a->order > b->order);
}

/* Before a method's name the await where it is: "(0) Demo.Gateway+<Pay>d__4". */
static struct error *name_method(const struct question *question, const struct async_node *node,
				 const char **name)
{
	const struct state_machine *machine = &node->machine;
	if (machine->state_read)
		*name = arena_printf(question->scratch, "(%" PRId32 ") %s", machine->state, *name);
	else
		*name = arena_printf(question->scratch, "(%s) %s",
				     machine->has_no_state ? "-" : "?", *name);
	return *name ? NULL : &error_no_memory;
}

static struct error *name_all(struct async_view *view, const uint64_t *objects, size_t count,
			      struct named *to)
{
	const struct question *question = view->question;
	for (size_t i = 0; i < count; i++) {
		const struct async_node *node = async_graph_find(&view->graph, objects[i]);
		const struct type *type;
		TRY(task_check(question->task, "naming what is in stacks"));
		to[i] = (struct named){ .object = objects[i], .order = i };
		TRY(async_view_name(view, objects[i], &to[i].name));
		TRY(object_type(question->heap, objects[i], &type));
		to[i].method_table = type ? type->handle : 0;
		if (node && managed_task_is_method(node->kind))
			TRY(name_method(question, node, &to[i].name));
	}
	return NULL;
}

/* Puts the groups of one level on the list, the one to be drawn first last. */
static struct error *push_level(struct async_groups *groups, const uint64_t *objects, size_t count,
				uint64_t depth)
{
	struct async_view *view = groups->view;
	struct arena *scratch = view->question->scratch;
	struct named *named = arena_allocate_array(scratch, count + 1, sizeof(*named));
	uint64_t *sorted = arena_allocate_array(scratch, count + 1, sizeof(*sorted));
	size_t first = groups->count, end;
	if (!named || !sorted)
		return &error_no_memory;
	TRY(name_all(view, objects, count, named));
	if (!count)
		return NULL;
	const struct task *task = view->question->task;
	TRY(sort_items(named, count, sizeof(*named), by_name, NULL, task, sorting));
	for (size_t i = 0; i < count; i++)
		sorted[i] = named[i].object;
	for (size_t start = 0; start < count; start = end) {
		for (end = start + 1; end < count && !strcmp(named[end].name, named[start].name);)
			end++;
		TRY(push(groups, &(struct async_group){ .name = named[start].name,
							.method_table = named[start].method_table,
							.objects = sorted + start,
							.count = end - start,
							.order = named[start].order,
							.depth = depth }));
	}
	return sort_items(groups->groups + first, groups->count - first, sizeof(*groups->groups),
			  last_first, NULL, task, sorting);
}

/* What continues the group's tasks. A task that the group's own ancestors continue is not followed
 * again: a cycle ends. */
static struct error *continue_group(struct async_groups *groups, const struct async_group *group)
{
	struct async_view *view = groups->view;
	struct async_graph *graph = &view->graph;
	struct async_steps *path = &groups->path;
	size_t total = 0, count = 0;
	async_path_back(path, group->depth);
	for (size_t i = 0; i < group->count; i++) {
		const struct async_node *node = async_graph_find(graph, group->objects[i]);
		total += node && !node->on_path ? node->edge_count : 0;
	}
	groups->lines += total;
	if (groups->lines > async_graph_most_lines(graph)) {
		question_missing(view->question, 0,
				 "stacks that join and part again and again were drawn in part");
		return NULL;
	}
	uint64_t *next = arena_allocate_array(view->question->scratch, total + 1, sizeof(*next));
	if (!next)
		return &error_no_memory;
	for (size_t i = 0; i < group->count; i++) {
		const struct async_node *node = async_graph_find(graph, group->objects[i]);
		if (!node || node->on_path || !node->edge_count)
			continue;
		memcpy(next + count, graph->edges + node->edge, node->edge_count * sizeof(*next));
		count += node->edge_count;
	}
	for (size_t i = 0; i < group->count; i++) {
		struct async_node *node = async_graph_find(graph, group->objects[i]);
		if (node && !node->on_path)
			TRY(async_path_add(path, node, group->depth));
	}
	return push_level(groups, next, count, group->depth + 1);
}

struct error *async_groups_begin(struct async_groups *groups, struct async_view *view)
{
	size_t count = 0, at = 0;
	struct async_node *root;
	*groups = (struct async_groups){ .view = view };
	uint64_t *roots = arena_allocate_array(view->question->scratch, view->graph.count + 1,
					       sizeof(*roots));
	if (!roots)
		return &error_no_memory;
	for (;;) {
		TRY(async_view_next_root(view, &at, &root));
		if (!root)
			break;
		roots[count++] = root->address;
	}
	return push_level(groups, roots, count, 0);
}

struct error *async_groups_next(struct async_groups *groups, struct async_group *ret,
				bool *ret_more)
{
	if (groups->last.count)
		TRY(continue_group(groups, &groups->last));
	*ret_more = groups->count > 0;
	groups->last = (struct async_group){ 0 };
	if (*ret_more)
		groups->last = groups->groups[--groups->count];
	*ret = groups->last;
	return task_check(groups->view->question->task, "drawing stacks");
}
