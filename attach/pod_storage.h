/*
 * What in a pod a file is on, as far as mounts show it, which needs no API: volumes and the
 * writable layer: the kubelet watches their use, and evicts the pod for it. Names are those of the
 * kubelet (pkg/volume/emptydir: /pods/UID/volumes/kubernetes.io~empty-dir/NAME), no kernel
 * interface.
 *
 * The limits cannot be seen: statfs(2) of a disk's emptyDir and of the writable layer reports the
 * node's disk, sizeLimit and limits.ephemeral-storage are in the pod's spec alone. A tmpfs with a
 * size of its own (an emptyDir in memory, Kubernetes 1.22 and later) reports it by statfs(2).
 */
#ifndef ATTACH_POD_STORAGE_H
#define ATTACH_POD_STORAGE_H

#include "base/error.h"

enum pod_storage_kind {
	POD_STORAGE_OTHER,     /* no pod, or another volume: no limit but the file system's */
	POD_STORAGE_EMPTY_DIR, /* on a disk: sizeLimit, limits.ephemeral-storage */
	POD_STORAGE_MEMORY,    /* a tmpfs that has a size */
	POD_STORAGE_UNSIZED,   /* a tmpfs that has none: an emptyDir's sizeLimit is not its size */
	POD_STORAGE_LAYER,   /* what a container writes beside volumes: limits.ephemeral-storage */
	POD_STORAGE_UNKNOWN, /* in a pod, and its mount cannot be found */
};

enum { VOLUME_NAME_BYTES = 63 + 1 }; /* a DNS label */

struct pod_storage {
	enum pod_storage_kind kind;
	char volume[VOLUME_NAME_BYTES]; /* of an emptyDir on a disk */
};

/* By the text of a /proc/PID/mountinfo and the id of the file's mount (mnt_id of fdinfo). False:
 * no such mount in it, or no memory. */
bool pod_storage_in(const char *mounts, uint64_t mount_id, struct pod_storage *ret);

/* Of our open file, for which our own mounts are read as ourselves, and, where the way to it led
 * through /proc/PID/root, those of `pid` (0: none). */
void pod_storage_of(int fd, int pid, struct pod_storage *ret);

/* Is there a limit that cannot be seen? */
bool pod_storage_hides_limit(const struct pod_storage *storage);

#endif
