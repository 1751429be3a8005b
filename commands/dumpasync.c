/* dumpasync: the asynchronous methods under way, as stacks of those that wait for each other. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/async_rows.h"

static struct error *summary_print(struct output *out, struct async_view *view)
{
	static const struct column columns[] = {
		{ "mt", "MT", CELL_ADDRESS_WIDE, -16 },
		{ "count", "Count", CELL_COUNT, -8 },
		{ "type", "Type", CELL_TEXT, 0 },
	};
	struct async_count *rows;
	size_t count;
	TRY(async_view_counts(view, &rows, &count));
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

static struct error *show(struct command_call *call, struct async_view *view)
{
	if (view->wanted.each_alone)
		return summary_print(call->out, view);
	if (arguments_has(call->arguments, "-coalesce"))
		return async_groups_print(call, view);
	return async_stacks_print(call, view, arguments_has(call->arguments, "-fields"));
}

/* Tasks that no root leads to: with -address and its like those of other stacks are not among them,
 * since roots are looked at whatever is wanted. */
static struct error *note_circles(struct command_call *call, struct async_view *view)
{
	size_t count;
	TRY(async_graph_count_rootless(&view->graph, call->question.task, &count));
	if (count)
		output_note(call->out,
			    "%zu tasks continue each other in a circle and stand in no stack: the "
			    "heap is damaged, or was read while the process ran.",
			    count);
	return NULL;
}

static struct error *dumpasync_run(struct command_call *call)
{
	const struct arguments *arguments = call->arguments;
	CLEANUP(async_view_deinit)
	struct async_view view = {
		.question = &call->question,
		.wanted = { .type = arguments_value(arguments, "-type"),
			    .with_tasks = arguments_has(arguments, "-tasks"),
			    .with_completed = arguments_has(arguments, "-completed"),
			    .each_alone = arguments_has(arguments, "-stats") },
	};
	TRY(arguments_address(arguments, "-address", &view.wanted.address));
	TRY(arguments_address(arguments, "-methodtable", &view.wanted.method_table));
	TRY(async_view_read(&view));
	TRY(show(call, &view));
	if (!view.wanted.each_alone)
		TRY(note_circles(call, &view));
	async_view_missing(&view);
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
	.description =
		"A stack begins with what is awaited; each further line is what goes on when the one above it ends: object, MethodTable, (the await where a method waits, from 0; -1 while it runs; - where its compiler keeps no number) or (a task's flags), and its name. Of a ValueTask that is awaited the source is named that completes it.\n"
		"Stacks without an asynchronous method are left out, see --tasks. A task that continues itself is not followed again. Below 128 levels lines go no further in.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumpasync_run,
};
