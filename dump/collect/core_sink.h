/*
 * Where the bytes of a core go: in file order, each once. core_write() says what, a sink where and
 * how: a file with holes, a pipe, frames of zstd in front of either.
 */
#ifndef DUMP_COLLECT_CORE_SINK_H
#define DUMP_COLLECT_CORE_SINK_H

#include "base/task.h"

#include <stddef.h>

struct core_sink;
struct core_sink_ops {
	struct error *(*write)(struct core_sink *sink, const void *bytes, size_t size);
	/* The next `size` bytes are zeros: a hole where the place can have one. */
	struct error *(*zeros)(struct core_sink *sink, uint64_t size);
	/* Overwrites what was written at `offset` of the core. NULL: cannot go back. */
	struct error *(*patch)(struct core_sink *sink, uint64_t offset, const void *bytes,
			       size_t size);
	/* What was written so far reaches the place: cut after it, it can be read. May be NULL. */
	struct error *(*flush)(struct core_sink *sink);
	/* The end of the core. *ret_bytes: how many bytes the place was given, packed ones where
	 * the sink packs. Nothing may be written afterwards. */
	struct error *(*finish)(struct core_sink *sink, uint64_t *ret_bytes);
	void (*free)(struct core_sink *sink);
};

/* First member of each implementation. Errors of all calls: ERROR_OS, ERROR_NO_MEMORY, of a
 * pipe ERROR_CANCELLED too. */
struct core_sink {
	const struct core_sink_ops *ops;
};

/* A new file: writable, seekable, empty; it stays the caller's, which synchronises and closes it.
 * Zeros are holes. */
MUST_CHECK struct error *core_sink_file_new(int fd, struct core_sink **ret);

/* Of a file sink: what messages call the file, and what else could be done; borrowed. */
void core_sink_file_name(struct core_sink *sink, const char *path);

/* Of a file sink: `check` is asked before the first byte and then every CORE_SINK_WATCH_BYTES
 * whether `more` bytes may still be written; its error is the write's. */
enum { CORE_SINK_WATCH_BYTES = 8 * 1024 * 1024 };
typedef struct error *(*core_sink_check)(void *context, uint64_t more);
void core_sink_file_watch(struct core_sink *sink, core_sink_check check, void *context);

/* A pipe, a socket: all bytes in their order, zeros too. `fd` stays the caller's, which ignores
 * SIGPIPE; os_errno EPIPE: it has no reader any more. A reader that takes no byte for
 * `stall_seconds` (0: for ever) is an error, patient_write_stalled(). The task, which may be NULL,
 * ends the waiting too: ERROR_CANCELLED (base/patient_writer.h). */
MUST_CHECK struct error *core_sink_pipe_new(int fd, unsigned stall_seconds, const struct task *task,
					    struct core_sink **ret);

void core_sink_free(struct core_sink *sink); /* finished or not; NULL is allowed */

/* For CLEANUP(). */
static inline void core_sink_cleanup(struct core_sink **sink)
{
	core_sink_free(*sink);
}

#endif
