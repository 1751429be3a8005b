/*
 * Our own memory, where it counts against the limit of the process that we look at: run in its
 * container, we are in its control group, and the kernel kills the largest process of a group that
 * is at its limit, which is not us. So we ask to be killed first (/proc/self/oom_score_adj,
 * proc(5)), and in a group with a limit our data may grow by what it has to spare and no further
 * (RLIMIT_DATA, setrlimit(2)): malloc fails before the kernel kills.
 */
#ifndef CLI_OWN_MEMORY_H
#define CLI_OWN_MEMORY_H

#include "base/memory_budget.h"

#include <stddef.h>

/* To be called before the first large allocation. How many bytes of data we may have from now on;
 * 0: no limit was set. What cannot be set is left as it is. */
uint64_t own_memory_begin(void);

/* Narrows a session's budget to what may be taken now, with a reserve left (attach/memory_guard.h:
 * memory_guard_spare_bytes). `pid` 0: of our own control groups and of this machine's memory; else
 * of that process's groups, if it is in our pod, and nothing if not. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *own_memory_budget(struct memory_budget *budget, int pid);

/* What to add to "out of memory" where that limit may be the reason. Allocates nothing. */
void own_memory_text(uint64_t limit_bytes, char *buffer, size_t size);

#endif
