/*
 * Whether the files of /proc that describe a process answer. Two things may keep the reader asleep
 * in the kernel, where a signal is not noticed:
 *
 *	its memory   a thread that changes mappings holds the lock of the address space (mmap_lock,
 *	             mm/mmap.c), or of one mapping, for as long as a disk needs that another of its
 *	             threads waits for there: maps, cmdline, environ and mem of /proc wait for it
 *	its files    the program, the runtime's library or the folder for temporary files lies on a
 *	             network file system, or one of a program (FUSE), that is gone
 *
 * So a child of ours does first what we are about to do, and we look at the child.
 */
#ifndef ATTACH_PROCESS_SILENCE_H
#define ATTACH_PROCESS_SILENCE_H

#include "base/error.h"
#include "base/task.h"

#include <stddef.h>

enum process_silence {
	PROCESS_ANSWERS,
	PROCESS_SILENT_MEMORY,
	PROCESS_SILENT_FILES,
};

/* What is the matter, and what helps, as a clause. Not of PROCESS_ANSWERS. */
const char *process_silence_reason(enum process_silence silence);

/*
 * ret[i]: of process pids[i]. `look` is what is done with each, in a child (it may not fail, nor
 * leave anything over); NULL: only its memory is asked. Silent is one at which the child sleeps
 * without a break, the first that is found for LIMIT_SILENCE_MS (when it is the only one asked, for
 * LIMIT_SILENCE_OF_ONE_MS: an object store may take a second), others for a fifth of that; and
 * without being asked a process that has files on the same network file system as one whose files
 * are. Those that may not be opened, and those that have ended, answer; so do
 * all when no child can be made. ERROR_CANCELLED, by the task, which may be NULL.
 */
MUST_CHECK struct error *process_silence_find(const int *pids, size_t count, void (*look)(int pid),
					      const struct task *task, enum process_silence *ret);

/* Of one process's memory. ERROR_OS, with the reason: it is silent. ERROR_CANCELLED as above. */
MUST_CHECK struct error *process_silence_check(int pid, const struct task *task);

#endif
