/*
 * Whether a process's address space can be looked at just now. A thread that changes mappings holds
 * the lock of the address space (mmap_lock, mm/mmap.c), or of one mapping, for as long as a disk
 * needs that another of its threads waits for there. Whoever reads the files of /proc that tell of
 * the memory (maps, cmdline, environ, mem) then sleeps in the kernel, where no signal but SIGKILL
 * ends it. So a child of ours looks first, and we look at the child.
 */
#ifndef ATTACH_MEMORY_LOCK_H
#define ATTACH_MEMORY_LOCK_H

#include "base/error.h"
#include "base/task.h"

#include <stddef.h>

/* What is the matter with a locked one, and what helps, as a clause. */
extern const char memory_locked_reason[];

/* locked[i]: the files of process pids[i] did not answer, the first that is found within
 * LIMIT_MEMORY_LOCKED_MS, others within a fifth of that (many wait for the same disk). Those that
 * may not be opened, and those that have ended, are not; nor is any where no child can be made.
 * ERROR_CANCELLED, by the task, which may be NULL. */
MUST_CHECK struct error *memory_locked_find(const int *pids, size_t count, const struct task *task,
					    bool *locked);

/* Of one process. ERROR_OS, with the reason: it is. Else as memory_locked_find(). */
MUST_CHECK struct error *memory_locked_check(int pid, const struct task *task);

#endif
