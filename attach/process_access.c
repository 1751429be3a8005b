#include "attach/process_access.h"

#include "attach/proc_file.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>

/* linux/capability.h: CAP_SYS_PTRACE, a bit of CapEff in /proc/self/status */
enum { CAPABILITY_SYS_PTRACE = 19 };

static int status_of(struct text *ret, int pid)
{
	return proc_file_read(ret, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid);
}

static bool have_sys_ptrace(void)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t effective = 0;
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/self/status") ||
	    !proc_number(&status, "CapEff", 16, &effective))
		return false;
	return effective >> CAPABILITY_SYS_PTRACE & 1;
}

/* 0 when there is no Yama. */
static int yama_scope(void)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	if (proc_file_read(&text, LIMIT_PROC_FILE_BYTES, "/proc/sys/kernel/yama/ptrace_scope"))
		return 0;
	return atoi(text_string(&text));
}

static bool other_tracer(const struct text *status, uint64_t *ret)
{
	return proc_number(status, "TracerPid", 10, ret) && *ret;
}

void process_access_reason(int pid, int os_errno, char *buffer, size_t size)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t uid = 0, gid = 0, tracer = 0;
	int scope = yama_scope();
	if (os_errno != EPERM && os_errno != EACCES) {
		snprintf(buffer, size, "%s", strerror(os_errno));
	} else if (status_of(&status, pid) || !proc_number(&status, "Uid", 10, &uid) ||
		   !proc_number(&status, "Gid", 10, &gid)) {
		snprintf(buffer, size, "its /proc/%d/status cannot be read", pid);
	} else if (other_tracer(&status, &tracer)) {
		snprintf(buffer, size, "process %llu is tracing it already: end that debugger",
			 (unsigned long long)tracer);
	} else if (have_sys_ptrace()) {
		snprintf(buffer, size,
			 scope == 3 ? "Yama's ptrace_scope is 3, which forbids it to everybody"
				    : "refused in spite of SYS_PTRACE: its user namespace, seccomp "
				      "or a security module (AppArmor, SELinux) forbids it");
	} else if (uid != geteuid() || gid != getegid()) {
		snprintf(buffer, size,
			 "it runs as uid %llu gid %llu and we as uid %u gid %u without SYS_PTRACE: "
			 "run as uid %llu (securityContext.runAsUser) or add the capability "
			 "(securityContext.capabilities.add: [SYS_PTRACE])",
			 (unsigned long long)uid, (unsigned long long)gid, geteuid(), getegid(),
			 (unsigned long long)uid);
	} else if (scope) {
		snprintf(buffer, size,
			 "Yama's ptrace_scope is %d and we lack SYS_PTRACE: add the capability "
			 "(securityContext.capabilities.add: [SYS_PTRACE]), or on the node "
			 "sysctl kernel.yama.ptrace_scope=0",
			 scope);
	} else {
		snprintf(buffer, size,
			 "it has more capabilities than we, or is not dumpable: add SYS_PTRACE "
			 "(securityContext.capabilities.add: [SYS_PTRACE])");
	}
}

struct error *process_exists(int pid)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	int failed = pid > 0 ? status_of(&status, pid) : ENOENT;
	if (failed == ENOENT || failed == ESRCH)
		return error_new(ERROR_NOT_FOUND, "there is no process %d here: see clrpod ps",
				 pid);
	if (failed)
		return error_os(failed, "cannot read /proc/%d/status", pid);
	uint64_t group;
	if (proc_number(&status, "Tgid", 10, &group) && group != (uint64_t)pid)
		return error_new(ERROR_NOT_FOUND, "%d is a thread of process %llu: name that one",
				 pid, (unsigned long long)group);
	return NULL;
}

static bool is_alive(int pid, pid_t tid)
{
	CLEANUP(text_deinit) struct text stat = { 0 };
	if (proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/stat", pid, (int)tid))
		return false;
	char state = proc_stat_state(&stat);
	return state && state != 'Z' && state != 'X';
}

struct alive_search {
	int pid, found;
};

static bool look_for_alive(pid_t tid, void *context)
{
	struct alive_search *search = context;
	if (is_alive(search->pid, tid))
		search->found = (int)tid;
	return !search->found;
}

int process_memory_id(int pid)
{
	struct alive_search search = { .pid = pid };
	if (is_alive(pid, pid) || proc_visit_tasks(pid, look_for_alive, &search) || !search.found)
		return pid;
	return search.found;
}

int process_memory_probe(int pid, uint64_t address)
{
	char path[64], byte;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	ssize_t size = pread(fd, &byte, 1, (off_t)address);
	if (size < 0)
		return errno;
	return size ? 0 : ESRCH; /* 0 bytes: the address space is gone */
}
