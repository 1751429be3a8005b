/*
 * A live process as a target, in one of three ways: as it runs, stopped, or as a snapshot. Memory
 * is read with pread on /proc/PID/mem (process_vm_readv where that file cannot be opened); mappings
 * are read once, at open. With LIVE_STOPPED every thread is stopped first (attach/thread_hold.h)
 * and stays so until the target is closed, which resumes it: close from the thread that opened.
 * With LIVE_RUNNING memory moves under the reader, and threads have no registers. A snapshot
 * (attach/snapshot.h) has the threads and the memory of one moment while the process runs on; when
 * it is dropped, reads fail and target_check() says why.
 *
 * A snapshot is read with pread alone: process_vm_readv would pin its pages, which makes the kernel
 * copy each.
 *
 * Files are opened as the process sees them (attach/process_file.h): in a container ours of the
 * same path are others.
 *
 * Thread ids are those of the target's own PID namespace, as the runtime in it recorded them.
 */
#ifndef ATTACH_LIVE_TARGET_H
#define ATTACH_LIVE_TARGET_H

#include "attach/snapshot.h"
#include "attach/target/target.h"

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

/* The same of a snapshot that is taken now. Errors as of snapshot_take(). */
MUST_CHECK struct error *live_target_open_snapshot(const struct snapshot_request *request,
						   const struct task *task, struct target **ret);

/* Takes an error that reading the target met, and hands it back. When the target's snapshot was
 * dropped meanwhile, or the process has ended, it frees the error and answers ERROR_NOT_FOUND,
 * which says that. NULL stays NULL. */
MUST_CHECK struct error *live_target_explain(struct target *target, struct error *error);

/* Of a target opened here. The maps live as long as the target. */
const struct process_maps *live_target_maps(const struct target *target);

/* As target_read_some(), but only what the process's page table has: nothing is read from a disk,
 * which may not answer (reading what is swapped out excepted). 0 when a page is missing. Where the
 * table cannot be read it is read all the same. */
size_t live_target_read_mapped(struct target *target, uint64_t address, void *buffer, size_t size);

/* As target_read_some(), and the process's page table has it then: what a file has is read of the
 * file first, so that only we wait for a disk. Of a process that runs. */
size_t live_target_read_through(struct target *target, uint64_t address, void *buffer, size_t size);

/* Whose files of /proc tell of its memory: process_memory_id(), or the snapshot's copy. */
int live_target_memory_id(const struct target *target);

/* The threads with what is known of them: none of a running process. */
const struct stopped_thread *live_target_threads(const struct target *target, size_t *ret_count);

/* The snapshot, or the stop (of LIVE_STOPPED_BRIEFLY), that the target owns; NULL: opened without.
 */
struct snapshot *live_target_snapshot(const struct target *target);
struct thread_stop *live_target_stop(const struct target *target);

/* Resume the process now (and keep the rest open). Returns how long it was stopped, in
 * milliseconds; of a snapshot, how long for that. */
double live_target_resume(struct target *target);

#endif
