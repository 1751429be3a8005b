/*
 * Where a dump goes: a file that appears whole (dump/collect/output_file.h) or an open stream,
 * packed or not. What ends early may be kept as it is: what was written is a smaller dump.
 */
#ifndef DUMP_COLLECT_DESTINATION_H
#define DUMP_COLLECT_DESTINATION_H

#include "dump/collect/core_sink.h"

struct destination_request {
	const char *path;       /* of the finished file; NULL: a stream */
	int fd;                 /* the stream, borrowed */
	unsigned stall_seconds; /* a stream's reader may take no byte for so long; 0: for ever */
	int zstd_level;         /* 0: not packed */
	int pid; /* the process of the dump; its mounts show what a PATH below its root is on */
	const char *stream_line; /* what to type to stream it instead, for messages; may be NULL */
	const char *smaller;     /* output_choice.smaller */
	bool force; /* replace PATH and PATH.partial; write although space gets short */
	const struct task *task; /* may be NULL */
};

struct destination;

/* Can it be written, by its name alone? Nothing is created. ERROR_USAGE. */
MUST_CHECK struct error *destination_check(const struct destination_request *request);

/* `bytes`: about how long the core will be. Creates PATH.partial; unless forced, refuses what has
 * no room for it (ERROR_OS with the figures and the ways out), or may get its pod evicted
 * (attach/pod_room.h; the task's note says so in any case; also of a stream that is a file).
 * How long it will be packed is a guess: so the room is looked at again and again while it is
 * written, and writing fails with the same words when it gets short. */
MUST_CHECK struct error *destination_open(const struct destination_request *request, uint64_t bytes,
					  struct destination **ret);

struct core_sink *destination_sink(const struct destination *destination);

struct destination_figures {
	uint64_t bytes;      /* written: packed ones, where it packs */
	uint64_t disk_bytes; /* that the file takes; of a stream, the same as `bytes` */
};

/* The end of the core. What was written is synchronised and gets its name. */
MUST_CHECK struct error *destination_finish(struct destination *destination,
					    struct destination_figures *ret);

/* The core ended early: PATH.partial is synchronised and stays. *ret_path, the destination's own:
 * its name; NULL for a stream. */
MUST_CHECK struct error *destination_keep(struct destination *destination,
					  struct destination_figures *ret, const char **ret_path);

/* Removes PATH.partial unless it was finished or kept. NULL is allowed. */
void destination_free(struct destination *destination);

#endif
