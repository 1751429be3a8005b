#include "attach/snapshot_release.h"

#include "attach/live_target.h"
#include "attach/proc_file.h"
#include "base/limits.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

enum { CANDIDATES_MAX = 16, TRY_MS = 20, TRIES = 250 };

/* PTRACE_KILL is for a tracer whoever it is (kernel/ptrace.c: ptrace_request); before Linux 5.19 it
 * let the tracee run first. */
static bool kill_as_tracer(int copy)
{
	struct utsname system;
	unsigned major, minor;
	return !uname(&system) && sscanf(system.release, "%3u.%3u", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 19)) && !ptrace(PTRACE_KILL, copy, NULL, NULL);
}

void snapshot_kill_copy(int copy)
{
	int status;
	/* Another user's, looked into by a file capability: kill(2) is not ours. What is left is
	 * killed by our end (PTRACE_O_EXITKILL). */
	if (kill(copy, SIGKILL) && errno == EPERM && !kill_as_tracer(copy))
		return;
	/* The first report may be the stop that it is in. */
	for (;;) {
		pid_t answer = waitpid(copy, &status, __WALL);
		if (answer < 0 && errno == EINTR)
			continue;
		if (answer != copy || !WIFSTOPPED(status))
			return;
	}
}

struct error *snapshot_reap_by(struct syscall_injection *injection, int child, bool *ret)
{
	const uint64_t arguments[SYSCALL_ARGUMENTS] = { (uint64_t)child, 0, __WALL | WNOHANG };
	long result;
	TRY(syscall_injection_call(injection, SYS_wait4, arguments, &result));
	*ret = result == child || result == -ECHILD;
	return NULL;
}

/* --- a thread to borrow */

struct candidates {
	int pid;
	int tids[CANDIDATES_MAX];
	size_t count;
};

/* /proc/PID/task/TID/syscall: the number of the system call it is blocked in, or "running". */
static bool add_blocked(pid_t tid, void *context)
{
	struct candidates *candidates = context;
	CLEANUP(text_deinit) struct text file = { 0 };
	if (!proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/syscall",
			    candidates->pid, (int)tid) &&
	    isdigit((unsigned char)text_string(&file)[0]))
		candidates->tids[candidates->count++] = (int)tid;
	return candidates->count < CANDIDATES_MAX - 1;
}

/* Borrows one of them that its stop does no harm; the last one, the first thread, in any case. */
static struct error *borrow(const struct candidates *candidates, struct target *target,
			    uint64_t instruction, const struct task *task,
			    struct thread_stop **ret_stop, struct syscall_injection *ret)
{
	struct error *error = NULL;
	for (size_t i = 0; i < candidates->count; i++) {
		struct thread_stop *stop;
		bool last = i + 1 == candidates->count;
		error_free(error);
		error = thread_stop_begin_one(candidates->pid, candidates->tids[i], task, &stop);
		if (error)
			continue;
		const struct stopped_thread *thread = syscall_injection_choose(stop);
		if (thread && (last || syscall_injection_fit(thread) > SYSCALL_FIT_LATER))
			error = syscall_injection_begin(target, thread->tid, instruction, ret);
		else
			error = error_new(ERROR_OS, "thread %d is busy", candidates->tids[i]);
		if (!error) {
			*ret_stop = stop;
			return NULL;
		}
		thread_stop_free(stop);
	}
	return error;
}

static struct error *reap(int pid, int child, const struct task *task, bool *ret)
{
	struct candidates candidates = { .pid = pid };
	struct target *target;
	struct thread_stop *stop = NULL;
	struct syscall_injection injection;
	uint64_t instruction;
	TRY(live_target_open(pid, false, NULL, &target));
	int failed = proc_visit_tasks(pid, add_blocked, &candidates);
	candidates.tids[candidates.count++] = pid;
	struct error *error =
		failed ? error_os(failed, "cannot list the threads of process %d", pid)
		       : syscall_instruction_locate(target, live_target_maps(target), &instruction);
	if (!error)
		error = borrow(&candidates, target, instruction, task, &stop, &injection);
	if (!error) {
		error = snapshot_reap_by(&injection, child, ret);
		syscall_injection_end(&injection);
	}
	thread_stop_free(stop);
	target_close(target);
	return error;
}

bool snapshot_reap(int pid, int child, const struct task *task)
{
	for (int i = 0; i < TRIES; i++) {
		bool done = false;
		struct error *error = reap(pid, child, task, &done);
		bool gone = error && error->code == ERROR_NOT_FOUND;
		error_free(error);
		if (done || gone)
			return true;
		struct timespec pause = { .tv_nsec = TRY_MS * 1000000 };
		nanosleep(&pause, NULL);
	}
	return false;
}

/* --- what an earlier keeper could not take away */

/* Its id as its parent sees it; 0: it is none. */
static int leftover_of(int parent, int pid)
{
	enum { STAT_PPID = 4, STAT_EXIT_SIGNAL = 38 }; /* proc(5) */
	CLEANUP(text_deinit) struct text file = { 0 };
	int64_t ppid, exit_signal;
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", pid) ||
	    proc_stat_state(&file) != 'Z' || !proc_stat_number(&file, STAT_PPID, &ppid) ||
	    ppid != parent || !proc_stat_number(&file, STAT_EXIT_SIGNAL, &exit_signal) ||
	    exit_signal)
		return 0;
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/oom_score_adj", pid) ||
	    strtol(text_string(&file), NULL, 10) != SNAPSHOT_OOM_SCORE)
		return 0;
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid))
		return 0;
	return proc_namespace_id(&file, pid);
}

unsigned snapshot_leftovers(int pid, int ret[static SNAPSHOT_LEFTOVERS_MAX])
{
	unsigned count = 0;
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	while (folder && count < SNAPSHOT_LEFTOVERS_MAX && (entry = readdir(folder))) {
		long other = strtol(entry->d_name, NULL, 10);
		int child = other > 0 && other <= INT32_MAX ? leftover_of(pid, (int)other) : 0;
		if (child)
			ret[count++] = child;
	}
	if (folder)
		closedir(folder);
	return count;
}
