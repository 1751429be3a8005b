/* printexception: one exception, its stack trace, and those it happened in. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/interpreter/session.h"
#include "commands/shared/exception_cells.h"
#include "heap/clr_threads.h"
#include "inspect/path/resolve.h"
#include "inspect/thread_view.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "mt", NULL, CELL_ADDRESS, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },
	{ "message", IN_WORDS, CELL_VALUE, 0 },
	{ "inner_exception", IN_WORDS, CELL_VALUE, 0 },
	{ "hresult", IN_WORDS, CELL_HEX, 0 },
	{ "stack_trace_string", IN_WORDS, CELL_VALUE, 0 },
	{ "frames", IN_WORDS, CELL_VALUE, 0 },
};

static struct error *current_thread(struct command_call *call, const struct clr_thread **ret)
{
	uint64_t id;
	int tid;
	if (arguments_has(call->arguments, "-thread")) {
		TRY(arguments_number(call->arguments, "-thread", &id));
		return get_thread(call->question.heap, id, ret);
	}
	TRY(session_current_thread(call->session, &tid));
	if (tid)
		*ret = thread_with_os_id(call->question.heap, (uint64_t)tid);
	return NULL;
}

static void note_others(struct command_call *call)
{
	CLEANUP(text_deinit) struct text list = { 0 };
	const struct clr_threads *threads = call->question.heap->threads;
	for (size_t i = 0; i < threads->count; i++) {
		uint64_t object = 0;
		struct error *error =
			exception_of_thread(call->question.heap, &threads->threads[i], &object);
		if (!error && object)
			text_printf(&list, "%s%u", list.length ? ", " : "",
				    threads->threads[i].managed_id);
		error_free(error);
	}
	if (list.length)
		output_note(call->out, "Threads with an exception: %s (printexception -thread ID)",
			    text_string(&list));
}

static struct error *frames_print(struct command_call *call, const struct exception_view *view)
{
	output_line(call->out, "StackTrace (generated):");
	if (view->frames_unreadable)
		output_line(call->out, "<Not Available>");
	else if (!view->frame_count)
		output_line(call->out, "<none>");
	else
		output_line(call->out, "    SP               IP               Function");
	TRY(exception_frame_rows(call, view, &sos_frame_words));
	if (view->frame_count)
		output_line(call->out, "%s", "");
	return NULL;
}

/* SOS says how to go on; *ret in scratch. */
static struct error *inner_words(struct command_call *call, const struct exception_view *view,
				 const char **ret)
{
	uint64_t inner = view->exception.inner;
	const struct type *type = view->inner_type;
	*ret = "<none>";
	if (!inner)
		return NULL;
	*ret = arena_printf(
		call->question.scratch, "%s, Use printexception %016" PRIX64 " to see more.",
		type ? type_sos_name(call->question.heap, type) : "<unreadable>", inner);
	if (!type)
		question_missing(&call->question, 0, "the inner exception at %#" PRIx64 " %s",
				 inner, target_lacks_it(call->question.target));
	return *ret ? NULL : &error_no_memory;
}

/* Into an open record or row. */
static struct error *print_view(struct command_call *call, const struct exception_view *view)
{
	struct exception_words words = {
		.type = type_sos_name(call->question.heap, view->exception.type),
		.none = "<none>",
	};
	TRY(inner_words(call, view, &words.inner));
	exception_cells(call, view, &words);
	output_sentence(call->out, "Exception object: {address}\n"
				   "Exception type:   {type}\n"
				   "Message:          {message}\n"
				   "InnerException:   {inner_exception}");
	TRY(frames_print(call, view));
	output_sentence(call->out, "StackTraceString: {stack_trace_string}\n"
				   "HResult: {hresult}");
	return NULL;
}

static struct error *print_one(struct command_call *call, uint64_t address)
{
	struct exception_view view;
	TRY(exception_view_read(&call->question, address, &view));
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	struct error *error = print_view(call, &view);
	output_record_end(call->out);
	return error;
}

static struct error *print_nested(struct command_call *call, uint64_t address)
{
	struct exception_view view;
	TRY(exception_view_read(&call->question, address, &view));
	output_line(call->out, "%s", "");
	output_line(
		call->out,
		"Nested exception -------------------------------------------------------------");
	output_row_begin(call->out);
	struct error *error = print_view(call, &view);
	output_row_end(call->out);
	return error;
}

/* Nested exceptions that cannot be read end the list, and say so. */
static struct error *nested_print(struct command_call *call, const struct clr_thread *thread)
{
	CLEANUP(arena_deinit) struct arena scratch = arena_within(call->question.scratch);
	struct command_call one_call = *call; /* its scratch is reset after each exception */
	uint64_t tracker = thread->exception_tracker, object;
	one_call.question.scratch = &scratch;
	struct error *error = exception_nested(call->question.heap, &tracker, &object);
	if (!error && !object)
		return NULL;
	if (!error && !arguments_has(call->arguments, "-nested")) {
		output_line(call->out, "There are nested exceptions on this thread. Run with "
				       "-nested for details");
		return NULL;
	}
	output_table_begin(call->out, "nested_exceptions", columns, COUNT_OF(columns), false);
	for (unsigned i = 0; !error && object && i < LIMIT_NESTED_EXCEPTIONS; i++) {
		error = print_nested(&one_call, object);
		arena_reset(&scratch);
		if (!error)
			error = exception_nested(call->question.heap, &tracker, &object);
	}
	output_table_end(call->out);
	if (!error && object)
		question_missing(
			&call->question, 0,
			"thread %u has more nested exceptions than the first %d: the list leads "
			"back to itself, or is that long",
			thread->managed_id, LIMIT_NESTED_EXCEPTIONS);
	if (!error_take_damage(&error))
		return error;
	question_missing(&call->question, 0,
			 "the nested exceptions of thread %u are not all in the dump",
			 thread->managed_id);
	return NULL;
}

static struct error *printexception_run(struct command_call *call)
{
	const struct clr_thread *thread = NULL;
	uint64_t address = 0;
	if (arguments_has(call->arguments, "-ccw"))
		return error_new(ERROR_USAGE,
				 "-ccw is about COM objects: they exist on Windows only");
	if (arguments_has(call->arguments, "-lines"))
		output_note(call->out, "Source lines are not shown yet: frames have offsets in the "
				       "method's code instead.");
	if (call->subject.given)
		return print_one(call, call->subject.address);
	TRY(current_thread(call, &thread));
	if (thread)
		TRY(exception_of_thread(call->question.heap, thread, &address));
	if (address) {
		TRY(print_one(call, address));
		return nested_print(call, thread);
	}
	output_line(call->out, thread ? "There is no current managed exception on this thread"
				      : "The current thread is unmanaged");
	note_others(call);
	return NULL;
}

static const char *const aliases[] = { "pe", NULL };
static const char *const line_aliases[] = { "-l", NULL };
static const struct option options[] = {
	{ "-nested", NULL, "also those that the thread was handling when this one was thrown",
	  NULL },
	{ "-thread", "ID", "of the thread with this managed id (clrthreads shows them)", NULL },
	{ "-lines", NULL, "accepted; source lines are not shown yet", line_aliases },
	{ "-ccw", NULL, "refused: COM objects exist on Windows only", NULL },
	{ 0 },
};
static const char *const examples[] = { "printexception", "pe -thread 1", NULL };
const struct command command_printexception = {
	.name = "printexception",
	.aliases = aliases,
	.summary = "show an exception: type, message, stack trace, inner exception",
	.usage = "printexception [-nested] [-thread ID | ADDRESS|PATH]", /* one or the other */
	.description =
		"Without an address: what the current thread (threads shows and setthread sets it) threw last or is handling. IP is what the runtime kept with the exception: the address behind the call, or of the instruction that faulted. +0xN is how far that is into the code that was running; SOS counts from the method's newest code.",
	.options = options,
	.subject = { .kind = SUBJECT_OBJECT, .what = "an exception", .optional = true },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = printexception_run,
};
