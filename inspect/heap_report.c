#include "inspect/heap_report.h"

#include "heap/clr_threads.h"
#include "inspect/thread_view.h"

#include <inttypes.h>

struct error *heap_report_init(struct heap_report *report, const struct question *question)
{
	struct heap *heap = question->heap;
	*report = (struct heap_report){ .question = question };
	arena_init(&report->text);
	report->exceptions.arena = report->tasks.arena = question->scratch;
	struct error *error = thin_locks_open(heap, &report->thin_layout);
	if (error)
		report->thin_layout.heap = NULL;
	if (error_is_fatal(error))
		return error;
	error_free(error);
	return NULL;
}

void heap_report_deinit(struct heap_report *report)
{
	heap_statistics_deinit(&report->statistics);
	tally_deinit(&report->exceptions);
	tally_deinit(&report->tasks);
	large_part_deinit(&report->large_part);
	waits_deinit(&report->waits);
	id_map_deinit(&report->thrown);
	id_map_deinit(&report->inner_locks);
	error_free(report->monitors_error);
	arena_deinit(&report->text);
}

struct error *heap_report_threads(struct heap_report *report)
{
	const struct question *question = report->question;
	const struct clr_threads *threads = question->heap->threads;
	uint64_t unreadable = 0;
	for (size_t i = 0; i < threads->count; i++) {
		const struct clr_thread *thread = &threads->threads[i];
		uint64_t exception = 0;
		TRY(task_check(question->task, "reading the threads"));
		report->pool_threads +=
			(thread->state & (THREAD_STATE_WORKER | THREAD_STATE_COMPLETION_PORT)) != 0;
		struct error *error = exception_of_thread(question->heap, thread, &exception);
		if (error_take(&error, ERROR_FAULT))
			unreadable++;
		TRY(error);
		report->threads_with_exception += exception != 0;
		if (exception)
			TRY(id_map_put(&report->thrown, exception, 0));
	}
	if (unreadable)
		question_missing(question, 0, "threads: the exceptions of %" PRIu64 " %s",
				 unreadable, target_lacks_them(question->target));
	return NULL;
}

/* Of a dump: a process that runs has not crashed. */
static struct error *crash_read(struct heap_report *report)
{
	const struct question *question = report->question;
	struct crash *crash = &report->crash;
	if (question->target->is_live)
		return NULL;
	struct error *error = crash_find(question, crash);
	if (error_take(&error, ERROR_NOT_FOUND)) {
		question_missing_of_threads(question);
		return NULL;
	}
	if (error_take_damage(&error))
		question_missing(question, 0, "crash: the exception %s",
				 target_lacks_it(question->target));
	TRY(error);
	report->has_crash = true;
	report->crash_thread = thread_with_os_id(question->heap, (uint64_t)crash->tid);
	if (!report->crash_thread)
		return NULL;
	return thread_name(question, report->crash_thread, question->scratch,
			   &report->crash_thread_name);
}

struct error *heap_report_process(struct heap_report *report)
{
	TRY(crash_read(report));
	TRY(memory_use_read(report->question, &report->memory));
	TRY(gc_settings_read(report->question, &report->settings));
	return waits_read(&report->waits, report->question);
}

/* What reading a part led to. */
static struct error *part_done(struct heap_report *report, enum report_part part, const char *name,
			       struct error *error)
{
	if (!error)
		report->parts |= part;
	if (!error || error_is_fatal(error))
		return error;
	question_missing(report->question, 0, "%s: %s", name, error->message);
	error_free(error);
	return NULL;
}

static struct error *finalizers_read(struct heap_report *report)
{
	const struct question *question = report->question;
	return finalize_counts_read(question->heap, question->scratch, &report->finalizers);
}

static struct error *handles_read(struct heap_report *report)
{
	const struct question *question = report->question;
	struct gc_handle_counts *counts = &report->handles;
	TRY(gc_handles_count(question->heap, question->task, counts));
	if (counts->lost && !counts->total)
		return error_new(ERROR_FAULT, "the handle tables %s",
				 target_lacks_them(question->target));
	if (counts->lost)
		question_missing(question, 0,
				 "handles: %" PRIu64
				 " parts of the handle tables could not be read",
				 counts->lost);
	return NULL;
}

static struct error *locks_read(struct heap_report *report)
{
	const struct question *question = report->question;
	struct error *error = report->monitors_error;
	report->monitors_error = NULL;
	TRY(error);
	if (report->locks_unreadable)
		question_missing(question, 0, "locks: %" PRIu64 " cannot be read",
				 report->locks_unreadable);
	if (!report->thin_layout.heap)
		question_missing(question, 0, "locks: thin locks cannot be told");
	return NULL;
}

static struct error *timers_read(struct heap_report *report)
{
	struct timers_found found;
	TRY(timers_count(report->question->heap, &found));
	report->timers = found.count;
	if (found.unknown)
		return error_new(ERROR_FAULT, "they cannot be read");
	if (found.cut)
		question_missing(report->question, 0,
				 "timers: %" PRIu64 " %s cannot be read to the end", found.cut,
				 found.cut == 1 ? "list" : "lists");
	return NULL;
}

/* What of its queues and counts cannot be read is counted with the question whether it is starved.
 */
static struct error *pool_read(struct heap_report *report)
{
	struct heap *heap = report->question->heap;
	struct pool_starvation *found = &report->starvation;
	TRY(pool_starvation_read(report->question, &report->waits, found));
	report->pool = found->pool;
	report->work = found->work;
	if (!found->pool.exists)
		TRY(thread_pool_count_work(heap, &report->work));
	if (report->pool.unknown || report->work.unknown)
		return error_new(ERROR_FAULT, "%s cannot be read",
				 report->pool.unknown ? "it" : "what is queued");
	return NULL;
}

struct error *heap_report_tables(struct heap_report *report)
{
	TRY(part_done(report, REPORT_FINALIZERS, "finalizers", finalizers_read(report)));
	TRY(part_done(report, REPORT_HANDLES, "handles", handles_read(report)));
	if (report->question->heap->no_objects) /* locks, timers and the pool are objects */
		return NULL;
	TRY(part_done(report, REPORT_LOCKS, "locks", locks_read(report)));
	TRY(part_done(report, REPORT_TIMERS, "timers", timers_read(report)));
	return part_done(report, REPORT_POOL, "thread pool", pool_read(report));
}
