/* refresh: the process as it is now. */
#include "commands/command.h"

#include "commands/session.h"

static struct error *refresh_run(struct command_call *call)
{
	TRY(session_refresh(call->session, call->task));
	const struct error *reason = session_heap_error(call->session);
	output_note(call->out, "This is %s as it is now.", session_name(call->session));
	if (reason)
		output_note(call->out, "%s", reason->message);
	return NULL;
}

static const char *const examples[] = { "refresh", NULL };

const struct command command_refresh = {
	.name = "refresh",
	.summary = "look at a live process as it is now: a new snapshot",
	.usage = "refresh",
	.description =
		"Drops the snapshot of analyze -p and takes a new one; with --freeze it lets the\n"
		"process run for a moment and stops it again. Addresses of objects may have "
		"changed.",
	.examples = examples,
	.needs = NEEDS_LIVE,
	.run = refresh_run,
};
