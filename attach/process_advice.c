#include "attach/process_advice.h"

#include "attach/proc_file.h"
#include "attach/process_container.h"
#include "base/limits.h"

#include <sys/utsname.h>
#include <unistd.h>

/* Where the process lives, as far as its cgroup and mounts tell. */
struct place {
	char container[CONTAINER_ID_BYTES], pod_uid[POD_UID_BYTES];
	char container_name[CONTAINER_NAME_BYTES];
	struct utsname host; /* nodename "": not known to be the pod's name */
};

static void find_place(int pid, struct place *ret)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	char our_pod[POD_UID_BYTES];
	*ret = (struct place){ 0 };
	if (!proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup", pid)) {
		container_id_in(text_string(&file), ret->container);
		pod_uid_in(text_string(&file), ret->pod_uid);
	}
	if (!proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/mountinfo", pid)) {
		if (!*ret->pod_uid)
			pod_uid_in(text_string(&file), ret->pod_uid);
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

static void append_spec(const struct process_wants *wants, struct text *ret)
{
	if (wants->owner)
		text_printf(ret, "securityContext: {runAsUser: %llu, runAsGroup: %llu}", wants->uid,
			    wants->gid);
	if (wants->owner && wants->capability)
		text_append(ret, " or ");
	if (wants->capability)
		text_append(ret, "securityContext: {capabilities: {add: [SYS_PTRACE]}}");
}

static void append_kubectl(const struct place *place, struct text *ret)
{
	text_printf(ret, "kubectl debug -it %s --target=%s --profile=general --image=IMAGE",
		    *place->host.nodename ? place->host.nodename : "POD",
		    *place->container_name ? place->container_name : "CONTAINER");
}

static void append_for_pod(const struct process_wants *wants, const struct place *place,
			   struct text *ret)
{
	text_append(ret, ": ");
	if (wants->owner || wants->capability) {
		text_append(ret, "give clrpod's container ");
		append_spec(wants, ret);
		text_append(ret, ", or ");
	}
	text_append(ret, "paste: ");
	append_kubectl(place, ret); /* whose profile "general" adds SYS_PTRACE */
}

static void append_for_container(const struct process_wants *wants, const struct place *place,
				 struct text *ret)
{
	text_printf(ret, ": paste: podman run --pid=container:%.12s", place->container);
	if (wants->owner)
		text_printf(ret, " --user=%llu:%llu", wants->uid, wants->gid);
	if (wants->capability)
		text_append(ret,
			    wants->owner ? " (or --cap-add=SYS_PTRACE)" : " --cap-add=SYS_PTRACE");
	text_append(ret, " …");
}

static void append_for_host(const struct process_wants *wants, struct text *ret)
{
	if (wants->inside) {
		text_printf(ret,
			    ": paste, as root of the machine: nsenter --target %d --user --pid "
			    "clrpod …",
			    wants->pid);
		return;
	}
	text_append(ret, geteuid() ? ": paste: sudo clrpod … (in a pod: " : ": in a pod: ");
	append_spec(wants, ret);
	if (geteuid())
		text_append_char(ret, ')');
}

void process_advise(const struct process_wants *wants, struct text *ret)
{
	struct place place;
	if (wants->owner || wants->capability || wants->inside) {
		find_place(wants->pid, &place);
		if (*place.pod_uid)
			append_for_pod(wants, &place, ret);
		else if (*place.container)
			append_for_container(wants, &place, ret);
		else
			append_for_host(wants, ret);
	}
	if (wants->scope)
		text_append(ret, ", or on the node: sysctl -w kernel.yama.ptrace_scope=0");
}
