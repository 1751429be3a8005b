/*
 * A snapshot of a live process: a copy-on-write copy of its memory, made while it is stopped for
 * some milliseconds (25 to 40 for each GiB of resident memory, and up to 0.05 for each thread), by
 * a system call that one of its threads makes for us: clone(2), with flags such that the copy sends
 * no signal when it ends, and shares what its end could close. The copy is held before its first
 * instruction. The process then runs on, and what it writes is copied by the kernel, at the expense
 * of its own memory limit: attach/memory_guard.h. What is written to the process itself: a page of
 * its code is made private for the instructions of that call, and reads as before afterwards
 * (attach/syscall_inject.h).
 *
 * Another process of ours, the keeper, does all that is done to the target, and watches: it drops
 * the copy before memory runs out, when it was held long enough, when we close it, and when we are
 * killed; and lets the target reap it (wait4(2), by one thread, which is stopped for that for less
 * than a millisecond, as does the first; where none can, others are tried for LIMIT_REAP_MS), so
 * that nothing remains. Should the keeper be killed too, at whatever moment, the
 * target goes on as if nothing had been, and the copy ends: by the kernel (PTRACE_O_EXITKILL), or
 * by itself when it was not yet held. A zombie remains then until the target ends or the next
 * snapshot of it, which takes it away. docs/SNAPSHOT.md says why it is done this way.
 */
#ifndef ATTACH_SNAPSHOT_H
#define ATTACH_SNAPSHOT_H

#include "attach/snapshot_record.h"
#include "base/task.h"

struct snapshot;

struct snapshot_request {
	struct process_identity process;
	unsigned hold_seconds; /* drop it then; 0: never for that reason */
	bool insist; /* although it is not known whether a seccomp filter or a memory limit of the
			process forbids it */
	const char *insist_line; /* what to type to insist, for messages; NULL: not known */
};

/* ERROR_UNSUPPORTED: refused, as it might harm the process: the message gives the figures.
 * ERROR_NOT_FOUND, ERROR_OS, ERROR_CANCELLED as of thread_stop_begin(); ERROR_OS also when the
 * process cannot be copied (the message names the limit). `task` may be NULL. */
MUST_CHECK struct error *snapshot_take(const struct snapshot_request *request,
				       const struct task *task, struct snapshot **ret);

/* Would one be taken, as far as that shows without touching the process: the state it is in, its
 * memory limits, its seccomp filters? `freed_bytes`: what its memory limit gets back before. Errors
 * as of snapshot_take(). A process of ours may be forked: nothing may be stopped meanwhile. */
MUST_CHECK struct error *snapshot_check(const struct snapshot_request *request,
					uint64_t freed_bytes);

/* Drops the copy, and waits until the target is as it was. NULL is allowed. */
void snapshot_close(struct snapshot *snapshot);

/* Drops the copy now; the record stays readable. */
void snapshot_drop(struct snapshot *snapshot);

/* Valid until it is closed. */
const struct snapshot_record *snapshot_record(const struct snapshot *snapshot);

/* Why it was dropped, as a clause ("its container had …"); NULL: it is there. */
const char *snapshot_dropped(struct snapshot *snapshot);

/* What it takes of the target's memory limit by now, bytes; false: not known. */
bool snapshot_cost(struct snapshot *snapshot, uint64_t *ret);

#endif
