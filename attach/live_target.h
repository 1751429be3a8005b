/*
 * A live process as a target. Memory is read with pread on /proc/PID/mem (process_vm_readv where
 * that file cannot be opened); mappings are read once, at open. With `stop` every thread is stopped
 * first (attach/thread_stop.h) and stays so until the target is closed, which resumes it: close
 * from the thread that opened. Without `stop` memory moves under the reader, and threads have no
 * registers.
 *
 * Thread ids are those of the target's own PID namespace, as the runtime in it recorded them.
 */
#ifndef ATTACH_LIVE_TARGET_H
#define ATTACH_LIVE_TARGET_H

#include "attach/process_maps.h"
#include "attach/target.h"
#include "attach/thread_stop.h"
#include "base/task.h"

/* *ret is closed with target_close(). ERROR_NOT_FOUND: no such process. ERROR_OS: not allowed (the
 * message names what is missing). ERROR_UNSUPPORTED: a 32-bit process or another architecture.
 * ERROR_CANCELLED. `task` may be NULL. */
MUST_CHECK struct error *live_target_open(int pid, bool stop, const struct task *task,
					  struct target **ret);

/* Of a target opened here. The maps live as long as the target. */
const struct process_maps *live_target_maps(const struct target *target);

/* Whose files of /proc tell of its memory (process_memory_id()). */
int live_target_memory_id(const struct target *target);

/* The stop that the target owns; NULL: opened without. */
struct thread_stop *live_target_stop(const struct target *target);

/* Resume the process now (and keep the rest open). Returns how long it stood, in milliseconds. */
double live_target_resume(struct target *target);

#endif
