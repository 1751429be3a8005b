/* crashinfo: why the dump was taken: the signal, its thread, the exception that was not handled. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/limits.h"
#include "commands/shared/exception_cells.h"
#include "inspect/crash.h"
#include "inspect/runtime_version.h"

#include <inttypes.h>
#include <string.h>

/* "ABRT" …; NULL: not a signal of Linux. */
static const char *signal_text(int number)
{
	return sigabbrev_np(number);
}

static const struct column columns[] = {
	{ "address", IN_WORDS, CELL_POINTER, 0 },   { "mt", NULL, CELL_ADDRESS, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },         { "message", IN_WORDS, CELL_VALUE, 0 },
	{ "inner_exception", NULL, CELL_VALUE, 0 }, /* text: the next of the chain */
	{ "hresult", IN_WORDS, CELL_HEX_UPPER, 8 }, { "stack_trace_string", NULL, CELL_VALUE, 0 },
	{ "frames", IN_WORDS, CELL_VALUE, 0 },
};
static const struct column frame_columns[FRAME_COLUMNS] = {
	{ "sp", NULL, CELL_ADDRESS, 0 },          { "ip", IN_WORDS, CELL_POINTER, 0 },
	{ "method_desc", NULL, CELL_ADDRESS, 0 }, { "method", IN_WORDS, CELL_TEXT, 0 },
	{ "module", IN_WORDS, CELL_TEXT, 0 },     { "offset", IN_WORDS, CELL_HEX_UPPER, 1 },
};
static const struct frame_words frame_words = {
	.columns = frame_columns,
	.no_module = "<unknown_module>",
	.no_method = "<unknown>",
	.with_offset = "    {ip} {module}!{method} + 0x{offset}",
	.without_offset = "    {ip} {module}!{method}",
};
enum { INDENT_MAX = 8 };

/* One of the chain of inner exceptions. */
static struct error *print_one(struct command_call *call, const struct exception_view *view,
			       unsigned depth)
{
	struct output *out = call->out;
	const struct exception_words words = {
		.type = type_sos_name(call->question.heap, view->exception.type),
		.none = "",
	};
	output_line(out, "-----------------------------------------------");
	output_row_begin(out);
	exception_cells(call, view, &words);
	output_sentence(out, "Exception object:   {address}\n"
			     "Exception type:     {type}\n"
			     "HResult:            {hresult}\n"
			     "Message:            {message}");
	if (view->frame_count)
		output_sentence(out, "StackTrace:\n    IP               Function");
	struct error *error = exception_frame_rows(call, view, &frame_words);
	output_row_end(out);
	if (view->exception.inner && depth < INDENT_MAX)
		output_line(out, "InnerExceptions:");
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
		error = exception_view_read(&one_call.question, address, &view);
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

static struct error *print_head(struct command_call *call, const struct crash *crash)
{
	static const struct column head[] = {
		{ "crash_reason", "CrashReason:        ", CELL_TEXT, 0 },
		{ "signal", NULL, CELL_INTEGER, 0 },
		{ "thread_id", "ThreadId:           ", CELL_HEX_UPPER, 4 },
		{ "hresult", "HResult:            ", CELL_HEX_UPPER, 4 },
		{ "runtime_type", "RuntimeType:        ", CELL_TEXT, 0 },
		{ "runtime_version", "RuntimeVersion:     ", CELL_VALUE, 0 },
		{ "message", "Message:            ", CELL_VALUE, 0 },
	};
	const char *version;
	TRY(runtime_version(&call->question, &version));
	const char *name = signal_text(crash->signal);
	output_record_begin(call->out, NULL, head, COUNT_OF(head));
	output_textf(call->out, "%ssignal %d%s%s", crash->thrown ? "managed exception, " : "",
		     crash->signal, name ? " SIG" : "", name ? name : "");
	output_unsigned(call->out, (uint64_t)crash->signal);
	output_unsigned(call->out, (uint64_t)crash->tid);
	output_signed(call->out, (int32_t)crash->exception.hresult);
	output_text(call->out, "CoreCLR");
	output_text_or_null(call->out, version);
	view_string_cell(call->out, &crash->message, "");
	output_record_end(call->out);
	return NULL;
}

static struct error *crashinfo_run(struct command_call *call)
{
	struct crash crash;
	TRY(crash_find(&call->question, &crash));
	TRY(print_head(call, &crash));
	output_line(call->out, "%s", "");
	output_line(call->out, "** Current Exception **");
	output_line(call->out, "%s", "");
	return print_chain(call, crash.thrown);
}

static const char *const examples[] = { "crashinfo", NULL };
const struct command command_crashinfo = {
	.name = "crashinfo",
	.summary = "show why the dump was taken: signal, thread, unhandled exception",
	.description =
		"The thread is the one that a signal stopped; the exception is what it threw last or is handling, then its inner ones. A dump that was asked for has none of it.",
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = crashinfo_run,
};
