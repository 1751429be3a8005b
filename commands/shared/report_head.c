#include "commands/shared/report_head.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/shared/exception_cells.h"
#include "heap/clr_threads.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* "SIGABRT"; NULL: not a signal of Linux. In `to`. */
static const char *signal_text(int number, char *to, size_t size)
{
	const char *name = sigabbrev_np(number);
	if (name)
		snprintf(to, size, "SIG%s", name);
	return name ? to : NULL;
}

static const char *crash_sentence(const struct heap_report *report)
{
	bool named = report->crash_thread_name.state == VIEW_STRING_READ;
	bool thrown = report->crash.thrown != 0;
	if (!report->crash_thread)
		return "Crash       {signal_name} in the thread {os_id}, which is none of .NET's";
	if (thrown)
		return named ? "Crash       {signal_name} in thread {managed_id} \"{thread_name}\" "
			       "({os_id}): {exception}: {message}"
			     : "Crash       {signal_name} in thread {managed_id} ({os_id}): "
			       "{exception}: {message}";
	return named ? "Crash       {signal_name} in thread {managed_id} \"{thread_name}\" ({os_id})"
		     : "Crash       {signal_name} in thread {managed_id} ({os_id})";
}

void report_crash_print(struct command_call *call, const struct heap_report *report)
{
	static const struct column columns[] = {
		{ "signal", NULL, CELL_INTEGER, 0 },
		{ "signal_name", IN_WORDS, CELL_TEXT, 0 },
		{ "os_id", IN_WORDS, CELL_INTEGER, 0 },
		{ "managed_id", IN_WORDS, CELL_INTEGER, 0 },
		{ "thread_name", IN_WORDS, CELL_VALUE, 0 },
		{ "exception", IN_WORDS, CELL_VALUE, 0 },
		{ "message", IN_WORDS, CELL_VALUE, 0 },
	};
	const struct crash *crash = &report->crash;
	struct output *out = call->out;
	char name[32], number[32], id[32];
	if (!report->has_crash)
		return;
	snprintf(number, sizeof(number), "signal %d", crash->signal);
	snprintf(id, sizeof(id), "0x%x", (unsigned)crash->tid);
	output_record_begin(out, "crash", columns, COUNT_OF(columns));
	output_signed(out, crash->signal);
	output_text_or(out, signal_text(crash->signal, name, sizeof(name)), number);
	output_number_as(out, crash->tid, id);
	if (report->crash_thread)
		output_unsigned(out, report->crash_thread->managed_id);
	else
		output_null(out);
	view_string_cell(out, &report->crash_thread_name, "");
	if (crash->thrown) {
		const char *type = crash->exception.type ? type_name(call->question.heap,
								     crash->exception.type, NULL)
							 : "<unreadable object>";
		output_reference_as(out, crash->thrown, type, type);
	} else {
		output_null(out);
	}
	view_string_cell(out, &crash->message, "no message");
	output_sentence(out, crash_sentence(report));
	output_record_end(out);
}

void report_pool_line(struct output *out, const struct pool_starvation *found)
{
	if (found->state == POOL_STARVED)
		output_line(out,
			    "Pool        starved: all %u threads wait for what others would do, "
			    "%" PRIu64 " items are queued, and the pool %s",
			    found->pool.total, found->queued,
			    found->at_maximum ? "is at its maximum" : "adds threads slowly");
	else if (found->state == POOL_ALL_WAIT)
		output_line(out,
			    "Pool        all %u threads wait, not known for what; %" PRIu64
			    " items are queued",
			    found->pool.total, found->queued);
}

/* "memory": of a process, of a dump's note, of the dump. */
static const char *memory_source(const struct heap_report *report)
{
	if (report->memory.is_of_dump)
		return "dump";
	return report->question->target->is_live ? "process" : "note";
}

static const char *memory_sentence(const struct memory_use *memory)
{
	if (memory->is_of_dump)
		return "Memory      {resident} bytes in the dump: GC heap {heap_committed} committed, "
		       "other private memory {native}, files {files}";
	if (memory->usage.limit_bytes)
		return "Memory      {resident} bytes resident, {limit_used} of {limit} used in its "
		       "control group: GC heap {heap_committed} committed, other private memory "
		       "{native}, files {files}";
	return "Memory      {resident} bytes resident: GC heap {heap_committed} committed, other "
	       "private memory {native}, files {files}";
}

static void time_cell(struct output *out, int64_t time_s)
{
	struct tm parts;
	time_t when = (time_t)time_s;
	char text[32];
	if (!time_s || !gmtime_r(&when, &parts) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts))
		output_null(out);
	else
		output_text(out, text);
}

static void number_or_null(struct output *out, bool known, uint64_t number)
{
	if (known)
		output_unsigned(out, number);
	else
		output_null(out);
}

void report_memory_print(struct output *out, const struct heap_report *report)
{
	static const struct column columns[] = {
		{ "source", NULL, CELL_TEXT, 0 },
		{ "time", NULL, CELL_VALUE, 0 },
		{ "resident", IN_WORDS, CELL_COUNT, 0 },
		{ "anonymous", NULL, CELL_INTEGER, 0 },
		{ "files", IN_WORDS, CELL_COUNT, 0 },
		{ "limit", IN_WORDS, CELL_COUNT, 0 },
		{ "limit_used", IN_WORDS, CELL_COUNT, 0 },
		{ "heap_committed", IN_WORDS, CELL_COUNT, 0 },
		{ "heap_allocated", NULL, CELL_INTEGER, 0 },
		{ "native", IN_WORDS, CELL_COUNT, 0 },
	};
	const struct memory_use *memory = &report->memory;
	const struct target_usage *usage = &memory->usage;
	if (!usage->resident_bytes)
		return;
	output_record_begin(out, "memory", columns, COUNT_OF(columns));
	output_text(out, memory_source(report));
	time_cell(out, usage->time_s);
	output_unsigned(out, usage->resident_bytes);
	output_unsigned(out, usage->anonymous_bytes);
	output_unsigned(out, usage->file_bytes);
	number_or_null(out, usage->limit_bytes, usage->limit_bytes);
	number_or_null(out, usage->limit_bytes, usage->limit_used_bytes);
	output_unsigned(out, memory->heap_committed);
	output_unsigned(out, memory->heap_allocated);
	output_unsigned(out, memory->native_bytes);
	output_sentence(out, memory_sentence(memory));
	output_record_end(out);
}

/* Rows in JSON; in text one line. */
void report_settings_print(struct output *out, const struct gc_settings *settings)
{
	static const struct column columns[] = { { "name", NULL, CELL_TEXT, 0 },
						 { "value", NULL, CELL_TEXT, 0 },
						 { "source", NULL, CELL_TEXT, 0 } };
	CLEANUP(text_deinit) struct text line = { 0 };
	output_table_begin(out, "gc_settings", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < settings->count; i++) {
		const struct gc_setting *setting = &settings->settings[i];
		text_printf(&line, "%s%s=%s", i ? ", " : "", setting->name, setting->value);
		output_row_begin(out);
		output_text(out, setting->name);
		output_text(out, setting->value);
		output_text(out, setting->is_variable ? "environment" : "runtimeconfig");
		output_row_end(out);
	}
	output_table_end(out);
	if (settings->count)
		output_line(out, "GC settings %s", text_string(&line));
}

static void owner_cells(struct command_call *call, const struct large_array *large)
{
	struct heap *heap = call->question.heap;
	CLEANUP(text_deinit) struct text text = { 0 };
	if (!large->owner) {
		output_null(call->out);
		output_nothing(call->out, "");
		return;
	}
	const char *name = type_name(heap, type_by_index(heap, large->owner_type), NULL);
	text_printf(&text, ", in %012" PRIx64 " %s%s%s", large->owner, name,
		    large->field ? "." : "", large->field ? large->field : "");
	output_text_or_null(call->out, large->field);
	output_reference_as(call->out, large->owner, name, text_string(&text));
}

static void large_row(struct command_call *call, const struct large_array *large)
{
	struct heap *heap = call->question.heap;
	uint32_t type = large->collection ? large->collection_type : large->array.type;
	output_row_begin(call->out);
	if (large->count_known)
		output_unsigned(call->out, large->count);
	else
		output_nothing(call->out, "?");
	output_unsigned(call->out, large->array.size);
	output_address(call->out, large->collection ? large->collection : large->array.address);
	output_text(call->out, type_name(heap, type_by_index(heap, type), NULL));
	output_address(call->out, large->array.address);
	owner_cells(call, large);
	output_words(call->out, "{address} {type}{owner}");
	output_row_end(call->out);
}

void report_large_print(struct command_call *call, const struct heap_report *report)
{
	static const struct column columns[] = {
		{ "count", "Count", CELL_COUNT, 14 },
		{ "array_size", "Array's size", CELL_COUNT, 18 },
		{ "address", IN_WORDS, CELL_ADDRESS, 0 },
		{ "type", IN_WORDS, CELL_TEXT, 0 },
		{ "array", NULL, CELL_ADDRESS, 0 },
		{ "owner_field", NULL, CELL_VALUE, 0 },
		{ "owner", IN_WORDS, CELL_VALUE, 0 },
		{ NULL, "Largest collections", CELL_TEXT, 0 },
	};
	const struct large_arrays *large = &report->large;
	if (large->count)
		output_line(call->out, "%s", "");
	output_table_begin(call->out, "collections", columns, COUNT_OF(columns), large->count > 0);
	for (size_t i = 0; i < large->count; i++)
		large_row(call, &large->arrays[i]);
	output_table_end(call->out);
}

void report_next(struct output *out, const struct heap_report *report)
{
	const struct memory_use *memory = &report->memory;
	bool mostly_native =
		!memory->is_of_dump && memory->native_bytes > memory->usage.resident_bytes / 2;
	const struct {
		bool is_due;
		const char *command;
	} all[] = {
		{ report->has_crash, "crashinfo" },
		{ report->waits.cycle_count || report->waits.abandoned, "dumplocks" },
		{ report->starvation.state != POOL_GOES_ON, "threadpool -stat" },
		{ report->starvation.state != POOL_GOES_ON, "threadpoolqueue" },
		{ mostly_native, "maddress -summary" },
		{ report->tasks.total > 0, "dumpasync" },
		{ report->exceptions.total > 0, "dumpexceptions" },
		{ report->largest_count > 0, "dumpheap -stat" },
	};
	unsigned count = 0;
	for (size_t i = 0; i < COUNT_OF(all) && count < 4; i++)
		if (all[i].is_due) {
			output_next(out, "%s", all[i].command);
			count++;
		}
}
