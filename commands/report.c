/* report: what is worth knowing of a heap, on one page. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/interpreter/session.h"
#include "commands/shared/report_sections.h"
#include "heap/clr_threads.h"
#include "heap/gc/gc_heap.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

/* Of each list, so that the page stays one; JSON has the same. */
enum { TYPES_SHOWN = 10 };

static struct error *runtime_print(struct report *report)
{
	static const struct column columns[] = {
		{ "version", IN_WORDS, CELL_TEXT, 0 },
		{ "architecture", IN_WORDS, CELL_TEXT, 0 },
		{ "gc_mode", IN_WORDS, CELL_TEXT, 0 },
		{ "gc_heaps", IN_WORDS, CELL_INTEGER, 0 },
	};
	static const struct column target[] = { { "target", "Target      ", CELL_TEXT, 0 } };
	struct command_call *call = report->call;
	const struct gc_heap *gc = call->question.heap->gc;
	const char *version = heap_runtime_version(call->question.heap);
	if (!version)
		question_missing(&call->question, 0, "runtime: its version %s",
				 target_lacks_it(call->question.target));
	output_record_begin(call->out, NULL, target, COUNT_OF(target));
	output_text(call->out, session_name(call->session));
	output_record_end(call->out);
	output_record_begin(call->out, "runtime", columns, COUNT_OF(columns));
	output_text_or(call->out, version, "of unknown version");
	output_text(call->out, architecture_name(call->question.heap->target->architecture));
	output_text(call->out, gc->is_server ? "server" : "workstation");
	output_unsigned(call->out, gc->heap_count);
	output_sentence(call->out, gc->heap_count == 1
					   ? "Runtime     .NET {version}, {architecture}, "
					     "{gc_mode} GC, {gc_heaps} heap"
					   : "Runtime     .NET {version}, {architecture}, "
					     "{gc_mode} GC, {gc_heaps} heaps");
	output_record_end(call->out);
	return NULL;
}

static struct error *threads_print(struct report *report)
{
	static const struct column columns[] = {
		{ "total", IN_WORDS, CELL_INTEGER, 0 },
		{ "background", IN_WORDS, CELL_INTEGER, 0 },
		{ "unstarted", IN_WORDS, CELL_INTEGER, 0 },
		{ "dead", IN_WORDS, CELL_INTEGER, 0 },
		{ "threadpool", IN_WORDS, CELL_INTEGER, 0 },
		{ "with_exception", IN_WORDS, CELL_INTEGER, 0 },
	};
	struct command_call *call = report->call;
	const struct clr_threads *threads = call->question.heap->threads;
	uint64_t pool = 0, thrown = 0, unreadable = 0;
	for (size_t i = 0; i < threads->count; i++) {
		const struct clr_thread *thread = &threads->threads[i];
		uint64_t exception = 0;
		pool += (thread->state & (THREAD_STATE_WORKER | THREAD_STATE_COMPLETION_PORT)) != 0;
		struct error *error = exception_of_thread(call->question.heap, thread, &exception);
		if (error_take(&error, ERROR_FAULT))
			unreadable++;
		TRY(error);
		thrown += exception != 0;
	}
	if (unreadable)
		question_missing(&call->question, 0, "threads: the exceptions of %" PRIu64 " %s",
				 unreadable, target_lacks_them(call->question.target));
	output_record_begin(call->out, "threads", columns, COUNT_OF(columns));
	output_unsigned(call->out, threads->count);
	output_unsigned(call->out, threads->background);
	output_unsigned(call->out, threads->unstarted);
	output_unsigned(call->out, threads->dead);
	output_unsigned(call->out, pool);
	output_unsigned(call->out, thrown);
	output_sentence(call->out,
			"Threads     {total}: {background} background, {unstarted} unstarted, "
			"{dead} dead; {threadpool} of the thread pool, {with_exception} with an "
			"exception");
	output_record_end(call->out);
	return NULL;
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct report *report = context;
	TRY(heap_statistics_add(&report->statistics, object));
	return object->is_free ? NULL : report_meet(report, object);
}

static struct error *walk(struct report *report)
{
	struct heap_filter filter;
	heap_filter_init_all(&filter, &report->call->question);
	struct error *error = heap_filter_walk(&filter, visit, report);
	heap_filter_deinit(&filter);
	return error;
}

/* What the generations' spans hold: objects, and the free space between them. */
static void generations_print(struct report *report)
{
	static const struct column columns[] = { { "generation", "Generation", CELL_TEXT, -11 },
						 { "size", "Size", CELL_COUNT, 18 } };
	struct output *out = report->call->out;
	const struct gc_heap *gc = report->call->question.heap->gc;
	uint64_t sizes[GENERATION_COUNT] = { 0 };
	for (size_t i = 0; i < gc->span_count; i++)
		if (gc->spans[i].generation < GENERATION_COUNT)
			sizes[gc->spans[i].generation] += gc->spans[i].end - gc->spans[i].start;
	output_line(out, "%s", "");
	output_table_begin(out, "generations", columns, COUNT_OF(columns), true);
	for (unsigned i = 0; i < GENERATION_COUNT; i++) {
		output_row_begin(out);
		output_text(out, gc_generation_name((enum gc_generation)i));
		output_unsigned(out, sizes[i]);
		output_row_end(out);
	}
	output_table_end(out);
}

static void heap_print(struct report *report, const struct type_statistic *free_space)
{
	static const struct column columns[] = {
		{ "count", IN_WORDS, CELL_COUNT, 0 },
		{ "size", IN_WORDS, CELL_COUNT, 0 },
		{ "free_count", IN_WORDS, CELL_COUNT, 0 },
		{ "free_size", IN_WORDS, CELL_COUNT, 0 },
	};
	struct output *out = report->call->out;
	output_record_begin(out, "heap", columns, COUNT_OF(columns));
	output_unsigned(out, report->statistics.count - free_space->count);
	output_unsigned(out, report->statistics.size_bytes - free_space->size_bytes);
	output_unsigned(out, free_space->count);
	output_unsigned(out, free_space->size_bytes);
	output_sentence(out, "Heap        {count} objects, {size} bytes\n"
			     "Free        {free_count} places, {free_size} bytes");
	output_record_end(out);
}

/* Is `one` to stand before `other`? By size, then as they were met. */
static bool is_larger(const struct type_statistic *one, const struct type_statistic *other)
{
	if (one->size_bytes != other->size_bytes)
		return one->size_bytes > other->size_bytes;
	return one->order < other->order;
}

/* The largest types, the first first. */
static size_t types_choose(struct report *report, uint32_t *types,
			   struct type_statistic *free_space)
{
	const struct heap_statistics *statistics = &report->statistics;
	size_t count = 0;
	for (uint32_t i = 0; i < statistics->capacity; i++) {
		const struct type_statistic *statistic = &statistics->types[i];
		if (!statistic->count)
			continue;
		if (type_by_index(report->call->question.heap, i)->kind == TYPE_FREE) {
			free_space->count += statistic->count;
			free_space->size_bytes += statistic->size_bytes;
			continue;
		}
		size_t at = count < TYPES_SHOWN ? count++ : count;
		for (; at && is_larger(statistic, &statistics->types[types[at - 1]]); at--)
			if (at < TYPES_SHOWN)
				types[at] = types[at - 1];
		if (at < TYPES_SHOWN)
			types[at] = i;
	}
	return count;
}

static void types_print(struct report *report, const uint32_t *types, size_t count)
{
	static const struct column columns[] = { { "count", "Count", CELL_COUNT, 14 },
						 { "total_size", "TotalSize", CELL_COUNT, 18 },
						 { "type", "Largest types", CELL_TEXT, 0 } };
	struct output *out = report->call->out;
	output_line(out, "%s", "");
	output_table_begin(out, "types", columns, COUNT_OF(columns), count > 0);
	for (size_t i = 0; i < count; i++) {
		const struct type_statistic *statistic = &report->statistics.types[types[i]];
		output_row_begin(out);
		output_unsigned(out, statistic->count);
		output_unsigned(out, statistic->size_bytes);
		output_text(out,
			    type_name(report->call->question.heap,
				      type_by_index(report->call->question.heap, types[i]), NULL));
		output_row_end(out);
	}
	output_table_end(out);
}

static struct error *objects_print(struct report *report)
{
	uint32_t types[TYPES_SHOWN];
	struct type_statistic free_space = { 0 };
	struct command_call *call = report->call;
	if (call->question.heap->no_objects) {
		question_missing(&call->question, 0,
				 "heap, types, exceptions, tasks, locks, timers, thread pool: %s",
				 call->question.heap->no_objects);
		output_line(call->out, "Heap        not to be walked: %s",
			    call->question.heap->no_objects);
		return NULL;
	}
	report->monitors_error = report_monitors_read(report);
	TRY(walk(report));
	size_t count = types_choose(report, types, &free_space);
	heap_print(report, &free_space);
	generations_print(report);
	types_print(report, types, count);
	report_exceptions_print(report);
	report_tasks_print(report);
	return NULL;
}

static struct error *report_run(struct command_call *call)
{
	struct report report = { .call = call };
	struct error *error = report_init(&report);
	if (!error)
		error = runtime_print(&report);
	if (!error)
		error = threads_print(&report);
	if (!error)
		error = objects_print(&report);
	if (!error)
		error = report_tables_print(&report);
	report_deinit(&report);
	return error;
}

static const char *const examples[] = { "report", NULL };
const struct command command_report = {
	.name = "report",
	.summary = "one page on the heap: sizes, types, exceptions, tasks, locks, handles",
	.usage = "report",
	.description =
		"The runtime, threads, sizes of the generations, the largest types, exceptions by "
		"type and message, pending tasks, and what the runtime's tables hold (finalizers, "
		"handles, locks, timers, the thread pool), from one walk of the heap. "
		"What cannot be read is named, and makes the answer incomplete.",
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = report_run,
};
