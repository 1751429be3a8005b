/*
 * The one process that the user means, of those that attach/process_find.h lists.
 */
#ifndef ATTACH_PROCESS_CHOOSE_H
#define ATTACH_PROCESS_CHOOSE_H

#include "attach/process_find.h"

/*
 * -p PID (pid > 0), or -n NAME, or neither: the only .NET process that lives. A name matches the
 * process's name whole, ignoring case, or a part of the name or of the command line. The whole name
 * counts for more, and so does a process of our own user: the process that both favour is chosen,
 * else the one that one of them favours, else the only one. Zombies are never chosen.
 *
 * ERROR_NOT_FOUND: none such; the message reports zombies, and processes that hide what they are.
 * ERROR_USAGE: several that are favoured alike; the message lists the first of them as "pid name
 * (user)". Else as process_list() and process_describe(). The process need not be reachable: ask
 * ret->way, or call process_reach().
 */
MUST_CHECK struct error *process_choose(int pid, const char *name, const struct task *task,
					struct arena *arena, struct process_info *ret);

/* The same of a list that is there already. */
MUST_CHECK struct error *process_choose_by_name(const struct process_list *list, const char *name,
						unsigned our_uid, struct arena *arena,
						struct process_info *ret);

#endif
