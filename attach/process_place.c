#include "attach/process_place.h"

#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "base/limits.h"

#include <inttypes.h>

void process_place_find(int pid, struct process_place *ret)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	char our_pod[POD_UID_BYTES];
	int memory_id = process_memory_id(pid); /* without memory there are no mounts either */
	*ret = (struct process_place){ 0 };
	if (!proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup", memory_id)) {
		container_id_in(text_string(&file), ret->container);
		pod_uid_in(text_string(&file), ret->pod_uid);
	}
	/* With its own cgroup namespace the path is "/"; the kubelet's mounts remain. */
	if (!proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/mountinfo", memory_id)) {
		if (!*ret->pod_uid)
			pod_uid_in(text_string(&file), ret->pod_uid);
		if (!*ret->container && !*ret->pod_uid)
			container_id_in_mounts(text_string(&file), ret->container);
		container_name_in(text_string(&file), ret->container_name);
	}
	/* The containers of a pod share its host name. */
	if (*ret->pod_uid &&
	    !proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/self/mountinfo")) {
		pod_uid_in(text_string(&file), our_pod);
		if (strcmp(our_pod, ret->pod_uid) || uname(&ret->host))
			ret->host.nodename[0] = '\0';
	}
}

const char *process_place_pod(const struct process_place *place)
{
	return *place->host.nodename ? place->host.nodename : "POD";
}

const char *process_place_container(const struct process_place *place)
{
	return *place->container_name ? place->container_name : "CONTAINER";
}

void process_place_append_resize(const struct process_place *place, uint64_t limit_bytes,
				 struct text *ret)
{
	text_printf(ret,
		    "kubectl patch pod %s --subresource resize -p "
		    "'{\"spec\":{\"containers\":[{\"name\":\"%s\",\"resources\":{\"limits\":"
		    "{\"memory\":\"%" PRIu64 "Mi\"}}}]}}'",
		    process_place_pod(place), process_place_container(place),
		    (limit_bytes + (1 << 20) - 1) >> 20);
}
