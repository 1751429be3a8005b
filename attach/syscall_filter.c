#include "attach/syscall_filter.h"

#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/seccomp_program.h"
#include "attach/syscall_registers.h"
#include "attach/target/architecture.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { SECCOMP_OFF = 0, SECCOMP_FILTERED = 2 }; /* proc(5): Seccomp */

struct filters {
	uint64_t mode, count;
};

/* Seccomp_filters: Linux 5.9. */
static bool filters_of(int pid, int tid, struct filters *ret)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/status", pid, tid))
		return false;
	if (!proc_number(&status, "Seccomp", 10, &ret->mode))
		ret->mode = SECCOMP_OFF; /* a kernel without */
	ret->count = 0;
	return ret->mode == SECCOMP_OFF || proc_number(&status, "Seccomp_filters", 10, &ret->count);
}

enum group_relation { GROUP_UNREADABLE, GROUP_OURS, GROUP_OTHER };

static enum group_relation group_of(int pid)
{
	CLEANUP(text_deinit) struct text ours = { 0 };
	CLEANUP(text_deinit) struct text theirs = { 0 };
	if (proc_file_read(&ours, LIMIT_PROC_FILE_BYTES, "/proc/self/cgroup") ||
	    proc_file_read(&theirs, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup", pid))
		return GROUP_UNREADABLE;
	return strcmp(text_string(&ours), text_string(&theirs)) ? GROUP_OTHER : GROUP_OURS;
}

/* The same service too, where there are no containers: the control groups are the same. */
static bool same_container(int tid)
{
	return proc_shares_namespace(tid, "mnt") && proc_shares_namespace(tid, "pid") &&
	       proc_shares_namespace(tid, "cgroup") && group_of(tid) == GROUP_OURS;
}

/* --- the origin of a thread's filters */

/* False: it cannot be read. *ret 0: we see none. */
static bool parent_of(int pid, int *ret)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid))
		return false;
	*ret = proc_parent(&status);
	return true;
}

static bool has_fewer(const struct filters *than, const struct filters *filters)
{
	return filters->mode == SECCOMP_OFF ||
	       (filters->mode == than->mode && filters->count < than->count);
}

struct fewer_search {
	const struct filters *ours;
	bool found;
};

static struct error *look_for_fewer(pid_t pid, void *context)
{
	struct fewer_search *search = context;
	struct filters theirs;
	search->found = same_container((int)pid) && filters_of((int)pid, (int)pid, &theirs) &&
			has_fewer(search->ours, &theirs);
	return search->found ? &error_stop : NULL;
}

/* Is there a process in our container with fewer? Then ours are not what its runtime gives to each.
 */
static bool container_has_fewer(const struct filters *ours)
{
	struct fewer_search search = { .ours = ours };
	struct error *error = proc_visit_processes(look_for_fewer, &search);
	bool listed = !error;
	error_free(error);
	return !listed || search.found;
}

/* The last of our ancestors that has as many filters as we. *ret_given: it came into the container
 * with them, from a runtime or a service manager outside. */
static int first_with(const struct filters *ours, bool *ret_given)
{
	int pid = getpid(), parent;
	*ret_given = false;
	for (int i = 0; i < LIMIT_ANCESTORS && parent_of(pid, &parent); i++) {
		struct filters above;
		if (parent <= 0) {
			*ret_given = !container_has_fewer(ours);
			return pid;
		}
		if (!filters_of(parent, parent, &above))
			return pid;
		if (above.mode != ours->mode || above.count != ours->count) {
			*ret_given = has_fewer(ours, &above) && group_of(parent) == GROUP_OTHER &&
				     !container_has_fewer(ours);
			return pid;
		}
		pid = parent;
	}
	return pid;
}

static bool descends_from(int pid, int ancestor)
{
	for (int i = 0; pid > 0 && i < LIMIT_ANCESTORS; i++) {
		if (pid == ancestor)
			return true;
		if (!parent_of(pid, &pid))
			return false;
	}
	return false;
}

/* A process keeps the filters of its parent and may only add to them. So as many as ours are the
 * same when ours are all that each process of the container is given, or when the process has them
 * from where we have them: not when a process in between added as many to ours as it added to its
 * own. What cannot be seen is assumed: that an ancestor sets its filters before it starts others,
 * and that the very program that begins us in the container sets none. */
static bool same_filters(int pid, const struct filters *ours)
{
	bool given;
	int ancestor = first_with(ours, &given);
	return given || descends_from(pid, ancestor);
}

/* A filter may let a supervisor wait with its answer (SECCOMP_RET_USER_NOTIF). */
static bool ends_well(pid_t trial)
{
	enum { PAUSE_US = 1000 };
	uint64_t end = clock_ms() + LIMIT_CALL_MS;
	int status;
	pid_t answer;
	while ((answer = waitpid(trial, &status, WNOHANG)) <= 0) {
		if (answer < 0 && errno != EINTR)
			return false;
		if (clock_ms() > end)
			kill(trial, SIGKILL);
		clock_sleep_us(PAUSE_US);
	}
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* What a snapshot asks of the target, by a process of our own. */
static bool trial_passes(void)
{
	uint64_t with[SYSCALL_ARGUMENTS];
	pid_t trial = fork();
	if (!trial) {
		syscall_clone_arguments(SNAPSHOT_CLONE_FLAGS, 0,
					(uintptr_t)__builtin_thread_pointer(), with);
		long child = syscall(SYS_clone, with[0], with[1], with[2], with[3], with[4]);
		if (!child)
			_exit(0);
		sigset_t mask;
		if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, NSIG / 8))
			_exit(1);
		/* The copy's own calls; the first of no descriptor. */
		syscall(SYS_close_range, UINT32_MAX, UINT32_MAX, 0);
		prctl(PR_SET_NAME, SNAPSHOT_COPY_NAME);
		bool reaped = child > 0 && syscall(SYS_wait4, child, NULL, __WALL, NULL) == child;
		_exit(reaped ? 0 : 1);
	}
	return trial > 0 && ends_well(trial);
}

enum syscall_filter syscall_filter_of(int pid, int tid)
{
	struct filters theirs, ours;
	if (!filters_of(pid, tid, &theirs))
		return SYSCALL_FILTER_UNKNOWN;
	if (theirs.mode == SECCOMP_OFF)
		return SYSCALL_FILTER_NONE;
	if (theirs.mode != SECCOMP_FILTERED || !filters_of(getpid(), getpid(), &ours) ||
	    ours.mode != theirs.mode || ours.count != theirs.count || !same_container(tid) ||
	    !same_filters(pid, &ours))
		return SYSCALL_FILTER_UNKNOWN;
	return trial_passes() ? SYSCALL_FILTER_PASSES : SYSCALL_FILTER_UNKNOWN;
}

bool syscall_filter_trusts(enum syscall_filter first, int pid, int tid)
{
	struct filters theirs, ours;
	if (!filters_of(pid, tid, &theirs))
		return false;
	return theirs.mode == SECCOMP_OFF ||
	       (first == SYSCALL_FILTER_PASSES && filters_of(getpid(), getpid(), &ours) &&
		theirs.mode == ours.mode && theirs.count == ours.count);
}

static bool in_first_user_namespace(void)
{
	const ino_t first = 0xeffffffd; /* include/linux/proc_ns.h: PROC_USER_INIT_INO */
	struct stat status;
	return !stat("/proc/self/ns/user", &status) && status.st_ino == first;
}

/* kernel/ptrace.c: check_ptrace_options, which asks for the capability in the first namespace. */
static bool may_suspend(void)
{
	enum { SYS_ADMIN = 21 };
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t effective, mode;
	return !proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/self/status") &&
	       proc_number(&status, "CapEff", 16, &effective) && effective >> SYS_ADMIN & 1 &&
	       in_first_user_namespace() &&
	       (!proc_number(&status, "Seccomp", 10, &mode) || mode == SECCOMP_OFF);
}

bool syscall_filter_may_pass(enum syscall_filter first, int pid, int tid)
{
	return syscall_filter_trusts(first, pid, tid) || may_suspend();
}

struct trusted_search {
	int pid;
	enum syscall_filter first;
	bool found;
};

static struct error *look_for_trusted(pid_t tid, void *context)
{
	struct trusted_search *search = context;
	search->found = syscall_filter_trusts(search->first, search->pid, (int)tid);
	return search->found ? &error_stop : NULL;
}

bool syscall_filter_lets_through(int pid)
{
	if (may_suspend())
		return true;
	struct trusted_search search = { .pid = pid,
					 .first = syscall_filter_of(pid, process_memory_id(pid)) };
	error_free(proc_visit_tasks(pid, look_for_trusted, &search)); /* none is found then */
	return search.found;
}

/* --- filters that can be read */

static struct seccomp_data call_of(int number)
{
	struct seccomp_data ret = { .nr = number,
				    .arch = architecture_host->elf_machine | __AUDIT_ARCH_64BIT |
					    __AUDIT_ARCH_LE };
	return ret;
}

static bool lets_pass(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static bool harms(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;
	return !lets_pass(answer) && action != SECCOMP_RET_ERRNO && action != SECCOMP_RET_TRACE &&
	       action != SECCOMP_RET_USER_NOTIF;
}

static bool spares(const struct sock_filter *program, size_t count)
{
	struct seccomp_data copy = call_of(SYS_clone), mask = call_of(SYS_rt_sigprocmask),
			    reap = call_of(SYS_wait4);
	uint64_t with[SYSCALL_ARGUMENTS];
	syscall_clone_arguments(SNAPSHOT_CLONE_FLAGS, SNAPSHOT_CLONE_STACK, 0, with);
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		copy.args[i] = with[i];
	mask.args[0] = SIG_SETMASK;
	mask.args[3] = NSIG / 8;
	reap.args[2] = __WALL | WNOHANG;
	return !harms(seccomp_program_run(program, count, &copy)) &&
	       !harms(seccomp_program_run(program, count, &reap)) &&
	       lets_pass(seccomp_program_run(program, count, &mask));
}

/* linux/ptrace.h: PTRACE_SECCOMP_GET_FILTER, Linux 4.4; ENOENT after the last one. */
bool syscall_filter_spares(int tid)
{
	enum { FILTERS_MAX = 256 };
	const enum __ptrace_request get_filter = 0x420c;
	struct sock_filter program[BPF_MAXINSNS];
	for (uintptr_t i = 0; i < FILTERS_MAX; i++) {
		long count = ptrace(get_filter, tid, (void *)i, NULL);
		if (count < 0 && errno == ENOENT)
			return i > 0;
		if (count <= 0 || count > BPF_MAXINSNS ||
		    ptrace(get_filter, tid, (void *)i, program) != count ||
		    !spares(program, (size_t)count))
			return false;
	}
	return false;
}
