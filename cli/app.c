#include "cli/app.h"

#include "base/cleanup.h"
#include "cli/own_memory.h"
#include "cli/pipeline.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "commands/interpreter/session.h"

#include <errno.h>

/* task_note(): for the reader of stderr, terminal or not. */
static void tell_note(void *context, const char *text)
{
	progress_end(context);
	app_warn(NULL, "%s", text);
}

struct error *app_open(struct app *app, enum output_format format)
{
	*app = (struct app){ .format = format, .data_limit_bytes = own_memory_begin() };
	memory_budget_init(&app->budget, UINT64_MAX, "this machine");
	arena_init(&app->scratch);
	app->scratch.budget = &app->budget;
	app->task = (struct task){ .stop = signals_flag(),
				   .heard = signals_heard(),
				   .progress = progress_report,
				   .note = tell_note,
				   .context = &app->progress };
	progress_start(&app->progress);
	patient_writer_open(&app->writer, STDOUT_FILENO, &app->task);
	app->answers = patient_writer_stream(&app->writer);
	app->out = app->answers ? output_new(format, app->answers) : NULL;
	if (app->out && isatty(STDOUT_FILENO)) {
		output_flush_lines(app->out);
		output_for_terminal(app->out);
	}
	app->session = session_new();
	if (app->session)
		session_set_budget(app->session, &app->budget);
	app->hold.session = app->session;
	return app->out && app->session ? NULL : &error_no_memory;
}

void app_cleanup(struct app *app)
{
	progress_end(&app->progress);
	session_free(app->session);
	output_free(app->out);
	file_cleanup(&app->answers);
	patient_writer_close(&app->writer);
	arena_deinit(&app->scratch);
}

/* A reader of stderr that is stuck must not make a process wait that we hold. */
PRINTF_LIKE(1, 0)
static void warn_stderr(const char *format, va_list arguments)
{
	static bool stalled; /* once is enough: what comes after is lost */
	struct patient_writer writer;
	if (stalled)
		return;
	patient_writer_open(&writer, STDERR_FILENO, NULL);
	writer.stall_seconds = 1;
	FILE *to = patient_writer_stream(&writer);
	say_va(to ? to : stderr, "clrpod: ", format, arguments);
	file_cleanup(&to);
	stalled = writer.failed == PATIENT_STALLED;
	patient_writer_close(&writer);
}

void app_warn(const struct app *app, const char *format, ...)
{
	FILE *log = app && app->session ? session_log(app->session) : NULL;
	va_list arguments;
	va_start(arguments, format);
	warn_stderr(format, arguments);
	va_end(arguments);
	va_start(arguments, format);
	if (log)
		say_va(log, "clrpod: ", format, arguments);
	va_end(arguments);
}

/* Out of memory by a limit that is ours; said without allocating anything. */
struct no_memory {
	struct error error;
	char message[320];
};

static const struct error *explained(const struct app *app, const struct error *error,
				     struct no_memory *buffer)
{
	if (error != &error_no_memory || !app->data_limit_bytes)
		return error;
	int length = snprintf(buffer->message, sizeof(buffer->message), "%s", error->message);
	own_memory_text(app->data_limit_bytes, buffer->message + length,
			sizeof(buffer->message) - (size_t)length);
	buffer->error = (struct error){ .code = error->code, .message = buffer->message };
	return &buffer->error;
}

/* A failure, and where what failed is written. */
static void tell_failure(const struct app *app, const struct error *error)
{
	if (app->script)
		app_warn(app, "%s:%zu: %s", app->script, app->script_line, error->message);
	else
		app_warn(app, "%s", error->message);
}

static bool is_closed_pipe(const struct error *error)
{
	return error->code == ERROR_OS && error->os_errno == EPIPE;
}

/* Reports it in a document of its own. False: there are none, or it could not be written. */
static bool fail_in_document(const struct app *app, const char *command, const struct error *error)
{
	if (app->format == OUTPUT_TEXT || !app->out || output_broken(app->out))
		return false;
	output_document_begin(app->out, command);
	output_document_end(app->out, NULL, error);
	struct error *unwritten = output_finish(app->out);
	bool written = !unwritten || is_closed_pipe(unwritten);
	error_free(unwritten);
	return written;
}

enum exit_status app_fail(struct app *app, const char *command, struct error *error,
			  enum exit_status status)
{
	struct no_memory limited;
	const struct error *told = explained(app, error, &limited);
	progress_end(&app->progress);
	/* The user closed the pipe of our answers; another pipe, as a dump's, fails by name. */
	bool is_own_pipe = is_closed_pipe(told) && app->writer.failed == EPIPE;
	if (!is_own_pipe && !fail_in_document(app, command, told))
		tell_failure(app, told);
	error_free(error);
	return status;
}

enum exit_status app_end_document(struct app *app, const char *verb,
				  const struct output_coverage *coverage, bool partial_ok)
{
	output_document_end(app->out, coverage, NULL);
	struct error *error = output_finish(app->out);
	if (error)
		return app_fail(app, verb, error, exit_status_of_command(error));
	return coverage->complete || partial_ok ? STATUS_WHOLE : STATUS_INCOMPLETE;
}

/* With filters, the lines of an answer that say so may not be among those that are shown. */
static void tell_incomplete(const struct app *app, const struct pipeline *pipeline)
{
	bool filtered = pipeline->first != &pipeline->screen->filter || pipeline->path;
	if (filtered && app->format == OUTPUT_TEXT)
		app_warn(app, "the answer is not whole; without |> its last lines say why");
}

/* The answer has no reader: no reason to hold a process any longer. */
static struct error *let_go(struct app *app, struct error *error)
{
	app->broken = true;
	while (session_count(app->session))
		session_close_last(app->session);
	if (!app->process.identity.pid)
		return error;
	return error_context(error, "process %d was let go", app->process.identity.pid);
}

static enum exit_status run_command(struct app *app, struct pipeline *pipeline,
				    const struct command_request *request)
{
	struct command_runner runner = { .session = app->session,
					 .out = pipeline->out,
					 .scratch = &app->scratch,
					 .task = &app->task };
	struct command_outcome outcome;
	progress_start(&app->progress);
	command_run(&runner, request, &outcome);
	progress_end(&app->progress);
	bool is_ours, told = app->format != OUTPUT_TEXT && !output_broken(pipeline->out);
	struct error *error = pipeline_end(pipeline, outcome.error, &is_ours);
	told &= !is_ours; /* a document does not say that its file was not written */
	if (outcome.incomplete)
		tell_incomplete(app, pipeline);
	if (!error)
		return outcome.check_false  ? STATUS_CHECK_FALSE
		       : outcome.incomplete ? STATUS_INCOMPLETE
					    : STATUS_WHOLE;
	enum exit_status status = exit_status_of_command(error);
	if (patient_write_stalled(error))
		error = let_go(app, error);
	if (outcome.no_target && status == STATUS_FAILED)
		status = STATUS_NO_TARGET;
	/* A closed pipe is not reported; a document reported the rest, where it could be written.
	 */
	struct no_memory limited;
	if (!is_closed_pipe(error) && !told)
		tell_failure(app, explained(app, error, &limited));
	error_free(error);
	return status;
}

/* That the log is not written is no reason not to show answers; a batch's status shows it. */
static void check_log(struct app *app)
{
	struct error *error = session_log_check(app->session);
	if (!error)
		return;
	session_log_close(app->session);
	app->log_status = exit_status_worse(app->log_status, exit_status_of_command(error));
	app_warn(app, "%s: the log is closed", error->message);
	error_free(error);
}

static enum exit_status run_request(struct app *app, struct command_request request)
{
	CLEANUP(pipeline_cleanup) struct pipeline pipeline;
	struct error *error = pipeline_open(app, request.words ? "" : request.line, &pipeline);
	enum exit_status status = exit_status_of_command(error);
	if (patient_write_stalled(error))
		error = let_go(app, error);
	if (error)
		return app_fail(app, request.line, error, status);
	if (!request.words)
		request.line = pipeline.command;
	return run_command(app, &pipeline, &request);
}

static enum exit_status run_logged(struct app *app, const struct command_request *request)
{
	FILE *log = session_log(app->session);
	hold_check(&app->hold);
	if (log)
		say(log, "> %s", request->line);
	check_log(app); /* the command may close it, or open another */
	enum exit_status status = run_request(app, *request);
	check_log(app);
	return status;
}

enum exit_status app_run_command(struct app *app, const char *line)
{
	return run_logged(app, &(struct command_request){ .line = line });
}

enum exit_status app_run_words(struct app *app, const char *const *words, size_t count)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	for (size_t i = 0; i < count; i++) {
		text_append(&line, i ? " " : "");
		arguments_append_word(&line, words[i]);
	}
	if (text_failed(&line))
		return app_fail(app, words[0], &error_no_memory, STATUS_FAILED);
	return run_logged(app, &(struct command_request){ text_string(&line), words, count });
}
