/*
 * While a process is stopped for us we read files of /proc, and such a read can sleep in the kernel
 * for as long as a disk does not answer (fs/proc/task_mmu.c takes the lock of the address space,
 * which a thread of the process may hold that waits for that disk): no handler runs then, nor does
 * a deadline pass. A timer of the kernel's ends us with SIGKILL, which such a sleep lets through;
 * the kernel then lets go of what we trace. So does a process of ours that is stopped itself, as by
 * SIGSTOP, and would hold the other for as long. While a copy is kept nothing is stopped, but its
 * memory grows, and a sleeping keeper does not see that: the same timer, of a longer time, ends it
 * then.
 */
#ifndef ATTACH_STAND_WATCH_H
#define ATTACH_STAND_WATCH_H

#include "base/error.h"

struct stand_watch;

/* We are killed `after_ms` from now (0: never). No thread is made: one that only waits would have
 * to run. ERROR_OS: there are no timers. ERROR_NO_MEMORY. */
MUST_CHECK struct error *stand_watch_begin(unsigned after_ms, struct stand_watch **ret);

/* Once more so long from now on: we run. NULL is allowed. */
void stand_watch_renew(struct stand_watch *watch);

/* Nothing depends on us any more. NULL is allowed. */
void stand_watch_end(struct stand_watch *watch);

#endif
