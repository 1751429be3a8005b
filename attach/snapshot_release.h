/*
 * What a snapshot leaves in the target, taken away: the copy is a child of the target and, once
 * dead, a zombie until the target waits for it, which one of its threads does for us by a borrowed
 * system call. Part of attach/snapshot_keeper.
 */
#ifndef ATTACH_SNAPSHOT_RELEASE_H
#define ATTACH_SNAPSHOT_RELEASE_H

#include "attach/syscall_inject.h"
#include "base/task.h"

/* The score that a copy has (/proc/PID/oom_score_adj): the first to go when memory runs out. */
enum { SNAPSHOT_OOM_SCORE = 1000, SNAPSHOT_LEFTOVERS_MAX = 64 };

/* Kills the copy, which we trace, and waits until its memory is free: two seconds at most, when it
 * is frozen. */
void snapshot_kill_copy(int copy);

/* Has a thread of `pid` reap the child that it calls `child`. Tries again for some seconds while
 * another traces the process, or it is frozen. true: nothing is left (also when the process itself
 * has ended). */
bool snapshot_reap(int pid, int child, const struct task *task);

/* Zombies of copies whose keeper was killed: children of `pid` that send no signal and have the
 * score of a copy. Their ids as the process sees them; answers how many. */
unsigned snapshot_leftovers(int pid, int ret[static SNAPSHOT_LEFTOVERS_MAX]);

/* Reaps `child` by the thread that is borrowed already. *ret: it is gone. */
MUST_CHECK struct error *snapshot_reap_by(struct syscall_injection *injection, int child,
					  bool *ret);

#endif
