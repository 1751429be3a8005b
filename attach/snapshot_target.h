/*
 * A snapshot (attach/snapshot.h) as a target: the threads and the memory of one moment, while the
 * process runs on. What was frozen is read first (attach/frozen_pages.h), as it is newer than what
 * the copy shares with the process; all else is the copy's memory (attach/process_memory.h). When
 * the snapshot is dropped, reads fail and target_check() says why.
 *
 * Thread ids are those of the target's own PID namespace, as the runtime in it recorded them.
 */
#ifndef ATTACH_SNAPSHOT_TARGET_H
#define ATTACH_SNAPSHOT_TARGET_H

#include "attach/snapshot.h"
#include "attach/target/target.h"

/* Takes a snapshot now. *ret is closed with target_close(). Errors as of snapshot_take();
 * ERROR_NOT_FOUND also when it was dropped before it could be opened. `task` may be NULL. */
MUST_CHECK struct error *snapshot_target_open(const struct snapshot_request *request,
					      const struct task *task, struct target **ret);

/* Takes an error that reading the target met, and hands it back. When the snapshot was dropped
 * meanwhile, or the process has ended, it frees the error and answers ERROR_NOT_FOUND, which says
 * that. NULL stays NULL. */
MUST_CHECK struct error *snapshot_target_explain(struct target *target, struct error *error);

/* The target owns it. */
struct snapshot *snapshot_target_snapshot(const struct target *target);

#endif
