/*
 * Where the bytes of a packed dump go: the place is chosen, then written in order, with runs of
 * zeros left out as holes.
 */
#ifndef DUMP_CORE_UNPACK_ROOM_H
#define DUMP_CORE_UNPACK_ROOM_H

#include "base/task.h"

#include <stdbool.h>
#include <stddef.h>

struct unpack_room {
	int fd;           /* -1: none yet; the owner closes it */
	char place[64];   /* for messages: "/tmp", "the dump's directory", "memory" */
	bool in_memory;   /* memfd, tmpfs: what is written takes memory */
	uint64_t needed;  /* bytes, as announced */
	uint64_t written; /* bytes, with the holes */
	uint64_t taken;   /* bytes, without them */
	uint64_t looked;  /* `taken` when the place was last asked what is left of it */
	uint64_t most;    /* bytes that it may take: in a pod, where a limit cannot be seen, few */
	const char *path; /* of the packed file, for messages */
};

/* Chooses a place with `needed` bytes; `exact` false: the size is an estimate. See
 * dump/core/unpack.h. No place of a pod with a limit that cannot be seen (attach/pod_storage.h),
 * but for few bytes: above it the pod is evicted. */
MUST_CHECK struct error *unpack_room_choose(const char *path, const char *temporary_directory,
					    uint64_t needed, bool exact, const struct task *task,
					    struct unpack_room *ret);

/* The next bytes. The place is asked every few MiB whether it has room, whatever was announced: a
 * packed file can hold more than it says, and others write there too. ERROR_OS when the place is
 * full, or would leave others less than they need. */
MUST_CHECK struct error *unpack_room_write(struct unpack_room *room, const uint8_t *bytes,
					   size_t size);

/* Gives the file its length (it may end with a hole). */
MUST_CHECK struct error *unpack_room_finish(struct unpack_room *room);

#endif
