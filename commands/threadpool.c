/* threadpool: the threads of the pool, how it chose their number, and what is queued. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/thread_pool_lacks.h"
#include "heap/tasks/callback.h"
#include "inspect/pool_starvation.h"

#include <inttypes.h>
#include <math.h>

static const struct column record_columns[] = {
	{ "cpu_utilization", IN_WORDS, CELL_INTEGER, 0 },
	{ "workers_total", "Workers Total:    ", CELL_INTEGER, 0 },
	{ "workers_running", "Workers Running:  ", CELL_INTEGER, 0 },
	{ "workers_idle", "Workers Idle:     ", CELL_INTEGER, 0 },
	{ "worker_min_limit", "Worker Min Limit: ", CELL_INTEGER, 0 },
	{ "worker_max_limit", "Worker Max Limit: ", CELL_INTEGER, 0 },
};

static void pool_print(struct command_call *call, const struct thread_pool *pool)
{
	struct output *out = call->out;
	unsigned idle = pool->total > pool->running ? pool->total - pool->running : 0;
	output_line(out, "Using the Portable thread pool.");
	output_line(out, "%s", "");
	output_record_begin(out, NULL, record_columns, COUNT_OF(record_columns));
	output_signed(out, pool->cpu_utilization);
	output_sentence(out, "CPU utilization:  {cpu_utilization}%");
	output_unsigned(out, pool->total);
	output_unsigned(out, pool->running);
	output_unsigned(out, idle);
	output_signed(out, pool->minimum);
	output_signed(out, pool->maximum);
	output_record_end(out);
	output_line(out, "%s", "");
}

/* Two digits after the point: a number in JSON too. */
static void decimal_cell(struct output *out, double number)
{
	char text[64];
	snprintf(text, sizeof(text), "%.2f", number);
	if (isfinite(number))
		output_digits(out, text, false);
	else
		output_nothing(out, text);
}

static struct error *log_row(struct command_call *call, const struct hill_climb *entry,
			     int32_t last_ms)
{
	const char *name = NULL;
	if (entry->transition.kind == VALUE_ENUM)
		TRY(value_enum_name(call->question.heap, &entry->transition, call->question.scratch,
				    &name));
	int32_t since_ms = (int32_t)((uint32_t)entry->tick_ms - (uint32_t)last_ms);
	output_row_begin(call->out);
	decimal_cell(call->out, since_ms / 1000.0);
	output_text(call->out, name ? name : "?");
	output_signed(call->out, entry->threads);
	output_signed(call->out, entry->samples);
	decimal_cell(call->out, (double)entry->throughput);
	output_row_end(call->out);
	return NULL;
}

/* A log that is damaged is missing; what else was asked for is shown. */
static struct error *log_read(struct command_call *call, struct hill_climb **ret, size_t *ret_count)
{
	struct error *error =
		thread_pool_log(call->question.heap, call->question.scratch, ret, ret_count);
	if (!error || (error->code != ERROR_BAD_DATA && error->code != ERROR_FAULT))
		return error;
	question_missing(&call->question, 0, "%s", error->message);
	error_free(error);
	*ret_count = 0;
	return NULL;
}

static struct error *log_print(struct command_call *call)
{
	static const struct column columns[] = {
		{ "time", "Time", CELL_TEXT, 10 },
		{ "transition", "Transition", CELL_TEXT, -16 },
		{ "new_threads", "#New Threads", CELL_COUNT, 14 },
		{ "samples", "#Samples", CELL_COUNT, 14 },
		{ "throughput", "Throughput", CELL_TEXT, 10 },
	};
	struct hill_climb *entries;
	size_t count;
	TRY(log_read(call, &entries, &count));
	if (!count)
		return NULL;
	output_line(call->out, "Hill Climbing Log:");
	output_table_begin(call->out, "hill_climbing_log", columns, COUNT_OF(columns), true);
	struct error *error = NULL;
	for (size_t i = 0; !error && i < count; i++)
		error = log_row(call, &entries[i], entries[count - 1].tick_ms);
	output_table_end(call->out);
	output_line(call->out, "%s", "");
	return error;
}

static void queue_cell(struct output *out, enum work_queue queue)
{
	static const struct {
		const char *name, *title;
	} queues[] = {
		{ "high_priority", "[Global high-pri]" },
		{ "global", "[Global]" },
		{ "assignable", "[Global]" },
		{ "low_priority", "[Global low-pri]" },
		{ "local", "[Local]" },
	};
	output_text_as(out, queues[queue].name, queues[queue].title);
}

static struct error *item_print(const struct work_item *item, void *context)
{
	struct command_call *call = context;
	const char *method = "";
	if (item->callback)
		TRY(callback_name(call->question.heap, item->callback, call->question.scratch,
				  &method));
	output_row_begin(call->out);
	queue_cell(call->out, item->queue);
	output_address(call->out, item->address);
	output_text(call->out,
		    item->type ? type_name(call->question.heap, item->type, NULL) : "<unreadable>");
	output_text_or_null(call->out, *method ? method : NULL);
	if (*method)
		output_sentence(call->out, "    => {method}");
	output_row_end(call->out);
	return task_check(call->question.task, "listing what is queued");
}

static struct error *items_print(struct command_call *call)
{
	static const struct column columns[] = {
		{ "queue", "Queue", CELL_TEXT, -17 },
		{ "address", "Object", CELL_ADDRESS, -16 },
		{ "type", "Type", CELL_TEXT, 0 },
		{ "method", IN_WORDS, CELL_TEXT, 0 },
	};
	struct work_found found = { 0 };
	output_table_begin(call->out, "work_items", columns, COUNT_OF(columns), true);
	struct error *error = thread_pool_visit_work(call->question.heap, call->question.scratch,
						     item_print, call, &found);
	output_table_end(call->out);
	TRY(error);
	thread_pool_queues_explain(call, &found);
	return NULL;
}

static const char *starved_sentence(const struct pool_starvation *found)
{
	if (found->pool.blocked >= (int)found->pool.total)
		return found->at_maximum
			       ? "Starved: all {stuck} threads wait for tasks, {queued} items are "
				 "queued, and the pool can have no more threads"
			       : "Starved: all {stuck} threads wait for tasks, {queued} items are "
				 "queued, and the pool adds threads slowly";
	return found->at_maximum ? "Starved: all {stuck} threads wait for what others would do, "
				   "{queued} items are queued, and the pool can have no more "
				   "threads"
				 : "Starved: all {stuck} threads wait for what others would do, "
				   "{queued} items are queued, and the pool adds threads slowly";
}

static const char *state_sentence(const struct pool_starvation *found)
{
	switch (found->state) {
	case POOL_STARVED:
		return starved_sentence(found);
	case POOL_ALL_WAIT:
		return "All {workers} threads wait, not known for what; queued: {queued}";
	case POOL_GOES_ON:
		break;
	}
	return "{waiting} of {workers} threads wait; queued: {queued}";
}

/* -stat: does the pool stand still? */
static struct error *starvation_print(struct command_call *call)
{
	static const struct column columns[] = {
		{ "state", NULL, CELL_TEXT, 0 },
		{ "workers", IN_WORDS, CELL_INTEGER, 0 },
		{ "waiting", IN_WORDS, CELL_INTEGER, 0 },
		{ "stuck", IN_WORDS, CELL_INTEGER, 0 },
		{ "waiting_for_tasks", NULL, CELL_INTEGER, 0 },
		{ "queued", IN_WORDS, CELL_INTEGER, 0 },
		{ "at_maximum", NULL, CELL_VALUE, 0 },
	};
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct pool_starvation found;
	struct output *out = call->out;
	TRY(waits_read(&waits, &call->question));
	TRY(waits_conclude(&waits));
	TRY(pool_starvation_read(&call->question, &waits, &found));
	if (!found.known)
		return NULL;
	output_record_begin(out, "starvation", columns, COUNT_OF(columns));
	output_text(out, pool_state_name(found.state));
	output_unsigned(out, found.workers);
	output_unsigned(out, found.waiting);
	output_unsigned(out, found.stuck);
	if (found.pool.blocked < 0)
		output_skip(out);
	else
		output_signed(out, found.pool.blocked);
	output_unsigned(out, found.queued);
	output_bool(out, found.at_maximum);
	output_sentence(out, state_sentence(&found));
	output_record_end(out);
	output_line(out, "%s", "");
	return NULL;
}

static struct error *threadpool_run(struct command_call *call)
{
	struct thread_pool pool;
	TRY(thread_pool_read(call->question.heap, &pool));
	if (pool.exists)
		pool_print(call, &pool);
	bool items = arguments_has(call->arguments, "-wi"); /* which say whether it was used */
	if (pool.exists || pool.unknown || !items)
		thread_pool_explain(call, &pool);
	if (pool.exists && arguments_has(call->arguments, "-stat"))
		TRY(starvation_print(call));
	if (arguments_has(call->arguments, "-ti"))
		TRY(log_print(call));
	return items ? items_print(call) : NULL;
}

static const char *const log_names[] = { "-hc", NULL };
static const char *const stat_names[] = { "-summary", NULL };
static const struct option options[] = {
	{ "-ti", NULL, "the log of how the pool chose its number of threads (hill climbing)",
	  log_names },
	{ "-wi", NULL, "the work items that are queued", NULL },
	{ "-stat", NULL,
	  "also whether the pool stands still: all its threads wait, and work is queued",
	  stat_names },
	{ 0 },
};
static const char *const examples[] = { "threadpool", "threadpool -wi", "threadpool -ti",
					"threadpool -stat", NULL };
const struct command command_threadpool = {
	.name = "threadpool",
	.summary = "show the threads of the thread pool, and what is queued for them",
	.description =
		"Queues: [Global high-pri], [Global], [Global low-pri], and [Local] of each thread, in the order in which they are served. => is what the item calls.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = threadpool_run,
};
