/* threadpoolqueue: what is queued for the thread pool, and how much of what. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/thread_pool_lacks.h"
#include "inspect/line_count.h"
#include "inspect/work_name.h"

#include <inttypes.h>

struct listing {
	struct command_call *call;
	struct line_count tasks, callbacks;
	bool local; /* the local queues have begun */
};

static void listing_cleanup(struct listing *listing)
{
	line_count_deinit(&listing->tasks);
	line_count_deinit(&listing->callbacks);
}

static void begin_local(struct listing *listing)
{
	if (listing->local)
		return;
	listing->local = true;
	output_line(listing->call->out, "%s", "");
	output_line(listing->call->out,
		    "local per thread work items_____________________________________");
}

static struct error *show(const struct work_item *item, void *context)
{
	static const struct {
		const char *name, *shown;
	} kinds[] = { { "task", "Task | " }, { "work", "Work | " }, { "other", "" } };
	struct listing *listing = context;
	struct command_call *call = listing->call;
	struct output *out = call->out;
	const char *name;
	TRY(work_item_name(&call->question, item, &name));
	bool is_local = item->queue == WORK_LOCAL;
	if (is_local)
		begin_local(listing);
	output_row_begin(out);
	output_text(out, is_local ? "local" : "global");
	output_address(out, item->address);
	output_text_as(out, kinds[item->kind].name, kinds[item->kind].shown);
	output_text(out,
		    item->type ? type_name(call->question.heap, item->type, NULL) : "<unreadable>");
	output_text(out, name);
	output_sentence(out, "0x{address} {kind}{name}");
	output_row_end(out);
	TRY(task_check(call->question.task, "listing what is queued"));
	if (item->kind == WORK_OTHER)
		return NULL;
	return line_count_add(item->kind == WORK_TASK ? &listing->tasks : &listing->callbacks,
			      name);
}

static struct error *summary(struct command_call *call, struct line_count *counts, const char *kind)
{
	struct output *out = call->out;
	size_t total = counts->count;
	if (!total)
		return NULL;
	TRY(line_count_sort(counts, call->question.task));
	for (size_t i = 0; i < counts->count && !output_broken(out); i++)
		output_line(out, " %4" PRIu64 " %s  %s", counts->lines[i].count, kind,
			    counts->lines[i].line);
	output_line(out, " ----");
	output_line(out, " %4zu", total);
	output_line(out, "%s", "");
	return NULL;
}

static struct error *threadpoolqueue_run(struct command_call *call)
{
	static const struct column columns[] = {
		{ "queue", NULL, CELL_TEXT, 0 },    { "address", IN_WORDS, CELL_POINTER, 0 },
		{ "kind", IN_WORDS, CELL_TEXT, 0 }, { "type", NULL, CELL_TEXT, 0 },
		{ "name", IN_WORDS, CELL_TEXT, 0 },
	};
	CLEANUP(listing_cleanup) struct listing listing = { .call = call };
	struct work_found found = { 0 };
	output_line(call->out, "global work item queue________________________________");
	output_table_begin(call->out, "work_items", columns, COUNT_OF(columns), false);
	struct error *error = thread_pool_visit_work(call->question.heap, call->question.scratch,
						     show, &listing, &found);
	output_table_end(call->out);
	TRY(error);
	begin_local(&listing);
	output_line(call->out, "%s", "");
	TRY(summary(call, &listing.tasks, "Task"));
	TRY(summary(call, &listing.callbacks, "Work"));
	output_line(call->out, "%s", "");
	thread_pool_queues_explain(call, &found);
	return NULL;
}

static const char *const aliases[] = { "tpq", NULL };
static const char *const examples[] = { "threadpoolqueue", NULL };
const struct command command_threadpoolqueue = {
	.name = "threadpoolqueue",
	.aliases = aliases,
	.summary = "list the work items that are queued for the thread pool, and count them",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = threadpoolqueue_run,
};
