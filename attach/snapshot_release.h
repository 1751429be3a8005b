/*
 * What a snapshot leaves in the target, taken away: the copy is a child of the target and, once
 * dead, a zombie until the target waits for it, which one of its threads does for us by a borrowed
 * system call. Part of attach/snapshot_keeper.
 */
#ifndef ATTACH_SNAPSHOT_RELEASE_H
#define ATTACH_SNAPSHOT_RELEASE_H

#include "attach/syscall_filter.h"
#include "attach/syscall_inject.h"

enum { SNAPSHOT_LEFTOVERS_MAX = 64 };

/* Kills the copy, which we trace, and waits until its memory is free: LIMIT_COPY_ENDS_MS at most,
 * or LIMIT_REAP_MS when it is frozen. `held` as of snapshot_reap(). */
void snapshot_kill_copy(int copy, struct thread_stop *held);

/*
 * The same while the process is stopped, for LIMIT_STAND_FREED_MS at most, or one
 * process_mrelease(2) (it runs on then, and the copy is waited for as before): where memory is so
 * short that what it writes meanwhile may run it out. The kernel then kills the process, and not
 * the copy: one that is dying has no address space any more by which it would be chosen
 * (mm/oom_kill.c: find_lock_task_mm), while its pages still count (kernel/exit.c: exit_mm before
 * exit_mmap). When the process cannot be stopped it runs on. When the program reads of the copy
 * just then, it is the program that frees the memory as its read ends (fs/proc/base.c: mem_rw,
 * mmput): that it does is waited for, too, 200 ms at most.
 */
void snapshot_kill_copy_standing(const struct process_identity *process, int copy, int program);

/* Has a thread of the process reap the child that it calls `child`: one that may make the call
 * under `filter`, which the thread that made the copy was under (attach/syscall_filter.h). Tries
 * again for LIMIT_REAP_MS while another traces the process, or it is frozen; meanwhile lets go of
 * what sleeps and is still held of an earlier stop, without which a killed process may not end.
 * NULL: there was none. true: nothing is left (also when the process itself has ended). */
bool snapshot_reap(const struct process_identity *process, int child, enum syscall_filter filter,
		   struct thread_stop *held);

/* Zombies of copies whose keeper was killed: children of `pid` that send no signal and blocked
 * those of a copy, or have the exit status of one that was not held (attach/syscall_code.h). Their
 * ids as the process sees them; answers how many. */
unsigned snapshot_leftovers(int pid, int ret[static SNAPSHOT_LEFTOVERS_MAX]);

/* Reaps `child` by the thread that is borrowed already. *ret: it is gone. */
MUST_CHECK struct error *snapshot_reap_by(struct syscall_injection *injection, int child,
					  bool *ret);

#endif
