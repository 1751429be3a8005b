/*
 * A live process as a target: as it runs, or stopped. Its memory is read by
 * attach/process_memory.h; mappings are read once, at open. With LIVE_STOPPED every thread is
 * stopped first (attach/thread_hold.h) and stays so until the target is closed, which resumes it:
 * close from the thread that opened. With LIVE_RUNNING memory moves under the reader, and threads
 * have no registers. The third way to a live process, a snapshot of it, is
 * attach/snapshot_target.h.
 *
 * Thread ids are those of the target's own PID namespace, as the runtime in it recorded them.
 */
#ifndef ATTACH_LIVE_TARGET_H
#define ATTACH_LIVE_TARGET_H

#include "attach/target/target.h"
#include "attach/thread_stop.h"

enum live_stop {
	LIVE_RUNNING,
	LIVE_STOPPED,
	/* By the calling thread itself (attach/thread_stop.h), which can then borrow threads;
	 * without thread_stop_read_details(), which the caller owes. */
	LIVE_STOPPED_BRIEFLY,
};

/* *ret is closed with target_close(). ERROR_NOT_FOUND: no such process. ERROR_OS: not allowed (the
 * message names what is missing). ERROR_UNSUPPORTED: a 32-bit process or another architecture,
 * or one that cannot be stopped now. ERROR_CANCELLED. `task` may be NULL. */
MUST_CHECK struct error *live_target_open(const struct process_identity *process,
					  enum live_stop how, const struct task *task,
					  struct target **ret);

/* Takes an error that reading the target met, and hands it back. When the process has ended, or was
 * let go, it frees the error and answers ERROR_NOT_FOUND, which says that. NULL stays NULL. */
MUST_CHECK struct error *live_target_explain(struct target *target, struct error *error);

/* The threads with what is known of them: none of a running process. */
const struct stopped_thread *live_target_threads(const struct target *target, size_t *ret_count);

/* The stop, which the target owns; NULL: it was not opened LIVE_STOPPED_BRIEFLY. */
struct thread_stop *live_target_stop(const struct target *target);

/* Resume the process now (and keep the rest open). Returns how long it was stopped, in
 * milliseconds; 0: it was not. */
double live_target_resume(struct target *target);

#endif
