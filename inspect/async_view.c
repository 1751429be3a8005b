#include "inspect/async_view.h"

#include "base/cleanup.h"
#include "base/sort.h"
#include "heap/tasks/callback.h"
#include "heap/tasks/members.h"
#include "heap/tasks/value_task_source.h"
#include "heap/values/object_type.h"
#include "inspect/heap_filter.h"
#include "inspect/type_bytes.h"

#include <inttypes.h>

void async_view_deinit(struct async_view *view)
{
	async_graph_deinit(&view->graph);
}

static bool is_wanted(const struct async_view *view, const struct gc_object *object,
		      const struct type *type)
{
	const struct async_filter *wanted = &view->wanted;
	if (wanted->address && object->address != wanted->address)
		return false;
	if (wanted->method_table && object->method_table != wanted->method_table)
		return false;
	return !wanted->type || strstr(type_name(view->question->heap, type, NULL), wanted->type);
}

/* One thread's. */
struct part {
	struct heap *heap;
	struct type_bytes kinds; /* task_kind_of() of the types of all objects met */
	uint64_t bytes;          /* of these */
};

/* enum managed_task_kind plus one. */
static uint8_t task_kind_of(struct heap *heap, const struct type *type)
{
	return (uint8_t)(managed_task_kind(heap, type) + 1);
}

static struct error *objects_look(struct walk_worker *worker, const struct gc_object *objects,
				  size_t count)
{
	struct part *part = worker->part;
	for (size_t i = 0; i < count; i++) {
		uint8_t kind;
		part->bytes += objects[i].size;
		if (objects[i].is_free)
			continue;
		TRY(type_byte_asked(&part->kinds, part->heap, objects[i].type, task_kind_of,
				    &kind));
		if (kind - 1 != MANAGED_TASK_NONE)
			TRY(walk_put(worker, &objects[i]));
	}
	return NULL;
}

/* Methods that .NET 11's runtime runs itself ("runtime async") are no state machines: each chain of
 * them ends in a task (src/coreclr/System.Private.CoreLib/src/System/Runtime/CompilerServices/
 * AsyncHelpers.CoreCLR.cs: RuntimeAsyncTask; before, where .NET 10 is told to, ThunkTask). */
static bool is_runtime_task(struct heap *heap, const struct type *type)
{
	static const char helpers[] = "System.Runtime.CompilerServices.AsyncHelpers+";
	const char *name = type_metadata_name(heap, type);
	if (!name || strncmp(name, helpers, sizeof(helpers) - 1) != 0)
		return false;
	name += sizeof(helpers) - 1;
	return !strcmp(name, "RuntimeAsyncTask`1") || !strcmp(name, "ThunkTask`1") ||
	       !strcmp(name, "ThunkTask");
}

static struct error *count_runtime_task(struct async_view *view, uint64_t object,
					const struct type *type)
{
	enum managed_task_progress progress;
	uint32_t flags;
	if (!is_runtime_task(view->question->heap, type))
		return NULL;
	TRY(managed_task_progress(view->question->heap, object, MANAGED_TASK_PLAIN, &flags,
				  &progress));
	view->runtime_tasks += progress == PROGRESS_UNDER_WAY;
	return NULL;
}

static struct error *take(struct async_view *view, const struct gc_object *object)
{
	struct heap *heap = view->question->heap;
	const struct type *type = type_by_index(heap, object->type);
	enum managed_task_kind kind = managed_task_kind(heap, type);
	bool wanted = is_wanted(view, object, type);
	if (kind == MANAGED_TASK_PLAIN)
		TRY(count_runtime_task(view, object->address, type));
	/* When each is counted by itself, others are not needed. */
	if (view->wanted.each_alone &&
	    (!wanted || (kind == MANAGED_TASK_PLAIN && !view->wanted.with_tasks)))
		return NULL;
	return async_graph_add(&view->graph, object->address, type, kind,
			       view->wanted.with_completed, wanted);
}

static struct error *tasks_take(const void *rows, size_t count, void *context)
{
	const struct gc_object *objects = rows;
	for (size_t i = 0; i < count; i++)
		TRY(take(context, &objects[i]));
	return NULL;
}

static struct error *part_init(void *context, void *view, const struct task *task)
{
	struct part *part = context;
	(void)task;
	part->heap = ((struct async_view *)view)->question->heap;
	return NULL;
}

static struct error *part_sum(void *context, void *to)
{
	const struct part *part = context;
	struct async_view *view = to;
	view->heap_bytes += part->bytes;
	return NULL;
}

static void part_deinit(void *context)
{
	struct part *part = context;
	type_bytes_deinit(&part->kinds);
}

static struct error *walk(struct async_view *view)
{
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	const struct filtered_work work = { .part_bytes = sizeof(struct part),
					    .part_init = part_init,
					    .part_sum = part_sum,
					    .part_deinit = part_deinit,
					    .objects = objects_look,
					    .row_bytes = sizeof(struct gc_object),
					    .rows = tasks_take,
					    .context = view };
	heap_filter_init_all(&filter, view->question);
	return heap_filter_work(&filter, &work);
}

struct error *async_view_read(struct async_view *view)
{
	const struct question *question = view->question;
	view->graph.heap = question->heap;
	TRY(walk(view));
	TRY(async_graph_read_edges(&view->graph, view->heap_bytes, question->task));
	TRY(async_graph_link(&view->graph, question->task));
	return task_completion_sentinel(question->heap, &view->sentinel);
}

/* Should the stack from this root be shown: is something wanted in it, and a method? */
static struct error *is_wanted_stack(struct async_view *view, struct async_node *root, bool *ret)
{
	CLEANUP(async_steps_deinit) struct async_steps steps = { 0 };
	struct async_graph *graph = &view->graph;
	bool wanted = false, method = view->wanted.with_tasks;
	uint64_t mark = ++graph->marks;
	TRY(async_steps_push(&steps, root, 0));
	root->mark = mark;
	while (steps.count && !(wanted && method)) {
		struct async_node *node = steps.steps[--steps.count].node;
		wanted |= node->is_wanted;
		method |= managed_task_is_method(node->kind);
		for (uint64_t i = 0; i < node->edge_count; i++) {
			TRY(task_check(view->question->task, "looking for stacks"));
			struct async_node *next =
				async_graph_find(graph, graph->edges[node->edge + i]);
			if (!next || next->mark == mark)
				continue;
			next->mark = mark;
			TRY(async_steps_push(&steps, next, 0));
		}
	}
	*ret = wanted && method;
	return NULL;
}

struct error *async_view_next_root(struct async_view *view, size_t *at, struct async_node **ret)
{
	struct async_graph *graph = &view->graph;
	*ret = NULL;
	while (!*ret && *at < graph->count) {
		struct async_node *root = &graph->nodes[graph->order[(*at)++]];
		bool wanted = false;
		TRY(task_check(view->question->task, "looking for stacks"));
		if (!root->is_continuation)
			TRY(is_wanted_stack(view, root, &wanted));
		if (wanted)
			*ret = root;
	}
	return NULL;
}

/* After a task's type the method that it runs: {Demo.Pool.Work()}. */
static struct error *append_action(const struct question *question, uint64_t task,
				   const char **name)
{
	struct method method = { 0 };
	const char *signature = NULL;
	uint64_t action;
	TRY(member_object(question->heap, task, "m_action", &action));
	if (action)
		TRY(callback_method(question->heap, action, &method));
	if (method.address)
		TRY(method_name(question->heap, &method, question->scratch, &signature));
	if (!signature)
		return NULL;
	*name = arena_printf(question->scratch, "%s {%s}", *name, signature);
	return *name ? NULL : &error_no_memory;
}

struct error *async_view_name(struct async_view *view, uint64_t object, const char **ret)
{
	const struct type *type;
	if (view->sentinel && object == view->sentinel) {
		*ret = "TaskCompletionSentinel";
		return NULL;
	}
	TRY(object_type(view->question->heap, object, &type));
	if (!type) {
		*ret = "<unreadable>";
		return NULL;
	}
	TRY(managed_task_name(view->question->heap, object, type, ret));
	if (managed_task_kind(view->question->heap, type) != MANAGED_TASK_PLAIN)
		return NULL;
	return append_action(view->question, object, ret);
}

struct error *async_view_awaiter(struct async_view *view, const struct async_node *root,
				 struct async_awaiter *ret)
{
	struct heap *heap = view->question->heap;
	struct value awaiter = { .kind = VALUE_UNREADABLE };
	*ret = (struct async_awaiter){ 0 };
	if (managed_task_is_method(root->kind) && !root->is_completed)
		TRY(state_machine_awaiter(heap, &root->machine, &awaiter));
	if (!awaiter.type)
		return NULL;
	if (awaiter.kind == VALUE_REFERENCE)
		*ret = (struct async_awaiter){ .type = awaiter.type, .address = awaiter.bits };
	else if (awaiter.kind == VALUE_STRUCT)
		*ret = (struct async_awaiter){ .type = awaiter.type, .address = awaiter.address };
	TRY(value_task_source_of_awaiter(heap, &awaiter, &ret->source));
	return object_type(heap, ret->source, &ret->source_type);
}

static const char counting[] = "counting the tasks";

static int by_name(const void *left, const void *right, void *context)
{
	const struct async_count *a = left, *b = right;
	(void)context;
	int difference = strcmp(a->name, b->name);
	return difference ? difference : (a->order > b->order) - (a->order < b->order);
}

static int by_count(const void *left, const void *right, void *context)
{
	const struct async_count *a = left, *b = right;
	(void)context;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

struct error *async_view_counts(struct async_view *view, struct async_count **ret,
				size_t *ret_count)
{
	struct async_graph *graph = &view->graph;
	struct async_count *rows =
		arena_allocate_array(view->question->scratch, graph->count + 1, sizeof(*rows));
	if (!rows)
		return &error_no_memory;
	for (size_t i = 0; i < graph->count; i++) {
		const struct async_node *node = &graph->nodes[graph->order[i]];
		TRY(task_check(view->question->task, counting));
		rows[i] = (struct async_count){ NULL, node->type->handle, 1, i };
		TRY(async_view_name(view, node->address, &rows[i].name));
	}
	TRY(sort_items(rows, graph->count, sizeof(*rows), by_name, NULL, view->question->task,
		       counting));
	size_t count = 0;
	for (size_t i = 0; i < graph->count; i++) {
		if (count && !strcmp(rows[count - 1].name, rows[i].name))
			rows[count - 1].count++;
		else
			rows[count++] = rows[i];
	}
	TRY(sort_items(rows, count, sizeof(*rows), by_count, NULL, view->question->task, counting));
	*ret = rows;
	*ret_count = count;
	return NULL;
}

void async_view_missing(const struct async_view *view)
{
	const struct async_graph *graph = &view->graph;
	if (graph->damaged)
		question_missing(view->question, 0, "%zu tasks could not be read whole",
				 graph->damaged);
	if (view->runtime_tasks)
		question_missing(view->question, 0,
				 "%" PRIu64 " tasks under way are of asynchronous methods that the "
				 "runtime runs itself (runtime async): they are no state "
				 "machines, and not shown",
				 view->runtime_tasks);
	if (graph->edges_left_out)
		question_missing(view->question, 0,
				 "tasks lead to more than %zu continuations: what is beyond was "
				 "left out",
				 graph->most_edges);
}
