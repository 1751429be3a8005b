/*
 * Where a process lives, by the names that kubectl takes: as far as its cgroup, its mounts and the
 * host name that the containers of a pod share show it.
 */
#ifndef ATTACH_PROCESS_PLACE_H
#define ATTACH_PROCESS_PLACE_H

#include "attach/process_container.h"

#include <sys/utsname.h>

struct process_place {
	char container[CONTAINER_ID_BYTES], pod_uid[POD_UID_BYTES]; /* "": in none */
	char container_name[CONTAINER_NAME_BYTES];                  /* "": not seen */
	struct utsname host; /* nodename "": not known to be the pod's name */
};

void process_place_find(int pid, struct process_place *ret);

/* The pod's and the container's name, or POD and CONTAINER to be filled in. */
const char *process_place_pod(const struct process_place *place);
const char *process_place_container(const struct process_place *place);

/* Appends the command that makes the container's memory limit `limit_bytes` where it runs; only for
 * a place in a pod. (Kubernetes 1.33, kubectl 1.32: "Resize CPU and Memory Resources assigned to
 * Containers", kubernetes.io.) */
void process_place_append_resize(const struct process_place *place, uint64_t limit_bytes,
				 struct text *ret);

#endif
