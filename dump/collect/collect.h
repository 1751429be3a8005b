/*
 * A core of a live process: of a snapshot (attach/snapshot.h), for which it is stopped for some
 * milliseconds, or written while it is stopped, with `freeze`: stop, registers, memory, resume,
 * then fsync and rename. The process runs on whatever becomes of us (attach/thread_hold.h); one
 * that was in job-control stop stays stopped as it was.
 *
 * What is written: every mapping (read-only file pages too: symbols, descriptor and metadata are in
 * the dump) except [vvar] and [vsyscall]; anonymous pages that were never touched are holes. The
 * file is sparse where memory is zeros. It is written as PATH.partial, mode 0600, and renamed when
 * it is whole. What was written when the process ended, or when SIGTERM or SIGHUP told us to stop
 * (an evicted pod), is a smaller dump and stays as PATH.partial once the runtime's own data is in
 * it; after SIGINT and after errors, a full disk among them, nothing is left. When the reader of a
 * stream takes no byte for too long (destination_request.stall_seconds), the process is let go: an
 * error of patient_write_stalled().
 *
 * For the caller (cli/): catch SIGINT, SIGTERM and SIGHUP and set the task's stop flag, or a killed
 * collect leaves PATH.partial behind. Ctrl-Z is held back while the process is stopped.
 */
#ifndef DUMP_COLLECT_COLLECT_H
#define DUMP_COLLECT_COLLECT_H

#include "attach/process_identity.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/task.h"
#include "dump/collect/core_contents.h"
#include "dump/collect/destination.h"

struct collect_request {
	struct process_identity process;
	struct destination_request to;
	enum core_type type;
	bool freeze;             /* no snapshot: it is stopped until its memory is written */
	bool insist;             /* on the snapshot: snapshot_request.insist */
	const char *insist_line; /* snapshot_request.insist_line */
	/* NULL, or what memory is wanted whatever the type leaves out: asked of the snapshot or of
	 * the stopped process; see core_contents_select(). */
	struct error *(*more)(void *context, struct target *target, struct arena *arena,
			      const struct region **ret, size_t *ret_count);
	void *more_context;
	const struct task *task; /* may be NULL; progress unit: bytes, what: "writing the core" */
};

struct collect_result {
	char path[LIMIT_PATH_BYTES]; /* what was written: PATH, PATH.partial, "-" */
	char ended[512];             /* why the core ends early, a sentence; "": it is whole */
	uint64_t core_bytes;         /* length of the core, before any packing */
	uint64_t file_bytes;         /* length of the file, holes included */
	uint64_t disk_bytes;         /* what it takes on disk */
	uint64_t memory_bytes;       /* of the process that are in the core (zero pages included) */
	uint64_t untouched_bytes;    /* mapped, never touched: zeros that take no space */
	uint64_t too_long_bytes;     /* never touched, more of them than a core can have: not in it,
					incomplete */
	uint64_t left_out_bytes;     /* of very large mapped files: not resident, left out */
	uint64_t unreadable_bytes;   /* should be in the core and could not be read: the core is
					incomplete (exit status 5) */
	uint64_t withheld_bytes;     /* of files that cannot be opened or believed, and that the
				      * process would have waited for: incomplete */
	uint64_t unknown_bytes;      /* of shared memory of which it is not known whether it exists:
					not in the core, incomplete */
	uint64_t lost_bytes;         /* of memory that a snapshot does not inherit, and that had no
				      * room: not in the core */
	uint64_t moving_bytes;       /* of shared memory that the snapshot could not hold still:
					incomplete */
	unsigned threads;            /* with registers */
	unsigned threads_missing;    /* in an uninterruptible sleep: no registers, incomplete */
	unsigned mappings;
	bool frozen;     /* no snapshot was taken */
	double pause_ms; /* from the first interrupt to the last detach */
	double total_ms; /* including fsync, and the end of the snapshot */
};

/* ERROR_USAGE: the file exists and !force, or pid is ourselves. ERROR_NOT_FOUND: no such process.
 * ERROR_OS: not allowed to look (the message names what is missing), no space (with the figures),
 * writing failed. ERROR_UNSUPPORTED: not a 64-bit process of this machine's architecture, or a
 * snapshot might harm it.
 * ERROR_CANCELLED: the task was stopped. */
MUST_CHECK struct error *collect_process(const struct collect_request *request,
					 struct collect_result *ret);

#endif
