#include "attach/process_advice.h"

#include "attach/process_place.h"

#include <unistd.h>

/* A capability that is added is in effect for root alone (execve(2)). */
static void append_spec(const struct process_wants *wants, struct text *ret)
{
	if (wants->owner)
		text_printf(ret, "securityContext: {runAsUser: %llu, runAsGroup: %llu}", wants->uid,
			    wants->gid);
	if (wants->owner && wants->capability)
		text_append(ret, " or ");
	if (wants->capability)
		text_printf(ret, "securityContext: {%scapabilities: {add: [SYS_PTRACE]}}",
			    geteuid() ? "runAsUser: 0, " : "");
}

static void append_kubectl(const struct process_place *place, struct text *ret)
{
	text_printf(ret, "kubectl debug -it %s --target=%s --profile=general --image=IMAGE",
		    process_place_pod(place), process_place_container(place));
}

static void append_for_pod(const struct process_wants *wants, const struct process_place *place,
			   struct text *ret)
{
	text_append(ret, ": ");
	if (wants->owner || wants->capability) {
		text_append(ret, "give clrpod's container ");
		append_spec(wants, ret);
		text_append(ret, ", or ");
	}
	text_append(ret, "paste: ");
	append_kubectl(place, ret); /* its profile "general" adds SYS_PTRACE */
}

static void append_for_container(const struct process_wants *wants,
				 const struct process_place *place, struct text *ret)
{
	text_printf(ret, ": paste: podman run --pid=container:%.12s", place->container);
	if (wants->owner)
		text_printf(ret, " --user=%llu:%llu", wants->uid, wants->gid);
	if (wants->capability)
		text_printf(ret, wants->owner ? " (or %s)" : " %s",
			    geteuid() ? "--user=0 --cap-add=SYS_PTRACE" : "--cap-add=SYS_PTRACE");
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
	text_append(ret, geteuid() ? ": run it by sudo (in a pod: " : ": in a pod: ");
	append_spec(wants, ret);
	if (geteuid())
		text_append_char(ret, ')');
}

void process_advise(const struct process_wants *wants, struct text *ret)
{
	struct process_place place;
	if (wants->owner || wants->capability || wants->inside) {
		process_place_find(wants->pid, &place);
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
