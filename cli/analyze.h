/*
 * What the verb analyze and a command in place of a verb (cli/command_verb.h) share: how a dump or
 * a process is opened, and which exit status the end has.
 */
#ifndef CLI_ANALYZE_H
#define CLI_ANALYZE_H

#include "cli/app.h"
#include "cli/options.h"

/* Opens in app's session what the invocation names (open_session()), and says on stderr when its
 * answers may be torn. */
MUST_CHECK struct error *analyze_open(struct app *app, const struct invocation *invocation);

/* `status` of the commands that ran, or a signal's, or a log's that was not written; an incomplete
 * answer counts as a whole one with --partial-ok. */
enum exit_status analyze_status(const struct app *app, const struct invocation *invocation,
				enum exit_status status);

#endif
