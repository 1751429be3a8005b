#include "attach/process_access.h"

#include "attach/credentials.h"
#include "attach/proc_file.h"
#include "attach/process_advice.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>

const char process_unseen_tracer[] =
	"a process that is not seen from here (of the node, outside of "
	"this PID namespace) is tracing it already: end that debugger";

/* 0 when there is no Yama. */
static int yama_scope(void)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	if (proc_file_read(&text, LIMIT_PROC_FILE_BYTES, "/proc/sys/kernel/yama/ptrace_scope"))
		return 0;
	return atoi(text_string(&text));
}

/* All users may read the map; the namespace's link needs the right to look into the process. */
static bool in_other_user_namespace(int pid)
{
	CLEANUP(text_deinit) struct text its = { 0 };
	CLEANUP(text_deinit) struct text ours = { 0 };
	return !proc_file_read(&its, LIMIT_PROC_FILE_BYTES, "/proc/%d/uid_map", pid) &&
	       !proc_file_read(&ours, LIMIT_PROC_FILE_BYTES, "/proc/self/uid_map") &&
	       strcmp(text_string(&its), text_string(&ours));
}

/* What becomes of "setcap cap_sys_ptrace=p" on our own file (capabilities(7), execve(2)). */
static void explain_file_capability(struct text *ret)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t no_new = 0, bounding = 0;
	if (getxattr("/proc/self/exe", "security.capability", NULL, 0) <= 0 ||
	    proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/self/status"))
		return;
	if (proc_number(&status, "NoNewPrivs", 10, &no_new) && no_new)
		text_append(ret, " (clrpod's file has the capability, but NoNewPrivs is set, in a "
				 "pod allowPrivilegeEscalation: false, and so it counts for "
				 "nothing)");
	else if (proc_number(&status, "CapBnd", 16, &bounding) &&
		 !(bounding >> CAPABILITY_SYS_PTRACE & 1))
		text_append(ret, " (clrpod's file has the capability, but it is not in our "
				 "bounding set)");
}

/* In spite of SYS_PTRACE. */
static void explain_with_capability(int scope, struct process_wants *wants, struct text *ret)
{
	if (scope == 3) {
		text_append(ret, "Yama's ptrace_scope is 3, which forbids it to everybody until "
				 "the node is started anew");
	} else if (in_other_user_namespace(wants->pid)) {
		text_append(ret, "it is in another user namespace (in a pod hostUsers: false, or a "
				 "rootless container), where our SYS_PTRACE does not count");
		wants->inside = true;
	} else if (wants->uid != geteuid() && !credentials_permitted(CAPABILITY_DAC_OVERRIDE) &&
		   !credentials_permitted(CAPABILITY_DAC_READ_SEARCH)) {
		text_printf(ret,
			    "we have SYS_PTRACE, but its files in /proc are open to uid %llu alone "
			    "and we are uid %u without DAC_OVERRIDE (setcap "
			    "cap_sys_ptrace,cap_dac_override=p on clrpod's file)",
			    wants->uid, geteuid());
		wants->owner = true;
	} else {
		text_append(ret, "refused in spite of SYS_PTRACE: seccomp or a security module "
				 "(AppArmor, SELinux) forbids it");
	}
}

static void explain_other_owner(const struct process_wants *wants, struct text *ret)
{
	text_printf(ret, "it runs as uid %llu gid %llu and we as uid %u gid %u without SYS_PTRACE",
		    wants->uid, wants->gid, geteuid(), getegid());
	if (!geteuid() &&
	    !(credentials_permitted(CAPABILITY_SETUID) && credentials_permitted(CAPABILITY_SETGID)))
		text_append(ret, ", nor with SETUID and SETGID to take on its ids");
	if (in_other_user_namespace(wants->pid))
		text_append(ret, ", in another user namespace");
	explain_file_capability(ret);
}

static void explain_same_owner(int scope, struct process_wants *wants, struct text *ret)
{
	wants->owner = false;
	wants->scope = scope > 0;
	if (scope)
		text_printf(ret, "Yama's ptrace_scope is %d, which allows it %s, and we lack it",
			    scope,
			    scope == 1 ? "only to a parent or with SYS_PTRACE"
				       : "only with SYS_PTRACE");
	else
		text_append(ret, "it has more capabilities than we, or is not dumpable, and we "
				 "lack SYS_PTRACE");
	explain_file_capability(ret);
}

static void explain(const struct text *status, struct process_wants *wants, struct text *ret)
{
	uint64_t uid, gid;
	int tracer = proc_tracer(status);
	size_t length;
	const char *state = proc_field(status, "State", &length);
	int scope = yama_scope();
	if (!proc_number(status, "Uid", 10, &uid) || !proc_number(status, "Gid", 10, &gid)) {
		text_printf(ret, "its /proc/%d/status makes no sense", wants->pid);
		return;
	}
	wants->uid = uid;
	wants->gid = gid;
	if (tracer) {
		text_printf(ret, "process %d is tracing it already: end that debugger", tracer);
	} else if (state && *state == 't') {
		text_append(ret, process_unseen_tracer);
	} else if (credentials_permitted(CAPABILITY_SYS_PTRACE)) {
		explain_with_capability(scope, wants, ret);
	} else {
		wants->owner = wants->capability = true;
		if (uid != geteuid() || gid != getegid())
			explain_other_owner(wants, ret);
		else
			explain_same_owner(scope, wants, ret);
	}
}

void process_access_reason(int pid, int os_errno, char *buffer, size_t size)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	CLEANUP(text_deinit) struct text reason = { 0 };
	struct process_wants wants = { .pid = pid };
	int failed = os_errno;
	if (os_errno == EPERM || os_errno == EACCES)
		failed = proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid);
	if (failed)
		text_append(&reason, strerror(failed));
	else
		explain(&status, &wants, &reason);
	process_advise(&wants, &reason);
	snprintf(buffer, size, "%s",
		 text_failed(&reason) ? strerror(os_errno) : text_string(&reason));
}

static struct error *denied(const char *what, int pid, int os_errno)
{
	char reason[PROCESS_REASON_BYTES];
	process_access_reason(pid, os_errno, reason, sizeof(reason));
	struct error *error = error_new(ERROR_OS, "cannot %s process %d: %s", what, pid, reason);
	if (error != &error_no_memory)
		error->os_errno = os_errno;
	return error;
}

struct error *process_access_denied(int pid, int os_errno)
{
	return denied("read the memory of", pid, os_errno);
}

struct error *process_stop_denied(int pid, int os_errno)
{
	return denied("stop", pid, os_errno);
}

int process_memory_probe(int pid, uint64_t address)
{
	char path[64], byte;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	CLEANUP(fd_cleanup) int fd = proc_open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	ssize_t size = pread(fd, &byte, 1, (off_t)address);
	if (size < 0)
		return errno;
	return size ? 0 : ESRCH; /* 0 bytes: the address space is gone */
}
