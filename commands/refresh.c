/* refresh: the process as it is now. */
#include "commands/command.h"

#include "commands/interpreter/session.h"

static struct error *refresh_run(struct command_call *call)
{
	bool drop_first = arguments_has(call->arguments, "-drop");
	TRY(session_refresh(call->session, drop_first, call->question.task));
	const struct error *reason = session_heap_error(call->session);
	output_note(call->out, "This is %s as it is now.", session_name(call->session));
	if (reason)
		output_note(call->out, "%s", reason->message);
	return NULL;
}

static const struct option options[] = {
	{ "-drop", NULL, "drop the old snapshot first, where memory has no room for two", NULL },
	{ 0 },
};
static const char *const examples[] = { "refresh", NULL };

const struct command command_refresh = {
	.name = "refresh",
	.summary = "look at a live process as it is now: a new snapshot",
	.description =
		"Takes a new snapshot of the process of analyze -p, and drops the old one once the\n"
		"new one is there. When there is none (the process has ended, or its memory limit\n"
		"leaves no room for two at a time) the old one stays, and the message says so. With\n"
		"--freeze it lets the process run for a moment and stops it again. Addresses of\n"
		"objects may have changed.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_LIVE,
	.in_session_only = true,
	.run = refresh_run,
};
