/*
 * The stop of a process that is to be copied: it lasts until one of its threads can be borrowed for
 * the call (attach/syscall_inject.h), and other programs of ours that stop the same process are
 * waited for.
 */
#ifndef ATTACH_SNAPSHOT_STOP_H
#define ATTACH_SNAPSHOT_STOP_H

#include "attach/live_target.h"
#include "attach/syscall_filter.h"
#include "attach/syscall_inject.h"

/* On success the process is stopped: *ret_target (the caller's, opened LIVE_STOPPED_BRIEFLY), in
 * which *ret_places are where the code of a call can lie, and *ret_thread can be borrowed; it lives
 * as long as the target. `filter`: that of the process's first thread. On any error nothing stays
 * stopped, and *ret_target is NULL. ERROR_UNSUPPORTED: there is no place. ERROR_OS: no thread could
 * be borrowed within LIMIT_CALL_MS, or another traces the process. Otherwise as
 * live_target_open(). */
MUST_CHECK struct error *snapshot_stop(const struct process_identity *process,
				       enum syscall_filter filter, const struct task *task,
				       struct target **ret_target,
				       struct syscall_places *ret_places,
				       const struct stopped_thread **ret_thread);

#endif
