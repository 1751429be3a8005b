/* dumpasync --coalesce: stacks that are alike drawn as one. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/async_view.h"
#include "heap/tasks/members.h"

#include <inttypes.h>

/* Objects of one level that look the same: `objects` in the order in which they were met. */
struct group {
	const char *name; /* with the await state before it */
	uint64_t method_table;
	uint64_t *objects;
	size_t count, order;
	uint64_t depth;
};

struct named {
	const char *name;
	uint64_t object, method_table;
	size_t order;
};

/* Groups still to be drawn; the last one is next. */
struct groups {
	struct group *groups;
	size_t count, capacity;
	uint64_t lines; /* objects drawn so far */
};

static void groups_cleanup(struct groups *groups)
{
	free(groups->groups);
}

static struct error *push(struct groups *groups, const struct group *group)
{
	TRY(LIST_GROW(groups->groups, groups->count, groups->capacity));
	groups->groups[groups->count++] = *group;
	return NULL;
}

static int by_name(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	int difference = strcmp(a->name, b->name);
	return difference ? difference : (a->order > b->order) - (a->order < b->order);
}

/* The largest first, else as they were met; drawn from the end of the list. */
static int last_first(const void *left, const void *right)
{
	const struct group *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return (a->order < b->order) - (a->order > b->order);
}

static struct error *name_all(struct async_view *view, const uint64_t *objects, size_t count,
			      struct named *to)
{
	struct command_call *call = view->call;
	for (size_t i = 0; i < count; i++) {
		const struct async_node *node = async_graph_find(&view->graph, objects[i]);
		const struct type *type;
		TRY(task_check(call->question.task, "naming what is in stacks"));
		to[i] = (struct named){ .object = objects[i], .order = i };
		TRY(async_view_name(view, objects[i], &to[i].name));
		TRY(member_type(call->question.heap, objects[i], &type));
		to[i].method_table = type ? type->handle : 0;
		if (!node || node->kind != MANAGED_TASK_METHOD)
			continue;
		to[i].name = arena_printf(call->question.scratch, "(%" PRId32 ") %s",
					  node->machine.state, to[i].name);
		if (!to[i].name)
			return &error_no_memory;
	}
	return NULL;
}

/* Puts the groups of one level on the list, the one to be drawn first last. */
static struct error *push_level(struct async_view *view, const uint64_t *objects, size_t count,
				uint64_t depth, struct groups *groups)
{
	struct arena *scratch = view->call->question.scratch;
	struct named *named = arena_allocate_array(scratch, count + 1, sizeof(*named));
	uint64_t *sorted = arena_allocate_array(scratch, count + 1, sizeof(*sorted));
	size_t first = groups->count, end;
	if (!named || !sorted)
		return &error_no_memory;
	TRY(name_all(view, objects, count, named));
	if (!count)
		return NULL; /* qsort() wants an array, which the groups have not then */
	qsort(named, count, sizeof(*named), by_name);
	for (size_t i = 0; i < count; i++)
		sorted[i] = named[i].object;
	for (size_t start = 0; start < count; start = end) {
		for (end = start + 1; end < count && !strcmp(named[end].name, named[start].name);)
			end++;
		TRY(push(groups, &(struct group){ .name = named[start].name,
						  .method_table = named[start].method_table,
						  .objects = sorted + start,
						  .count = end - start,
						  .order = named[start].order,
						  .depth = depth }));
	}
	qsort(groups->groups + first, groups->count - first, sizeof(*groups->groups), last_first);
	return NULL;
}

/* What continues the group's tasks. A task that the group's own ancestors continue is not followed
 * again: a cycle ends. */
static struct error *continue_group(struct async_view *view, const struct group *group,
				    struct async_steps *path, struct groups *groups)
{
	struct async_graph *graph = &view->graph;
	size_t total = 0, count = 0;
	async_path_back(path, group->depth);
	for (size_t i = 0; i < group->count; i++) {
		const struct async_node *node = async_graph_find(graph, group->objects[i]);
		total += node && !node->on_path ? node->edge_count : 0;
	}
	groups->lines += total;
	if (groups->lines > async_graph_most_lines(graph)) {
		question_missing(&view->call->question, 0,
				 "stacks that join and part again and again were drawn in part");
		return NULL;
	}
	uint64_t *next =
		arena_allocate_array(view->call->question.scratch, total + 1, sizeof(*next));
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
	return push_level(view, next, count, group->depth + 1, groups);
}

static struct error *draw(struct async_view *view, struct groups *groups)
{
	static const struct column columns[] = {
		{ "stacks", IN_WORDS, CELL_INTEGER, 0 }, { "depth", IN_WORDS, CELL_DEPTH, 0 },
		{ "count", IN_WORDS, CELL_INTEGER, 0 },  { "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
		{ "type", IN_WORDS, CELL_TEXT, 0 },
	};
	struct output *out = view->call->out;
	CLEANUP(async_steps_deinit) struct async_steps path = { 0 };
	uint64_t index = 0;
	output_table_begin(out, "coalesced", columns, COUNT_OF(columns), false);
	while (groups->count && !output_broken(out)) {
		struct group group = groups->groups[--groups->count];
		if (group.depth == 0 && index++)
			output_line(out, "%s", "");
		TRY(task_check(view->call->question.task, "drawing stacks"));
		output_row_begin(out);
		output_unsigned(out, index);
		output_unsigned(out, group.depth);
		output_unsigned(out, group.count);
		output_address(out, group.method_table);
		output_text(out, group.name);
		if (group.depth == 0)
			output_sentence(out, "STACKS {stacks}");
		output_sentence(out, "{depth}[{count}] {mt} {type}");
		output_row_end(out);
		TRY(continue_group(view, &group, &path, groups));
	}
	async_path_back(&path, 0);
	output_table_end(out);
	if (index)
		output_line(out, "%s", "");
	return NULL;
}

struct error *async_view_coalesced(struct async_view *view)
{
	CLEANUP(groups_cleanup) struct groups groups = { 0 };
	struct async_graph *graph = &view->graph;
	size_t count = 0;
	uint64_t *roots = arena_allocate_array(view->call->question.scratch, graph->count + 1,
					       sizeof(*roots));
	if (!roots)
		return &error_no_memory;
	for (size_t i = 0; i < graph->count; i++) {
		struct async_node *node = &graph->nodes[graph->order[i]];
		bool wanted = false;
		TRY(task_check(view->call->question.task, "looking for stacks"));
		if (node->is_continuation)
			continue;
		TRY(async_view_wants(view, node, &wanted));
		if (wanted)
			roots[count++] = node->address;
	}
	TRY(push_level(view, roots, count, 0, &groups));
	return draw(view, &groups);
}
