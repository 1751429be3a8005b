/* report: what is worth knowing of a heap, on one page. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/interpreter/session.h"
#include "commands/shared/report_head.h"
#include "commands/shared/thread_cells.h"
#include "heap/clr_threads.h"
#include "inspect/heap_report.h"
#include "inspect/runtime_version.h"

#include <inttypes.h>

/* Of each list, so that the page stays one; JSON has the same. */
enum { EXCEPTIONS_SHOWN = 10, TASKS_SHOWN = 8 };

/* The sentence: with the version that people know, the file's, both, or neither. */
static const char *runtime_sentence(const char *product, const char *version)
{
	if (product && version)
		return "Runtime     .NET {product_version} (file version {version}), "
		       "{architecture}, {gc_mode} GC, {gc_heaps}, {gc_regions}{datas}";
	if (product)
		return "Runtime     .NET {product_version}, {architecture}, {gc_mode} GC, "
		       "{gc_heaps}, {gc_regions}{datas}";
	return "Runtime     .NET {version}, {architecture}, {gc_mode} GC, {gc_heaps}, {gc_regions}{datas}";
}

static struct error *runtime_print(struct command_call *call)
{
	static const struct column columns[] = {
		{ "version", IN_WORDS, CELL_TEXT, 0 },
		{ "product_version", IN_WORDS, CELL_TEXT, 0 },
		{ "architecture", IN_WORDS, CELL_TEXT, 0 },
		{ "gc_mode", IN_WORDS, CELL_TEXT, 0 },
		{ "gc_heaps", IN_WORDS, CELL_INTEGER, 0 },
		{ "gc_regions", IN_WORDS, CELL_VALUE, 0 },
		{ "datas", IN_WORDS, CELL_INTEGER, 0 },
	};
	static const struct column target[] = { { "target", "Target      ", CELL_TEXT, 0 } };
	const struct gc_heap *gc = call->question.heap->gc;
	const char *version, *product;
	char heaps[32];
	TRY(runtime_version(&call->question, &version));
	TRY(runtime_product_version(&call->question, &product));
	snprintf(heaps, sizeof(heaps), "%" PRIu32 " heap%s", gc->heap_count,
		 gc->heap_count == 1 ? "" : "s");
	output_record_begin(call->out, NULL, target, COUNT_OF(target));
	output_text(call->out, session_name(call->session));
	output_record_end(call->out);
	output_record_begin(call->out, "runtime", columns, COUNT_OF(columns));
	output_text_or(call->out, version, "of unknown version");
	output_text_or_null(call->out, product);
	output_text(call->out, architecture_name(call->question.heap->target->architecture));
	output_text(call->out, gc->is_server ? "server" : "workstation");
	output_number_as(call->out, gc->heap_count, heaps);
	output_bool_as(call->out, gc->has_regions, gc->has_regions ? "regions" : "segments");
	if (gc->dynamic_adaptation_mode >= 0)
		output_number_as(call->out, gc->dynamic_adaptation_mode,
				 gc->dynamic_adaptation_mode ? ", DATAS" : ", no DATAS");
	else
		output_nothing(call->out, "");
	output_sentence(call->out, runtime_sentence(product, version));
	output_record_end(call->out);
	return NULL;
}

static void threads_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = {
		{ "total", IN_WORDS, CELL_INTEGER, 0 },
		{ "background", IN_WORDS, CELL_INTEGER, 0 },
		{ "unstarted", IN_WORDS, CELL_INTEGER, 0 },
		{ "dead", IN_WORDS, CELL_INTEGER, 0 },
		{ "threadpool", IN_WORDS, CELL_INTEGER, 0 },
		{ "with_exception", IN_WORDS, CELL_INTEGER, 0 },
	};
	const struct clr_threads *threads = report->question->heap->threads;
	output_record_begin(out, "threads", columns, COUNT_OF(columns));
	output_unsigned(out, threads->count);
	output_unsigned(out, threads->background);
	output_unsigned(out, threads->unstarted);
	output_unsigned(out, threads->dead);
	output_unsigned(out, report->pool_threads);
	output_unsigned(out, report->threads_with_exception);
	output_sentence(out, "Threads     {total}: {background} background, {unstarted} unstarted, "
			     "{dead} dead; {threadpool} of the thread pool, {with_exception} with "
			     "an exception");
	output_record_end(out);
}

static void heap_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = {
		{ "count", IN_WORDS, CELL_COUNT, 0 },
		{ "size", IN_WORDS, CELL_COUNT, 0 },
		{ "free_count", IN_WORDS, CELL_COUNT, 0 },
		{ "free_size", IN_WORDS, CELL_COUNT, 0 },
		{ "outlived_size", IN_WORDS, CELL_COUNT, 0 },
	};
	const struct type_statistic *free_space = &report->free_space;
	const uint64_t *bytes = report->object_bytes;
	output_record_begin(out, "heap", columns, COUNT_OF(columns));
	output_unsigned(out, report->statistics.count - free_space->count);
	output_unsigned(out, report->statistics.size_bytes - free_space->size_bytes);
	output_unsigned(out, free_space->count);
	output_unsigned(out, free_space->size_bytes);
	output_unsigned(out, bytes[GENERATION_1] + bytes[GENERATION_2] + bytes[GENERATION_LARGE] +
				     bytes[GENERATION_PINNED]);
	output_sentence(
		out, "Heap        {count} objects, {size} bytes\n"
		     "Live        {outlived_size} bytes in gen1, gen2, loh and poh: what was live "
		     "at the last collection, and large objects since\n"
		     "Free        {free_count} places, {free_size} bytes\n");
	output_record_end(out);
}

static void generations_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = { { "generation", "Generation", CELL_TEXT, -11 },
						 { "size", "Size", CELL_COUNT, 18 } };
	static const struct column contexts[] = { { "allocation_contexts_size", IN_WORDS,
						    CELL_COUNT, 18 } };
	output_table_begin(out, "generations", columns, COUNT_OF(columns), true);
	for (unsigned i = 0; i < GENERATION_COUNT; i++) {
		output_row_begin(out);
		output_text(out, gc_generation_name((enum gc_generation)i));
		output_unsigned(out, report->generation_bytes[i]);
		output_row_end(out);
	}
	output_table_end(out);
	output_record_begin(out, NULL, contexts, COUNT_OF(contexts));
	output_unsigned(out, report->context_bytes);
	output_sentence(out, "contexts    {allocation_contexts_size} of gen0, given to threads and "
			     "not used yet");
	output_record_end(out);
	output_line(out, "%s", "");
}

static void types_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = { { "count", "Count", CELL_COUNT, 14 },
						 { "total_size", "TotalSize", CELL_COUNT, 18 },
						 { "type", "Largest types", CELL_TEXT, 0 } };
	struct heap *heap = report->question->heap;
	output_table_begin(out, "types", columns, COUNT_OF(columns), report->largest_count > 0);
	for (size_t i = 0; i < report->largest_count; i++) {
		uint32_t type = report->largest[i];
		output_row_begin(out);
		output_unsigned(out, report->statistics.types[type].count);
		output_unsigned(out, report->statistics.types[type].size_bytes);
		output_text(out, type_name(heap, type_by_index(heap, type), NULL));
		output_row_end(out);
	}
	output_table_end(out);
}

/* How many there are beyond those shown. */
static void others_line(struct output *out, const struct tally *tally, size_t shown)
{
	uint64_t left = tally->total;
	for (size_t i = 0; i < tally->count && i < shown; i++)
		left -= tally->entries[i].count;
	if (left)
		output_line(out, "%14" PRIu64 " others", left);
}

static void exceptions_print(struct output *out, const struct heap_report *report)
{
	const struct tally *tally = &report->exceptions;
	static const struct column columns[] = { { "count", "Count", CELL_COUNT, 14 },
						 { "type", IN_WORDS, CELL_TEXT, 0 },
						 { "message", IN_WORDS, CELL_TEXT, 0 },
						 { NULL, "Exceptions", CELL_TEXT, 0 } };
	static const struct column total[] = {
		{ "exception_count", NULL, CELL_INTEGER, 0 },
		{ "preallocated_exception_count", NULL, CELL_INTEGER, 0 },
	};
	output_record_begin(out, NULL, total, COUNT_OF(total));
	output_unsigned(out, tally->total);
	output_unsigned(out, report->preallocated_exceptions);
	output_record_end(out);
	output_line(out, "%s", "");
	output_table_begin(out, "exceptions", columns, COUNT_OF(columns), tally->count > 0);
	for (size_t i = 0; i < tally->count && i < EXCEPTIONS_SHOWN; i++) {
		const struct tally_entry *entry = &tally->entries[i];
		output_row_begin(out);
		output_unsigned(out, entry->count);
		output_text(out, entry->name);
		output_text_or_null(out, entry->detail);
		output_words(out, entry->detail ? "{type}: {message}" : "{type}");
		output_row_end(out);
	}
	output_table_end(out);
	if (!tally->count)
		output_line(out, "Exceptions  none");
	others_line(out, tally, EXCEPTIONS_SHOWN);
	if (report->preallocated_exceptions)
		output_line(out, "%14" PRIu64 " made by the runtime in advance, and not thrown",
			    report->preallocated_exceptions);
}

/* A part that cannot be read is a line in text; JSON leaves it out. */
static bool is_read(struct output *out, const struct heap_report *report, enum report_part part,
		    const char *title)
{
	if (!(report->parts & part))
		output_line(out, "%-11s cannot be read", title);
	return report->parts & part;
}

static void tasks_print(struct output *out, const struct heap_report *report)
{
	const struct tally *tally = &report->tasks;
	static const struct column columns[] = { { "count", "Count", CELL_COUNT, 14 },
						 { "type", "Pending tasks", CELL_TEXT, 0 } };
	static const struct column total[] = { { "pending_task_count", NULL, CELL_INTEGER, 0 } };
	if (!(report->parts & REPORT_TASKS)) {
		output_line(out, "%s", "");
		is_read(out, report, REPORT_TASKS, "Pending tasks");
		return;
	}
	output_record_begin(out, NULL, total, COUNT_OF(total));
	output_unsigned(out, tally->total);
	output_record_end(out);
	output_line(out, "%s", "");
	output_table_begin(out, "pending_tasks", columns, COUNT_OF(columns), tally->count > 0);
	for (size_t i = 0; i < tally->count && i < TASKS_SHOWN; i++) {
		output_row_begin(out);
		output_unsigned(out, tally->entries[i].count);
		output_text(out, tally->entries[i].name);
		output_row_end(out);
	}
	output_table_end(out);
	if (!tally->count)
		output_line(out, "Pending tasks  none");
	others_line(out, tally, TASKS_SHOWN);
}

static void objects_print(struct command_call *call, const struct heap_report *report)
{
	struct output *out = call->out;
	const char *lack = report->question->heap->no_objects;
	if (lack) {
		output_line(out, "Heap        not to be walked: %s", lack);
		return;
	}
	heap_print(out, report);
	generations_print(out, report);
	types_print(out, report);
	report_large_print(call, report);
	exceptions_print(out, report);
	tasks_print(out, report);
}

static void finalizers_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = { { "registered", IN_WORDS, CELL_INTEGER, 0 },
						 { "ready", IN_WORDS, CELL_INTEGER, 0 } };
	if (!is_read(out, report, REPORT_FINALIZERS, "Finalizers"))
		return;
	output_record_begin(out, "finalizers", columns, COUNT_OF(columns));
	output_unsigned(out, report->finalizers.registered);
	output_unsigned(out, report->finalizers.ready);
	output_sentence(out,
			"Finalizers  {registered} objects have one to run, {ready} are dead and "
			"wait for it");
	output_record_end(out);
}

/* Rows in JSON; in text their cells are one line, after their sum. */
static void handles_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = { { "kind", NULL, CELL_TEXT, 0 },
						 { "count", NULL, CELL_INTEGER, 0 } };
	const struct gc_handle_counts *counts = &report->handles;
	CLEANUP(text_deinit) struct text line = { 0 };
	if (!is_read(out, report, REPORT_HANDLES, "Handles"))
		return;
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
}

static void locks_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = {
		{ "monitors_held", IN_WORDS, CELL_INTEGER, 0 },
		{ "monitors_contended", IN_WORDS, CELL_INTEGER, 0 },
		{ "others_held", IN_WORDS, CELL_INTEGER, 0 },
		{ "others_contended", IN_WORDS, CELL_INTEGER, 0 },
	};
	if (!is_read(out, report, REPORT_LOCKS, "Locks"))
		return;
	output_record_begin(out, "locks", columns, COUNT_OF(columns));
	output_unsigned(out, report->monitors.held);
	output_unsigned(out, report->monitors.contended);
	if (report->parts & REPORT_OTHER_LOCKS) {
		output_unsigned(out, report->other.held);
		output_unsigned(out, report->other.contended);
	} else {
		output_nothing(out, "?");
		output_nothing(out, "?");
	}
	output_sentence(out, "Locks       {monitors_held} monitors held, {monitors_contended} "
			     "waited for; of Lock, SemaphoreSlim and ReaderWriterLockSlim "
			     "{others_held} held, {others_contended} waited for");
	output_record_end(out);
}

static void timers_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = { { "timer_count", "Timers      ", CELL_INTEGER,
						   0 } };
	if (!is_read(out, report, REPORT_TIMERS, "Timers"))
		return;
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_unsigned(out, report->timers);
	output_record_end(out);
}

static void pool_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = {
		{ "threads", IN_WORDS, CELL_INTEGER, 0 }, { "running", IN_WORDS, CELL_INTEGER, 0 },
		{ "queued", IN_WORDS, CELL_INTEGER, 0 },  { "state", NULL, CELL_VALUE, 0 },
		{ "stuck", NULL, CELL_INTEGER, 0 },       { "at_maximum", NULL, CELL_VALUE, 0 }
	};
	const struct pool_starvation *starvation = &report->starvation;
	if (!is_read(out, report, REPORT_POOL, "Thread pool"))
		return;
	output_record_begin(out, "thread_pool", columns, COUNT_OF(columns));
	output_unsigned(out, report->pool.total);
	output_unsigned(out, report->pool.running);
	output_unsigned(out, report->work.global + report->work.local);
	output_text_or_null(out, starvation->known ? pool_state_name(starvation->state) : NULL);
	if (starvation->known || !report->pool.exists) {
		output_unsigned(out, starvation->stuck);
		output_bool(out, starvation->at_maximum);
	} else {
		output_skip(out);
		output_skip(out);
	}
	if (!report->pool.exists && report->work.none)
		output_sentence(out, "Thread pool not used yet");
	else
		output_sentence(out, "Thread pool {threads} threads, {running} of them at work; "
				     "{queued} work items queued");
	output_record_end(out);
}

/* Are there deadlocks to begin with, or threads that wait for what has ended? That there is none,
 * or how far that is known, is said of the locks. */
static bool deadlocks_open_it(const struct heap_report *report)
{
	return report->waits_concluded && (report->waits.cycle_count || report->waits.abandoned);
}

static struct error *tables_print(struct command_call *call, const struct heap_report *report)
{
	struct output *out = call->out;
	output_line(out, "%s", "");
	finalizers_print(out, report);
	handles_print(out, report);
	if (report->question->heap->no_objects) /* locks, timers and the pool are objects */
		return NULL;
	locks_print(out, report);
	if (!deadlocks_open_it(report))
		TRY(deadlocks_print(call, &report->waits, report->locks_lost));
	timers_print(out, report);
	pool_print(out, report);
	return NULL;
}

static struct error *head_print(struct command_call *call, const struct heap_report *report)
{
	report_crash_print(call, report);
	if (deadlocks_open_it(report))
		TRY(deadlocks_print(call, &report->waits, report->locks_lost));
	report_pool_line(call->out, &report->starvation);
	report_memory_print(call->out, report);
	TRY(runtime_print(call));
	report_settings_print(call->out, &report->settings);
	threads_print(call->out, report);
	return NULL;
}

/* The steps that are done, each after the one before it. */
enum step { STEP_PROCESS, STEP_OBJECTS, STEP_TABLES, STEP_COUNT };

static struct error *step_do(struct heap_report *report, enum step step)
{
	switch (step) {
	case STEP_PROCESS:
		TRY(heap_report_threads(report));
		return heap_report_process(report);
	case STEP_OBJECTS:
		return heap_report_objects(report);
	case STEP_TABLES:
		return heap_report_tables(report);
	case STEP_COUNT:
		break;
	}
	return NULL;
}

/* What the steps have found. */
static struct error *steps_print(struct command_call *call, const struct heap_report *report,
				 unsigned done)
{
	if (done > STEP_PROCESS)
		TRY(head_print(call, report));
	if (done > STEP_OBJECTS)
		objects_print(call, report);
	return done > STEP_TABLES ? tables_print(call, report) : NULL;
}

/* What there is to conclude comes first, so everything is read before the first line; where that is
 * stopped, what was found before is shown. */
static struct error *report_run(struct command_call *call)
{
	CLEANUP(heap_report_deinit) struct heap_report report;
	unsigned done = 0;
	struct error *error = heap_report_init(&report, &call->question);
	for (; !error && done < STEP_COUNT; done += !error)
		error = step_do(&report, (enum step)done);
	struct error *shown = steps_print(call, &report, done);
	report_next(call->out, &report);
	if (!error)
		return shown;
	error_free(shown);
	return error;
}

static const char *const examples[] = { "report", NULL };
const struct command command_report = {
	.name = "report",
	.summary =
		"one page on the process: crash, deadlocks, memory, sizes, types, exceptions, tasks, locks",
	.description =
		"It opens with what there is to conclude: a crash (signal, thread, exception), deadlocks, a starved thread pool, and where the memory is. Of a process, and of a dump that collect wrote, that is against what is resident and what the control group allows; of another dump it is what the dump holds. GC settings are those of the environment (DOTNET_GC…) and of runtimeconfig.json, as they were written.\n\nThen the runtime, threads, sizes of the generations, the largest types, the largest arrays of the large object heap with the collection and the object that they are in, exceptions by type and message, pending tasks, and what the runtime's tables hold (finalizers, handles, locks, timers, the thread pool), from one walk of the heap. The object that a collection is in is looked for among types of which there are at most three objects; statics are not looked at. Exceptions that the runtime made in advance are not listed unless a thread has thrown one. What cannot be read is named, and makes the answer incomplete.",
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = report_run,
};
