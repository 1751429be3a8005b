/* dumpasync: the asynchronous methods under way, as stacks of those that wait for each other. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/async_view.h"
#include "heap/tasks/members.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

struct collecting {
	struct async_view view;
	struct managed_task_kinds kinds;
	uint64_t address, method_table; /* 0: any */
	const char *type;               /* part of a name; NULL: any */
	bool with_completed, summary;
	uint64_t heap_bytes;
	bool runtime_async; /* .NET 11's continuations were met */
};

static void collecting_cleanup(struct collecting *collecting)
{
	managed_task_kinds_deinit(&collecting->kinds);
	async_graph_deinit(&collecting->view.graph);
}

static bool is_wanted(const struct collecting *collecting, const struct gc_object *object,
		      const struct type *type)
{
	if (collecting->address && object->address != collecting->address)
		return false;
	if (collecting->method_table && object->method_table != collecting->method_table)
		return false;
	return !collecting->type ||
	       strstr(type_name(collecting->view.call->question.heap, type, NULL),
		      collecting->type);
}

static struct error *take(struct collecting *collecting, const struct gc_object *object)
{
	struct heap *heap = collecting->view.call->question.heap;
	enum managed_task_kind kind;
	TRY(managed_task_kind_of(heap, &collecting->kinds, object->type, &kind));
	if (kind == MANAGED_TASK_NONE)
		return NULL;
	const struct type *type = type_by_index(heap, object->type);
	bool wanted = is_wanted(collecting, object, type);
	/* A summary counts each by itself. */
	if (collecting->summary &&
	    (!wanted || (kind == MANAGED_TASK_PLAIN && !collecting->view.with_tasks)))
		return NULL;
	return async_graph_add(&collecting->view.graph, object->address, type, kind,
			       collecting->with_completed, wanted);
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct collecting *collecting = context;
	collecting->heap_bytes += object->size;
	return object->is_free ? NULL : take(collecting, object);
}

/* .NET 11's own continuations ("runtime async") are no state machines. */
static void look_for_runtime_async(struct collecting *collecting)
{
	struct heap *heap = collecting->view.call->question.heap;
	for (uint32_t i = 0; i < type_count(heap); i++) {
		const struct type *type = type_by_index(heap, i);
		if (type->kind == TYPE_CLASS && !type->is_generic_definition &&
		    i < collecting->kinds.count && collecting->kinds.kinds[i] &&
		    (type_is(heap, type, "System.Runtime.CompilerServices.Continuation") ||
		     type_is(heap, type,
			     "System.Runtime.CompilerServices.AsyncHelpers+RuntimeAsyncTask`1")))
			collecting->runtime_async = true;
	}
}

struct count_row {
	const char *name;
	uint64_t method_table, count;
	size_t order;
};

static int by_name(const void *left, const void *right)
{
	const struct count_row *a = left, *b = right;
	int difference = strcmp(a->name, b->name);
	return difference ? difference : (a->order > b->order) - (a->order < b->order);
}

static int by_count(const void *left, const void *right)
{
	const struct count_row *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static struct error *summary_rows(struct async_view *view, struct count_row **ret,
				  size_t *ret_count)
{
	struct async_graph *graph = &view->graph;
	struct count_row *rows =
		arena_allocate_array(view->call->question.scratch, graph->count + 1, sizeof(*rows));
	if (!rows)
		return &error_no_memory;
	for (size_t i = 0; i < graph->count; i++) {
		const struct async_node *node = &graph->nodes[graph->order[i]];
		TRY(task_check(view->call->question.task, "counting the tasks"));
		rows[i] = (struct count_row){ NULL, node->type->handle, 1, i };
		TRY(async_view_name(view, node->address, &rows[i].name));
	}
	qsort(rows, graph->count, sizeof(*rows), by_name);
	size_t count = 0;
	for (size_t i = 0; i < graph->count; i++) {
		if (count && !strcmp(rows[count - 1].name, rows[i].name))
			rows[count - 1].count++;
		else
			rows[count++] = rows[i];
	}
	qsort(rows, count, sizeof(*rows), by_count);
	*ret = rows;
	*ret_count = count;
	return NULL;
}

static struct error *summary_print(struct async_view *view)
{
	static const struct column columns[] = {
		{ "mt", "MT", CELL_ADDRESS_WIDE, -16 },
		{ "count", "Count", CELL_COUNT, -8 },
		{ "type", "Type", CELL_TEXT, 0 },
	};
	struct output *out = view->call->out;
	struct count_row *rows;
	size_t count;
	TRY(summary_rows(view, &rows, &count));
	output_table_begin(out, "statistics", columns, COUNT_OF(columns), true);
	for (size_t i = 0; i < count && !output_broken(out); i++) {
		output_row_begin(out);
		output_address(out, rows[i].method_table);
		output_unsigned(out, rows[i].count);
		output_text(out, rows[i].name);
		output_row_end(out);
	}
	output_table_end(out);
	return NULL;
}

static struct error *collect(struct collecting *collecting)
{
	struct command_call *call = collecting->view.call;
	struct heap_filter filter;
	heap_filter_init_all(&filter, &call->question);
	struct error *error = heap_filter_walk(&filter, visit, collecting);
	heap_filter_deinit(&filter);
	TRY(error);
	TRY(async_graph_read_edges(&collecting->view.graph, collecting->heap_bytes,
				   call->question.task));
	TRY(async_graph_link(&collecting->view.graph, call->question.task));
	look_for_runtime_async(collecting);
	return task_completion_sentinel(call->question.heap, &collecting->view.sentinel);
}

static struct error *show(struct collecting *collecting)
{
	struct command_call *call = collecting->view.call;
	if (collecting->summary)
		return summary_print(&collecting->view);
	if (arguments_has(call->arguments, "-coalesce"))
		return async_view_coalesced(&collecting->view);
	return async_view_stacks(&collecting->view);
}

/* Tasks that no root leads to: with -address and its like those of other stacks are not among them,
 * since roots are looked at whatever is wanted. */
static struct error *note_circles(struct async_view *view)
{
	size_t count;
	TRY(async_graph_count_rootless(&view->graph, view->call->question.task, &count));
	if (count)
		output_note(view->call->out,
			    "%zu tasks continue each other in a circle and stand in no stack: the "
			    "heap is damaged, or was read while the process ran.",
			    count);
	return NULL;
}

static struct error *dumpasync_run(struct command_call *call)
{
	const struct arguments *arguments = call->arguments;
	CLEANUP(collecting_cleanup)
	struct collecting collecting = {
		.view = { .call = call,
			  .graph = { .heap = call->question.heap },
			  .with_tasks = arguments_has(arguments, "-tasks"),
			  .with_fields = arguments_has(arguments, "-fields") },
		.type = arguments_value(arguments, "-type"),
		.with_completed = arguments_has(arguments, "-completed"),
		.summary = arguments_has(arguments, "-stats"),
	};
	TRY(arguments_address(arguments, "-address", &collecting.address));
	TRY(arguments_address(arguments, "-methodtable", &collecting.method_table));
	TRY(collect(&collecting));
	TRY(show(&collecting));
	if (!collecting.summary)
		TRY(note_circles(&collecting.view));
	if (collecting.view.graph.damaged)
		question_missing(&call->question, 0, "%zu tasks could not be read whole",
				 collecting.view.graph.damaged);
	if (collecting.view.graph.edges_left_out)
		question_missing(
			&call->question, 0,
			"tasks lead to more than %zu continuations: what is beyond was left "
			"out",
			collecting.view.graph.most_edges);
	if (collecting.runtime_async)
		output_note(call->out,
			    "This process runs asynchronous methods by the runtime itself (.NET 11 "
			    "and later): those are no state machines, and not shown here.");
	return NULL;
}

static const char *const address_names[] = { "-addr", NULL };
static const char *const table_names[] = { "-mt", NULL };
static const char *const tasks_names[] = { "-t", NULL };
static const char *const completed_names[] = { "-c", NULL };
static const char *const fields_names[] = { "-f", NULL };
static const struct option options[] = {
	{ "-stats", NULL, "count the methods under way by type", NULL },
	{ "-coalesce", NULL, "draw stacks that are alike as one", NULL },
	{ "-address", "ADDRESS", "only stacks with this object", address_names },
	{ "-methodtable", "ADDRESS", "only stacks with an object of this MethodTable",
	  table_names },
	{ "-type", "TEXT", "only stacks with an object whose type's name contains TEXT", NULL },
	{ "-tasks", NULL, "also stacks of nothing but plain tasks", tasks_names },
	{ "-completed", NULL, "also what has completed", completed_names },
	{ "-fields", NULL, "the fields of each frame: arguments, locals, awaiters", fields_names },
	{ 0 },
};
static const char *const examples[] = {
	"dumpasync", "dumpasync --stats", "dumpasync --coalesce", "dumpasync --type Inner --fields",
	NULL,
};
const struct command command_dumpasync = {
	.name = "dumpasync",
	.summary = "show the asynchronous methods under way, as stacks of what awaits what",
	.usage = "dumpasync [--stats] [--coalesce] [--address ADDRESS] [--methodtable ADDRESS] "
		 "[--type TEXT] [--tasks] [--completed] [--fields]",
	.description =
		"A stack begins with what is awaited; each further line is what goes on when the "
		"one above it ends: object, MethodTable, (the await where a method stands, from "
		"0; -1 while it runs) or (a task's flags), and its name.\n"
		"Stacks without an asynchronous method are left out, see --tasks. A task that "
		"continues itself is not followed again. Below 128 levels lines go "
		"no "
		"further in.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumpasync_run,
};
