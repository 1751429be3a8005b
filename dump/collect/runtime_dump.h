/*
 * A dump that the runtime of a process writes of itself, where its memory is closed to us and its
 * diagnostics socket is not. The file comes into being in the process's file system, beside its
 * socket, and costs room there; it is opened through /proc/PID/root and its name removed at once.
 */
#ifndef DUMP_COLLECT_RUNTIME_DUMP_H
#define DUMP_COLLECT_RUNTIME_DUMP_H

#include "attach/process_find.h"
#include "base/task.h"
#include "dump/collect/core_sink.h"

struct runtime_dump {
	int fd; /* of the file, which has no name any more */
	uint64_t bytes;
	double wait_ms; /* from the request to the answer: the process was stopped for most of it */
};

/*
 * `process` can be reached by its socket (PROCESS_WAY_SOCKET), and process_reach_files() has been
 * called. ERROR_OS with the figures when the process's file system, or on a tmpfs its
 * memory limit, has no room for it, or it may get the pod evicted (attach/pod_room.h), unless
 * `force`. Else as diagnostics_dump(). *ret is released with runtime_dump_release().
 */
MUST_CHECK struct error *runtime_dump_take(const struct process_info *process,
					   enum diagnostics_dump_type type, bool force,
					   const struct task *task, struct runtime_dump *ret);
void runtime_dump_release(struct runtime_dump *dump);

/* All of its bytes, holes as zeros. */
MUST_CHECK struct error *runtime_dump_copy(const struct runtime_dump *dump, struct core_sink *sink,
					   const struct task *task);

#endif
