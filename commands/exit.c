#include "commands/command.h"
#include "commands/interpreter/session.h"

static struct error *exit_run(struct command_call *call)
{
	session_request_exit(call->session);
	return NULL;
}

static const char *const aliases[] = { "quit", "q", NULL };
static const char *const examples[] = { "exit", NULL };

const struct command command_exit = {
	.name = "exit",
	.aliases = aliases,
	.summary = "leave the session",
	.examples = examples,
	.in_session_only = true,
	.run = exit_run,
};
