/* crashinfo: why the dump was taken: the signal, its thread, the exception that was not handled. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/exception_view.h"
#include "heap/clr_threads.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

struct stopped {
	int tid, signal;
};

/* The first thread with a signal of a crash: not one that a debugger or a dump tool stopped. */
static struct error *find_stopped(const struct target_thread *thread, void *context)
{
	struct stopped *stopped = context;
	if (!stopped->signal && thread->signal && thread->signal != SIGSTOP &&
	    thread->signal != SIGTRAP)
		*stopped = (struct stopped){ thread->tid, thread->signal };
	return NULL;
}

/* "ABRT" …; NULL: not a signal of Linux. */
static const char *signal_text(int number)
{
	return sigabbrev_np(number);
}

static const struct clr_thread *managed_thread(const struct heap *heap, int tid)
{
	const struct clr_threads *threads = heap->threads;
	for (size_t i = 0; i < threads->count; i++)
		if (threads->threads[i].os_id == (uint64_t)tid)
			return &threads->threads[i];
	return NULL;
}

static struct error *print_frames(struct command_call *call, const struct exception_view *view,
				  const char *indent)
{
	if (view->frame_count)
		output_line(call->out, "%sStackTrace:", indent);
	if (view->frame_count)
		output_line(call->out, "%s    IP               Function", indent);
	for (size_t i = 0; i < view->frame_count && !output_broken(call->out); i++) {
		const struct shown_frame *shown = &view->frames[i];
		TRY(task_check(call->question.task, "listing a stack trace"));
		const char *module = shown->module ? shown->module : "<unknown_module>";
		const char *method = shown->method ? shown->method : "<unknown>";
		if (shown->offset_known)
			output_line(call->out, "%s    %016" PRIX64 " %s!%s + 0x%" PRIX64, indent,
				    shown->frame.ip, module, method, shown->offset);
		else
			output_line(call->out, "%s    %016" PRIX64 " %s!%s", indent,
				    shown->frame.ip, module, method);
	}
	return NULL;
}

static const struct column columns[] = { EXCEPTION_COLUMNS };
enum { INDENT_MAX = 8 };

/* One of the chain of inner exceptions: text in SOS's form, a row of JSON. */
static struct error *print_one(struct command_call *call, const struct exception_view *view,
			       unsigned depth)
{
	static const struct column text[] = {
		{ NULL, "Exception object:   ", CELL_POINTER, 0 },
		{ NULL, "Exception type:     ", CELL_TEXT, 0 },
		{ NULL, "HResult:            ", CELL_TEXT, 0 },
		{ NULL, "Message:            ", CELL_VALUE, 0 },
	};
	const struct exception *exception = &view->exception;
	output_line(call->out, "-----------------------------------------------");
	output_record_begin(call->out, NULL, text, COUNT_OF(text));
	output_address(call->out, exception->address);
	output_text(call->out, type_sos_name(call->question.heap, exception->type));
	output_textf(call->out, "%08X", exception->hresult);
	TRY(exception_print_string(call, exception->message, ""));
	output_record_end(call->out);
	TRY(print_frames(call, view, ""));
	if (exception->inner && depth < INDENT_MAX)
		output_line(call->out, "InnerExceptions:");
	output_row_begin(call->out);
	struct error *error = exception_print_cells(call, view);
	output_row_end(call->out);
	return error;
}

static struct error *print_chain(struct command_call *call, uint64_t address)
{
	CLEANUP(arena_deinit) struct arena scratch = arena_within(call->question.scratch);
	struct command_call one_call = *call; /* its scratch is reset after each exception */
	struct error *error = NULL;
	one_call.question.scratch = &scratch;
	output_table_begin(call->out, "exceptions", columns, COUNT_OF(columns), false);
	for (unsigned depth = 0; address && !error && depth < LIMIT_NESTED_EXCEPTIONS; depth++) {
		struct exception_view view;
		output_indent(call->out, depth < INDENT_MAX ? (int)depth : INDENT_MAX);
		error = exception_view_read(&one_call, address, &view);
		if (!error)
			error = print_one(&one_call, &view, depth);
		arena_reset(&scratch);
		output_indent(call->out, depth < INDENT_MAX ? -(int)depth : -INDENT_MAX);
		if (error_take_damage(&error)) {
			question_missing(&call->question, 0, "the exception at %#" PRIx64 " %s",
					 address, target_lacks_it(call->question.target));
			address = 0;
			break;
		}
		address = error ? 0 : view.exception.inner;
	}
	output_table_end(call->out);
	if (address)
		question_missing(&call->question, 0,
				 "the chain of inner exceptions goes on (at %#" PRIx64
				 ") behind the "
				 "first %d: it leads back to itself, or is that long",
				 address, LIMIT_NESTED_EXCEPTIONS);
	return error;
}

static struct error *print_head(struct command_call *call, const struct stopped *stopped,
				uint64_t thrown)
{
	static const struct column head[] = {
		{ "crash_reason", "CrashReason:        ", CELL_TEXT, 0 },
		{ "signal", NULL, CELL_INTEGER, 0 },
		{ "thread_id", NULL, CELL_INTEGER, 0 },
		{ NULL, "ThreadId:           ", CELL_TEXT, 0 },
		{ "hresult", NULL, CELL_INTEGER, 0 },
		{ NULL, "HResult:            ", CELL_TEXT, 0 },
		{ "runtime_type", "RuntimeType:        ", CELL_TEXT, 0 },
		{ "runtime_version", "RuntimeVersion:     ", CELL_VALUE, 0 },
		{ "message", "Message:            ", CELL_VALUE, 0 },
	};
	struct exception exception = { 0 };
	const char *version = heap_runtime_version(call->question.heap);
	const char *name = signal_text(stopped->signal);
	if (thrown)
		TRY(exception_read(call->question.heap, thrown, &exception));
	output_record_begin(call->out, NULL, head, COUNT_OF(head));
	output_textf(call->out, "%ssignal %d%s%s", thrown ? "managed exception, " : "",
		     stopped->signal, name ? " SIG" : "", name ? name : "");
	output_unsigned(call->out, (uint64_t)stopped->signal);
	output_unsigned(call->out, (uint64_t)stopped->tid);
	output_textf(call->out, "%04X", (unsigned)stopped->tid);
	output_signed(call->out, (int32_t)exception.hresult);
	output_textf(call->out, "%04X", exception.hresult);
	output_text(call->out, "CoreCLR");
	output_text_or_null(call->out, version);
	struct error *error = exception_print_string(call, exception.message, "");
	output_record_end(call->out);
	return error;
}

static struct error *crashinfo_run(struct command_call *call)
{
	struct stopped stopped = { 0 };
	uint64_t thrown = 0;
	TRY(target_visit_threads(call->question.heap->target, find_stopped, &stopped));
	if (!stopped.signal && call->question.heap->target->facts.notes_lost)
		return error_new(ERROR_NOT_FOUND,
				 "no thread that was stopped by a signal is in what there is of "
				 "the dump: it %s",
				 call->question.heap->target->facts.notes_lost);
	if (!stopped.signal)
		return error_new(ERROR_NOT_FOUND, "there is no crash to tell of: no thread was "
						  "stopped by a signal");
	question_missing_of_threads(&call->question);
	const struct clr_thread *thread = managed_thread(call->question.heap, stopped.tid);
	struct error *error =
		thread ? exception_of_thread(call->question.heap, thread, &thrown) : NULL;
	if (error_take_damage(&error))
		question_missing(&call->question, 0, "the exception of the thread that crashed %s",
				 target_lacks_it(call->question.target));
	TRY(error);
	TRY(print_head(call, &stopped, thrown));
	output_line(call->out, "%s", "");
	output_line(call->out, "** Current Exception **");
	output_line(call->out, "%s", "");
	return print_chain(call, thrown);
}

static const char *const examples[] = { "crashinfo", NULL };
const struct command command_crashinfo = {
	.name = "crashinfo",
	.summary = "show why the dump was taken: signal, thread, unhandled exception",
	.usage = "crashinfo",
	.description =
		"The thread is the one that a signal stopped; the exception is what it threw "
		"last or is handling, then its inner ones. A dump that was asked for has "
		"none of it.",
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = crashinfo_run,
};
