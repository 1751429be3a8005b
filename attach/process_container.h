/*
 * Which container and pod a process is in, as far as its cgroup path and its mounts show: names
 * that container runtimes and the kubelet choose, not a kernel interface.
 */
#ifndef ATTACH_PROCESS_CONTAINER_H
#define ATTACH_PROCESS_CONTAINER_H

#include "base/text.h"

enum { CONTAINER_ID_BYTES = 64 + 1, POD_UID_BYTES = 36 + 1, CONTAINER_NAME_BYTES = 63 + 1 };

/* The last run of exactly 64 hex digits in a path of /proc/PID/cgroup ("/docker/ID",
 * "cri-containerd-ID.scope", "crio-ID.scope"); "" when there is none. */
void container_id_in(const char *cgroup, char ret[CONTAINER_ID_BYTES]);

/* The same of a container outside of pods by the file that its runtime mounts as /etc/hostname
 * (…/docker/containers/ID/hostname, …/overlay-containers/ID/userdata/hostname), from the text of
 * /proc/PID/mountinfo. In a pod that file is the sandbox's. */
void container_id_in_mounts(const char *mounts, char ret[CONTAINER_ID_BYTES]);

/* The name in the text of a /etc/hostname: its first word, when that is no longer than a host's
 * name may be (sethostname(2)); "" when there is none. Whatever bytes it holds. */
enum { HOST_NAME_BYTES = 64 + 1 };
void host_name_in(const char *text, char ret[HOST_NAME_BYTES]);

/* A pod's uid: after "pod" in a cgroup's path (kubepods-burstable-podUID.slice, with _ for -, or
 * /kubepods/burstable/podUID) or after "/pods/" in a mount of the kubelet's; "" when none. */
void pod_uid_in(const char *text, char ret[POD_UID_BYTES]);

/* A container's name in its pod (a DNS label): the kubelet mounts the termination log of container
 * NAME from /pods/UID/containers/NAME/; "" when none. */
void container_name_in(const char *mounts, char ret[CONTAINER_NAME_BYTES]);

#endif
