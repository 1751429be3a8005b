#include "attach/snapshot_release.h"

#include "attach/live_target.h"
#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_memory.h"
#include "attach/process_state.h"
#include "attach/stand_watch.h"
#include "attach/thread_seize.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

enum { CANDIDATES_MAX = 16, TRY_US = 20 * 1000 };

static bool is_frozen(int pid)
{
	struct arena arena;
	struct process_freeze freeze = { 0 };
	arena_init(&arena);
	error_free(process_freeze_read(pid, &arena, &freeze));
	arena_deinit(&arena);
	return freeze.by != PROCESS_FREEZER_NONE;
}

/* PTRACE_KILL is for a tracer, with any rights (kernel/ptrace.c: ptrace_request); before Linux 5.19
 * it let the tracee run first. */
static bool kill_as_tracer(int copy)
{
	struct utsname system;
	unsigned major, minor;
	return !uname(&system) && sscanf(system.release, "%3u.%3u", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 19)) && !ptrace(PTRACE_KILL, copy, NULL, NULL);
}

/* By us, beside the copy, which may have little of its control group's processor time left
 * (process_mrelease(2), Linux 5.15). */
static void free_memory(int copy)
{
	CLEANUP(fd_cleanup) int process = (int)syscall(SYS_pidfd_open, copy, 0);
	if (process >= 0)
		(void)syscall(SYS_process_mrelease, process, 0);
}

/* One that did not stop, as it slept, would stay stopped when it wakes. */
static void let_go(struct thread_stop *stop, struct thread_stop *held)
{
	uint64_t end = clock_ms() + LIMIT_REAP_MS;
	thread_stop_resume(stop);
	while (!thread_stop_let_go(stop) && clock_ms() < end) {
		if (held)
			thread_stop_let_go(held);
		clock_sleep_us(TRY_US);
	}
	thread_stop_free(stop);
}

/* Meanwhile: threads that sleep are let go of when they wake, and those that are stopped stay so
 * for LIMIT_STAND_FREED_MS. */
static void tend(struct thread_stop *held, struct thread_stop *standing, uint64_t waited_ms)
{
	if (standing && waited_ms > LIMIT_STAND_FREED_MS) {
		thread_stop_resume(standing);
		thread_stop_let_go(standing);
	}
	if (standing)
		thread_stop_take_ends(standing);
	if (held)
		thread_stop_let_go(held);
}

/* A copy that was frozen with its control group (v1) dies only when that is thawed: then by the
 * signal that is waiting for it, without us. A large one takes the kernel some time. */
static void kill_copy(int copy, struct thread_stop *held, struct thread_stop *standing)
{
	enum { FIRST_US = 200 };
	int status;
	uint64_t begin = clock_ms();
	if (!thread_is_ours(copy))
		return; /* its number may be another's */
	/* Another user's, looked into by a file capability: kill(2) is not ours. What is left is
	 * killed by our end (PTRACE_O_EXITKILL). */
	if (kill(copy, SIGKILL) && errno == EPERM && !kill_as_tracer(copy))
		return;
	free_memory(copy);
	for (unsigned pause_us = FIRST_US;; pause_us = pause_us < TRY_US ? pause_us * 2 : TRY_US) {
		uint64_t waited = clock_ms() - begin;
		if (waited > LIMIT_COPY_ENDS_MS || (waited > LIMIT_REAP_MS && is_frozen(copy)))
			return;
		pid_t answer = waitpid(copy, &status, __WALL | WNOHANG);
		/* The first report may be the stop that it is in. */
		if (answer == copy ? !WIFSTOPPED(status) : answer < 0 && errno != EINTR)
			return;
		tend(held, standing, waited);
		if (!answer)
			clock_sleep_us(pause_us);
	}
}

void snapshot_kill_copy(int copy, struct thread_stop *held)
{
	kill_copy(copy, held, NULL);
}

static bool is_busy(int program)
{
	CLEANUP(text_deinit) struct text stat = { 0 };
	if (proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", program))
		return false;
	char state = proc_stat_state(&stat);
	return state == 'R' || state == 'D';
}

static void await_reader(int program, struct thread_stop *standing)
{
	enum { ROUNDS = 200, ROUND_US = 1000 };
	for (int round = 0; round < ROUNDS && is_busy(program); round++) {
		thread_stop_take_ends(standing);
		clock_sleep_us(ROUND_US);
	}
}

void snapshot_kill_copy_standing(const struct process_identity *process, int copy, int program)
{
	struct thread_stop *standing = NULL;
	error_free(thread_stop_begin(process, NULL, &standing));
	kill_copy(copy, NULL, standing);
	if (!standing)
		return;
	await_reader(program, standing);
	let_go(standing, NULL);
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
	int tids[CANDIDATES_MAX]; /* the first thread first */
	size_t count;
	bool leaderless; /* its first thread has ended */
	enum syscall_filter filter;
};

/* /proc/PID/task/TID/syscall (fs/proc/base.c: proc_pid_syscall): the number of the system call that
 * it is blocked in, its arguments, stack and place; or "running". A worker of the kernel's has a
 * number, too. */
static bool is_blocked(const char *line)
{
	static const char worker[] = " 0x0 0x0\n";
	size_t length = strlen(line), end = sizeof(worker) - 1;
	return isdigit((unsigned char)line[0]) &&
	       (length < end || strcmp(line + length - end, worker) != 0);
}

/* One that may not make the call is not even stopped. */
static struct error *add_blocked(pid_t tid, void *context)
{
	struct candidates *candidates = context;
	CLEANUP(text_deinit) struct text file = { 0 };
	if ((int)tid != candidates->pid &&
	    !proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/syscall",
			    candidates->pid, (int)tid) &&
	    is_blocked(text_string(&file)) &&
	    syscall_filter_may_pass(candidates->filter, candidates->pid, (int)tid))
		candidates->tids[candidates->count++] = (int)tid;
	return candidates->count < CANDIDATES_MAX ? NULL : &error_stop;
}

struct reaping {
	const struct process_identity *process;
	int child; /* as the process calls it */
	enum syscall_filter filter;
	struct target *target;
	struct syscall_places places;
	struct thread_stop *held; /* of an earlier stop, threads that sleep; or NULL */
	bool lost;                /* the thread is in a call that does not end */
};

/* *ret: the child is gone. ERROR_OS: none of the stopped threads can make the call just now. */
static struct error *reap_by(struct reaping *reaping, struct thread_stop *stop,
			     enum syscall_fit least, bool *ret)
{
	int pid = reaping->process->pid;
	struct syscall_injection injection;
	/* Not before they are stopped: another may have used a place meanwhile, and been killed. */
	syscall_places_find(reaping->target, process_memory_maps(reaping->target),
			    &reaping->places);
	const struct stopped_thread *thread =
		syscall_injection_choose(reaping->target, stop, &reaping->places, reaping->filter);
	if (!thread || syscall_places_hold(&reaping->places, thread) ||
	    syscall_injection_fit(reaping->target, thread) < least)
		return error_new(ERROR_OS, "the threads of process %d are busy", pid);
	TRY(syscall_injection_begin(reaping->target, stop, thread, &reaping->places, NULL,
				    &injection));
	struct error *error = NULL;
	if (injection.spared || syscall_filter_trusts(reaping->filter, pid, thread->tid))
		error = snapshot_reap_by(&injection, reaping->child, ret);
	else
		error = error_new(ERROR_OS, "a filter of process %d may forbid wait4", pid);
	reaping->lost = injection.lost;
	syscall_injection_end(&injection);
	return error;
}

/* The first thread stops as well: its tracer has the process's places to itself, as a thread has
 * one tracer. When it has ended all the others do that. */
static struct error *stop_some(const struct candidates *candidates, size_t i,
			       const struct process_identity *process, struct thread_stop **ret)
{
	int pair[] = { candidates->pid, candidates->tids[i] };
	if (candidates->leaderless)
		return thread_stop_begin(process, NULL, ret);
	return thread_stop_begin_some(process, pair, i ? COUNT_OF(pair) : 1, NULL, ret);
}

static struct error *reap_by_candidates(const struct candidates *candidates,
					struct reaping *reaping, bool *ret)
{
	struct error *error = NULL;
	for (size_t i = 0; i < candidates->count; i++) {
		struct thread_stop *stop;
		bool last = i + 1 == candidates->count || candidates->leaderless;
		error_free(error);
		struct stand_watch *watch = NULL;
		error = stand_watch_begin(LIMIT_STAND_MS, &watch);
		if (!error)
			error = stop_some(candidates, i, reaping->process, &stop);
		stand_watch_renew(watch); /* that may have taken LIMIT_NO_STOP_MS */
		if (!error) {
			error = reap_by(reaping, stop,
					last ? SYSCALL_FIT_LATER : SYSCALL_FIT_RUNNING, ret);
			let_go(stop, reaping->held);
		}
		stand_watch_end(watch);
		if (!error || last || reaping->lost)
			break;
	}
	return error;
}

static struct error *reap(const struct process_identity *process, int child,
			  enum syscall_filter filter, struct thread_stop *held, bool *ret,
			  bool *ret_lost)
{
	int pid = process->pid;
	struct candidates candidates = {
		.pid = pid, .tids = { pid }, .count = 1, .filter = filter
	};
	struct reaping reaping = {
		.process = process, .child = child, .filter = filter, .held = held
	};
	TRY(process_state_check(pid, PROCESS_NEED_CALL));
	candidates.leaderless = process_memory_id(pid) != pid;
	TRY(live_target_open(process, LIVE_RUNNING, NULL, &reaping.target));
	syscall_places_fetch(reaping.target, process_memory_maps(reaping.target));
	struct error *error = proc_visit_tasks(pid, add_blocked, &candidates);
	if (!error)
		error = reap_by_candidates(&candidates, &reaping, ret);
	target_close(reaping.target);
	*ret_lost = reaping.lost;
	return error;
}

bool snapshot_reap(const struct process_identity *process, int child, enum syscall_filter filter,
		   struct thread_stop *held)
{
	uint64_t end = clock_ms() + LIMIT_REAP_MS;
	do {
		bool done = false, lost = false;
		struct error *error = reap(process, child, filter, held, &done, &lost);
		bool gone = error && error->code == ERROR_NOT_FOUND;
		error_free(error);
		if (done || gone)
			return true;
		if (lost)
			return false;
		if (held)
			thread_stop_let_go(held);
		clock_sleep_us(TRY_US);
	} while (clock_ms() < end);
	return false;
}

/* --- what an earlier keeper could not take away */

static bool was_held(const struct text *status)
{
	uint64_t blocked;
	return proc_number(status, "SigBlk", 16, &blocked) &&
	       blocked >> SYSCALL_COPY_BLOCKS_SHIFT == SYSCALL_COPY_BLOCKS;
}

/* Its id as its parent sees it; 0: it is none. */
static int leftover_of(int parent, int pid)
{
	enum { STAT_PPID = 4, STAT_EXIT_SIGNAL = 38, STAT_EXIT_CODE = 52 }; /* proc(5) */
	CLEANUP(text_deinit) struct text file = { 0 };
	int64_t ppid, exit_signal, status;
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", pid) ||
	    proc_stat_state(&file) != 'Z' || !proc_stat_number(&file, STAT_PPID, &ppid) ||
	    ppid != parent || !proc_stat_number(&file, STAT_EXIT_SIGNAL, &exit_signal) ||
	    exit_signal)
		return 0;
	if (!proc_stat_number(&file, STAT_EXIT_CODE, &status))
		return 0;
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid))
		return 0;
	/* wait(2): ended by itself, or killed while it was held. */
	if (status != SYSCALL_COPY_STATUS << 8 && (status != SIGKILL || !was_held(&file)))
		return 0;
	return proc_namespace_id(&file, pid);
}

struct leftovers {
	int parent;
	int *children; /* SNAPSHOT_LEFTOVERS_MAX */
	unsigned count;
};

static struct error *add_leftover(pid_t pid, void *context)
{
	struct leftovers *leftovers = context;
	int child = leftover_of(leftovers->parent, (int)pid);
	if (child)
		leftovers->children[leftovers->count++] = child;
	return leftovers->count < SNAPSHOT_LEFTOVERS_MAX ? NULL : &error_stop;
}

unsigned snapshot_leftovers(int pid, int ret[static SNAPSHOT_LEFTOVERS_MAX])
{
	struct leftovers leftovers = { .parent = pid, .children = ret };
	/* Those that are not seen stay until the next time. */
	error_free(proc_visit_processes(add_leftover, &leftovers));
	return leftovers.count;
}
