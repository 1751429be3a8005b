/* What report tells of the runtime's tables. */
#include "commands/command.h"

#include "base/list.h"
#include "base/text.h"
#include "commands/shared/report_sections.h"
#include "heap/gc/finalize_queue.h"
#include "heap/gc/handles.h"
#include "heap/tasks/thread_pool.h"
#include "heap/tasks/timers.h"

#include <inttypes.h>

/* The part cannot be read: it says why, and the page is not whole. */
static struct error *part_missing(struct report *report, const char *title, const char *part,
				  struct error *error)
{
	if (error_is_fatal(error))
		return error;
	question_missing(&report->call->question, 0, "%s: %s", part, error->message);
	output_line(report->call->out, "%-11s cannot be read", title);
	error_free(error);
	return NULL;
}

/* Rows in JSON; in text their cells are one line, after their sum. */
static void handles_list(struct output *out, const struct gc_handle_counts *counts)
{
	static const struct column columns[] = { { "kind", NULL, CELL_TEXT, 0 },
						 { "count", NULL, CELL_INTEGER, 0 } };
	struct text line = { 0 };
	output_table_begin(out, "handles", columns, COUNT_OF(columns), false);
	for (unsigned i = 0; i < HANDLE_KIND_COUNT; i++) {
		if (!counts->of_kind[i])
			continue;
		const char *name = handle_kind_name((enum handle_kind)i);
		text_printf(&line, "%s %s %" PRIu64, line.length ? "," : ":", name,
			    counts->of_kind[i]);
		output_row_begin(out);
		output_text(out, name);
		output_unsigned(out, counts->of_kind[i]);
		output_row_end(out);
	}
	output_table_end(out);
	output_line(out, "Handles     %" PRIu64 "%s", counts->total, text_string(&line));
	text_deinit(&line);
}

static struct error *handles_print(struct report *report)
{
	struct gc_handle_counts counts;
	struct error *error =
		gc_handles_count(report->call->question.heap, report->call->question.task, &counts);
	if (error)
		return part_missing(report, "Handles", "handles", error);
	if (counts.lost && !counts.total)
		return part_missing(report, "Handles", "handles",
				    error_new(ERROR_FAULT, "the handle tables %s",
					      target_lacks_them(report->call->question.target)));
	if (counts.lost)
		question_missing(&report->call->question, 0,
				 "handles: %" PRIu64
				 " parts of the handle tables could not be read",
				 counts.lost);
	handles_list(report->call->out, &counts);
	return NULL;
}

static struct error *finalizers_print(struct report *report)
{
	static const struct column columns[] = { { "registered", IN_WORDS, CELL_INTEGER, 0 },
						 { "ready", IN_WORDS, CELL_INTEGER, 0 } };
	struct output *out = report->call->out;
	struct finalize_counts counts;
	struct error *error = finalize_counts_read(report->call->question.heap,
						   report->call->question.scratch, &counts);
	if (error)
		return part_missing(report, "Finalizers", "finalizers", error);
	output_record_begin(out, "finalizers", columns, COUNT_OF(columns));
	output_unsigned(out, counts.registered);
	output_unsigned(out, counts.ready);
	output_sentence(out,
			"Finalizers  {registered} objects have one to run, {ready} are dead and "
			"wait for it");
	output_record_end(out);
	return NULL;
}

static struct error *locks_print(struct report *report)
{
	static const struct column columns[] = {
		{ "monitors_held", IN_WORDS, CELL_INTEGER, 0 },
		{ "monitors_contended", IN_WORDS, CELL_INTEGER, 0 },
		{ "others_held", IN_WORDS, CELL_INTEGER, 0 },
		{ "others_contended", IN_WORDS, CELL_INTEGER, 0 },
	};
	struct output *out = report->call->out;
	struct error *error = report->monitors_error;
	report->monitors_error = NULL;
	if (error)
		return part_missing(report, "Locks", "locks", error);
	if (report->locks_unreadable)
		question_missing(&report->call->question, 0, "locks: %" PRIu64 " cannot be read",
				 report->locks_unreadable);
	if (!report->thin_layout.heap)
		question_missing(&report->call->question, 0, "locks: thin locks cannot be told");
	output_record_begin(out, "locks", columns, COUNT_OF(columns));
	output_unsigned(out, report->monitors.held);
	output_unsigned(out, report->monitors.contended);
	output_unsigned(out, report->other.held);
	output_unsigned(out, report->other.contended);
	output_sentence(out, "Locks       {monitors_held} monitors held, {monitors_contended} "
			     "waited for; of Lock, SemaphoreSlim and ReaderWriterLockSlim "
			     "{others_held} held, {others_contended} waited for");
	output_record_end(out);
	return NULL;
}

static struct error *timers_print(struct report *report)
{
	static const struct column columns[] = { { "timer_count", "Timers      ", CELL_INTEGER,
						   0 } };
	struct output *out = report->call->out;
	struct timers_found found;
	struct error *error = timers_count(report->call->question.heap, &found);
	if (error)
		return part_missing(report, "Timers", "timers", error);
	if (found.damaged)
		question_missing(&report->call->question, 0,
				 "timers: %" PRIu64 " chains of them are damaged", found.damaged);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_unsigned(out, found.count);
	output_record_end(out);
	return NULL;
}

static struct error *pool_print(struct report *report)
{
	static const struct column columns[] = { { "threads", IN_WORDS, CELL_INTEGER, 0 },
						 { "running", IN_WORDS, CELL_INTEGER, 0 },
						 { "queued", IN_WORDS, CELL_INTEGER, 0 } };
	struct output *out = report->call->out;
	struct thread_pool pool;
	struct work_found work = { 0 };
	struct error *error = thread_pool_read(report->call->question.heap, &pool);
	if (!error)
		error = thread_pool_count_work(report->call->question.heap, &work);
	if (error)
		return part_missing(report, "Thread pool", "thread pool", error);
	if (work.damaged)
		question_missing(&report->call->question, 0,
				 "thread pool: %" PRIu64 " queues cannot be read to their end",
				 work.damaged);
	output_record_begin(out, "thread_pool", columns, COUNT_OF(columns));
	output_unsigned(out, pool.total);
	output_unsigned(out, pool.running);
	output_unsigned(out, work.global + work.local);
	if (!pool.exists && work.none)
		output_sentence(out, "Thread pool not used yet");
	else
		output_sentence(out, "Thread pool {threads} threads, {running} of them at work; "
				     "{queued} work items queued");
	output_record_end(out);
	return NULL;
}

struct error *report_tables_print(struct report *report)
{
	output_line(report->call->out, "%s", "");
	TRY(finalizers_print(report));
	TRY(handles_print(report));
	if (report->call->question.heap->no_objects) /* locks, timers and the pool are objects */
		return NULL;
	TRY(locks_print(report));
	TRY(timers_print(report));
	return pool_print(report);
}
