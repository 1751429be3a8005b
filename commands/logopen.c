/* What is shown, in a file too: the session holds the file, cli/ writes to it. */
#include "base/list.h"
#include "commands/command.h"
#include "commands/interpreter/session.h"

static const struct column columns[] = { { "file", NULL, CELL_TEXT, 0 } };

static void put_state(struct output *out, const char *path)
{
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text_or_null(out, path);
	output_record_end(out);
	if (path)
		output_line(out, "Console is logging to %s", path);
	else
		output_line(out, "Console logging is disabled");
}

static struct error *logclose_run(struct command_call *call)
{
	session_log_close(call->session);
	put_state(call->out, NULL);
	return NULL;
}

static struct error *logopen_run(struct command_call *call)
{
	const char *path = arguments_positional(call->arguments, 0);
	if (arguments_has(call->arguments, "--disable"))
		return logclose_run(call);
	if (path)
		TRY(session_log_open(call->session, path));
	put_state(call->out, session_log_path(call->session));
	return NULL;
}

static struct error *logging_run(struct command_call *call)
{
	output_note(call->out, "There is no internal log to switch on: logopen FILE keeps what is "
			       "shown.");
	return NULL;
}

static const struct option logopen_options[] = {
	{ "--disable", NULL, "the same as logclose", NULL },
	{ 0 },
};
static const char *const file[] = { "[FILE]", NULL };
static const char *const logopen_examples[] = { "logopen", "logopen night.log", NULL };
static const char *const logclose_examples[] = { "logclose", NULL };
static const char *const logging_examples[] = { "logging", NULL };

const struct command command_logopen = {
	.name = "logopen",
	.summary = "write what is shown to a file too",
	.usage = "logopen [FILE | --disable]", /* one or the other */
	.description =
		"From here on each command and its answer, also what it says on stderr, go to FILE too, whole where a terminal cuts names. The file is made for its owner alone; one that is there is added to, unless it holds something else than text. An answer that |> FILE takes is not logged. In a pod whose limits cannot be seen FILE ends after 32 MiB. Without FILE it says where the log is.",
	.options = logopen_options,
	.positionals = file,
	.examples = logopen_examples,
	.in_session_only = true,
	.run = logopen_run,
};
const struct command command_logclose = {
	.name = "logclose",
	.summary = "end what logopen began",
	.examples = logclose_examples,
	.in_session_only = true,
	.run = logclose_run,
};

static const struct option logging_options[] = {
	{ "-enable", NULL, "accepted", (const char *const[]){ "-e", NULL } },
	{ "-disable", NULL, "accepted", (const char *const[]){ "-d", NULL } },
	{ 0 },
};
const struct command command_logging = {
	.name = "logging",
	.summary = "accepted: SOS's internal log is not needed here",
	.options = logging_options,
	.positionals = file,
	.examples = logging_examples,
	.run = logging_run,
};
