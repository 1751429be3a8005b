/*
 * May a dump, or a file of answers, be written where a pod's limits count it
 * (attach/pod_storage.h)? Above a limit the kubelet evicts the pod, and the dump is gone with it
 * (seen with Kubernetes 1.36: after 52 to 58 seconds for an emptyDir, 10 for the writable layer).
 * Where the limit cannot be seen a dump larger than POD_ROOM_UNSEEN_BYTES is refused, in words that
 * name what to ask and what to do instead.
 */
#ifndef ATTACH_POD_ROOM_H
#define ATTACH_POD_ROOM_H

#include "attach/pod_storage.h"
#include "base/task.h"

enum { POD_ROOM_UNSEEN_BYTES = 32 * 1024 * 1024 };

struct pod_room {
	struct pod_storage storage;
	const char *path;    /* of the dump, for messages */
	int pid;             /* of the process that is in the pod */
	const char *instead; /* what to do instead, for messages */
};

/* Says before the first byte where it will count, when it does. */
void pod_room_note(const struct pod_room *room, const struct task *task);

/* ERROR_OS (EDQUOT) for a file of `bytes` in all that a limit which cannot be seen may not allow.
 */
MUST_CHECK struct error *pod_room_check(const struct pod_room *room, uint64_t bytes);

/* How many bytes of text may still be written to an open file, each file for itself; UINT64_MAX:
 * any number. */
uint64_t pod_room_for_text(int fd);

#endif
