/* The rung of `collect` below reading a process ourselves: its runtime writes the dump. */
#ifndef CLI_COLLECT_BY_RUNTIME_H
#define CLI_COLLECT_BY_RUNTIME_H

#include "attach/process_find.h"
#include "cli/app.h"
#include "cli/options.h"
#include "dump/collect/destination.h"

/* Of a process whose way is PROCESS_WAY_SOCKET. Says on stderr why and what it costs. */
enum exit_status collect_by_runtime(struct app *app, const struct invocation *invocation,
				    const struct process_info *process,
				    const struct destination_request *to);

#endif
