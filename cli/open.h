/* Opening what a verb is pointed at: a dump, a process by id or name, the only .NET process. */
#ifndef CLI_OPEN_H
#define CLI_OPEN_H

#include "attach/process_find.h"
#include "cli/app.h"
#include "cli/options.h"

/* What -p, -n or neither mean; lives in app->scratch. */
MUST_CHECK struct error *open_choose_process(struct app *app, const struct invocation *invocation,
					     struct process_info *ret);

/* Opens the dump named by the first word, or the process, in app's session. */
MUST_CHECK struct error *open_session(struct app *app, const struct invocation *invocation);

#endif
