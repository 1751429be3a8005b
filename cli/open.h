/* Opening what a verb is pointed at: a dump, a process by id or name, the only .NET process; a
 * process as a snapshot, frozen, or as it runs. */
#ifndef CLI_OPEN_H
#define CLI_OPEN_H

#include "attach/process_choose.h"
#include "cli/app.h"
#include "cli/options.h"

/* What -p, -n or neither mean; lives in app->scratch. */
MUST_CHECK struct error *open_choose_process(struct app *app, const struct invocation *invocation,
					     struct process_info *ret);

/* --freeze, --snapshot and --no-stop exclude each other. */
MUST_CHECK struct error *open_check_ways(const struct invocation *invocation);

/* --stall: how long, in seconds, a reader of ours may take nothing while a process is held; 0: for
 * ever. ERROR_USAGE. */
MUST_CHECK struct error *open_stall(const struct invocation *invocation, unsigned *ret_seconds);

/* Beside a dump, the options of a process. ERROR_USAGE. */
MUST_CHECK struct error *open_check_no_process(const struct invocation *invocation);

/* Opens the dump named by the first word, or the process, which without -p and -n is the only .NET
 * process, in app's session. A process can be taken
 * anew from there (session_refresh()); app->process says how it is looked at. */
MUST_CHECK struct error *open_session(struct app *app, const struct invocation *invocation);

/* The same of one of two: `dump`, or the process when that is NULL. */
MUST_CHECK struct error *open_one(struct app *app, const struct invocation *invocation,
				  const char *dump);

struct snapshot;
/* The snapshot that the session looks at; NULL: it is none. */
struct snapshot *open_snapshot(const struct app *app);

#endif
