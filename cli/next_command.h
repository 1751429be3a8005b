/*
 * What the user may type next, in messages that refuse something: our own command line, changed.
 */
#ifndef CLI_NEXT_COMMAND_H
#define CLI_NEXT_COMMAND_H

#include "base/arena.h"
#include "cli/options.h"

/* The same with --snapshot in place of what chose the way to look at the process: "clrpod collect
 * -p 1 -o x.core --snapshot". NULL: no memory. */
const char *next_command_insist(const struct invocation *invocation, struct arena *arena);

/* The same without an option that chooses the way (--freeze, --no-stop, --snapshot). NULL: no
 * memory. */
const char *next_command_any_way(const struct invocation *invocation, struct arena *arena);

/* A dump of `pid` through kubectl to where kubectl runs: "kubectl exec api-0 -c api --
 * /tmp/clrpod collect -p 1 -o - --zstd > api-0.core.zst". NULL: we are in no pod, or no memory. */
const char *next_command_stream(const struct invocation *invocation, int pid, struct arena *arena);

#endif
