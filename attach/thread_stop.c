#include "attach/thread_stop.h"

#include "attach/proc_file.h"
#include "attach/process_state.h"
#include "attach/stop_task.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <unistd.h>

bool thread_stop_hold_back(sigset_t *ret_before)
{
	sigset_t stops;
	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	return !pthread_sigmask(SIG_BLOCK, &stops, ret_before);
}

/* Seizing alone does not stop it: the process is stopped only from the first interrupt on. */
static struct error *seize(struct thread_stop *stop, struct stop_task *task)
{
	static const enum task_state states[] = {
		[THREAD_SEIZED] = TASK_SEIZED,
		[THREAD_ENDED] = TASK_GONE,
		[THREAD_SLEEPS_ELSEWHERE] = TASK_ELSEWHERE,
		[THREAD_STRANGER] = TASK_STRANGER,
	};
	enum thread_seized seized;
	TRY(thread_seize(stop->pid, task->tid, &seized));
	task->state = states[seized];
	return NULL;
}

static struct error *interrupt(struct thread_stop *stop, struct stop_task *task)
{
	task->state = TASK_RUNNING;
	if (ptrace(PTRACE_INTERRUPT, task->tid, NULL, NULL) && errno != ESRCH)
		return error_os(errno, "cannot interrupt thread %d of process %d", (int)task->tid,
				(int)stop->pid);
	return NULL;
}

static int namespace_tid(const struct thread_stop *stop, pid_t tid)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	if (!stop->other_namespace ||
	    proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/status",
			   (int)stop->pid, (int)tid))
		return (int)tid;
	return proc_namespace_id(&status, (int)tid);
}

/* Memory for what is read of so many tasks; a few more than there are now. */
static struct error *reserve(struct thread_stop *stop, size_t count)
{
	count += count / 8 + 8;
	stop->threads = arena_allocate_array(&stop->arena, count, sizeof(*stop->threads));
	if (!stop->threads)
		return &error_no_memory;
	memset(stop->threads, 0, count * sizeof(*stop->threads));
	stop->reserved = count;
	stop->registers.arena = &stop->arena;
	return register_memory_reserve(&stop->registers, count);
}

/* The threads seized since the last time: first what takes long, then all interrupts in a row. */
static struct error *interrupt_seized(struct thread_stop *stop)
{
	for (size_t i = 0; i < stop->task_count; i++)
		if (stop->tasks[i].state == TASK_SEIZED)
			stop->tasks[i].namespace_tid = namespace_tid(stop, stop->tasks[i].tid);
	if (!stop->begin_ns) {
		TRY(reserve(stop, stop->task_count));
		stop->begin_ns = clock_ns();
	}
	for (size_t i = 0; i < stop->task_count; i++)
		if (stop->tasks[i].state == TASK_SEIZED)
			TRY(interrupt(stop, &stop->tasks[i]));
	return NULL;
}

/* The record is made before the seize: nothing that is seized is ever forgotten. */
static struct error *seize_new(struct thread_stop *stop, pid_t tid)
{
	if (stop->task_count >= LIMIT_THREADS)
		return error_new(ERROR_UNSUPPORTED, "process %d has more than %d threads",
				 (int)stop->pid, LIMIT_THREADS);
	TRY(LIST_GROW(stop->tasks, stop->task_count, stop->task_capacity));
	TRY(id_map_put(&stop->known, (uint64_t)tid, (uint32_t)stop->task_count));
	struct stop_task *task = &stop->tasks[stop->task_count++];
	*task = (struct stop_task){ .tid = tid, .state = TASK_GONE };
	return seize(stop, task);
}

static struct error *visit_task(pid_t tid, void *context)
{
	struct thread_stop *stop = context;
	uint32_t index;
	stop->listed++;
	if (!id_map_find(&stop->known, (uint64_t)tid, &index)) {
		stop->found++;
		return seize_new(stop, tid);
	}
	if (stop->tasks[index].state == TASK_GONE && !proc_has_ended(stop->pid, tid)) {
		stop->found++; /* the id was given to a new thread already */
		return seize(stop, &stop->tasks[index]);
	}
	return NULL;
}

/* Another had it while it slept; awake it would run while the others are stopped. */
static void seize_woken(struct thread_stop *stop, struct stop_task *task)
{
	if (thread_sleeps(stop->pid, task->tid))
		return;
	struct seize_watch *watch = NULL;
	struct error *error = seize_watch_begin(stop->pid, NULL, &watch);
	if (!error)
		error = seize(stop, task);
	seize_watch_free(watch);
	if (task->state == TASK_SEIZED)
		error = interrupt(stop, task);
	if (task->state == TASK_RUNNING)
		task->state = TASK_ASLEEP; /* and stops when it can */
	error_free(error);                 /* another look tries again */
}

/* One that is ours no more came out of an execve, which ended all others, or was one of these. */
static bool take_end(struct thread_stop *stop, struct stop_task *task)
{
	bool held = task->state == TASK_STOPPED || task->state == TASK_ASLEEP;
	bool stood = task->state == TASK_STOPPED;
	if (thread_take_end(task->tid)) {
		task->state = TASK_GONE;
		return stood;
	}
	if (!held || thread_is_ours(task->tid))
		return false;
	stop_task_follow_execve(stop, task);
	return true;
}

bool thread_stop_take_ends(struct thread_stop *stop)
{
	stand_watch_renew(stop->stand);
	/* The first thread last: its end is reported only after that of the others. */
	for (size_t i = stop->task_count; i-- > 0;) {
		struct stop_task *task = &stop->tasks[i];
		if (task->state == TASK_STRANGER)
			stop_task_let_stranger_go(task);
		else if (!stop_task_is_free(task))
			stop->over |= take_end(stop, task);
		else if (task->state == TASK_ELSEWHERE && !stop->resumed)
			seize_woken(stop, task);
	}
	return stop->over;
}

static size_t count_running(struct thread_stop *stop, bool look)
{
	size_t running = 0;
	if (look)
		thread_stop_take_ends(stop);
	for (size_t i = 0; i < stop->task_count; i++) {
		struct stop_task *task = &stop->tasks[i];
		if (task->state != TASK_RUNNING || stop_task_reported(stop, task))
			continue;
		running++;
		if (!look)
			continue;
		/* A first thread that ended before the others reports only after them. */
		if (task->tid == stop->pid && proc_has_ended(stop->pid, task->tid))
			task->state = TASK_GONE;
	}
	return running;
}

static void leave_sleepers(struct thread_stop *stop)
{
	for (size_t i = 0; i < stop->task_count; i++) {
		struct stop_task *task = &stop->tasks[i];
		if (task->state == TASK_RUNNING && thread_sleeps(stop->pid, task->tid))
			task->state = TASK_ASLEEP;
	}
}

/* An execve may forget that its thread was asked to stop. Asking twice is asking once. */
static void ask_again(struct thread_stop *stop)
{
	for (size_t i = 0; i < stop->task_count; i++)
		if (stop->tasks[i].state == TASK_RUNNING)
			ptrace(PTRACE_INTERRUPT, stop->tasks[i].tid, NULL, NULL);
}

static struct error *wait_for_all(struct thread_stop *stop, const struct task *task)
{
	enum { FIRST_US = 20, LAST_US = 1000, LOOK_MS = 5, ASK_MS = 50 };
	uint64_t start = clock_ns(), asked_ms = 0;
	for (unsigned pause = FIRST_US;; pause = pause < LAST_US ? pause * 2 : pause) {
		uint64_t waited_ms = (clock_ns() - start) / 1000000;
		if (!count_running(stop, waited_ms >= LOOK_MS))
			return NULL;
		TRY(task_check(task, "stopping the threads of the process"));
		if (waited_ms >= asked_ms + ASK_MS) {
			asked_ms = waited_ms;
			ask_again(stop);
		}
		if (waited_ms > stop->patience_ms)
			leave_sleepers(stop);
		if (waited_ms > LIMIT_NO_STOP_MS)
			return error_new(
				ERROR_OS,
				"process %d has threads that did not stop within %d s (is its "
				"processor time used up?): analyze --no-stop reads it as it is",
				(int)stop->pid, LIMIT_NO_STOP_MS / 1000);
		clock_sleep_us(pause);
	}
}

/* How many tasks the kernel counts; a listing made while threads end may miss some. */
static size_t threads_counted(pid_t pid)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t count;
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", (int)pid) ||
	    !proc_number(&status, "Threads", 10, &count))
		return 0;
	return (size_t)count;
}

static struct error *stop_all(struct thread_stop *stop, const struct task *task)
{
	for (;;) {
		stop->listed = stop->found = 0;
		TRY(proc_visit_tasks(stop->pid, visit_task, stop));
		TRY(task_check(task, "seizing the threads of the process"));
		TRY(interrupt_seized(stop));
		TRY(wait_for_all(stop, task));
		if (!stop->found && stop->listed >= threads_counted(stop->pid))
			return NULL;
		TRY(task_check(task, "stopping the threads of the process"));
	}
}

static struct error *take_registers(struct thread_stop *stop)
{
	size_t with_registers = 0, count = stop->task_count;
	if (count > stop->reserved)
		TRY(reserve(stop, count));
	for (size_t i = 0; i < count; i++) {
		struct stop_task *task = &stop->tasks[i];
		struct stopped_thread *thread = &stop->threads[stop->thread_count];
		*thread = (struct stopped_thread){ .tid = task->tid,
						   .namespace_tid = task->namespace_tid,
						   .signal = task->shown,
						   .delivering = task->deliver != 0 };
		bool gone = true;
		if (task->state == TASK_STOPPED)
			TRY(thread_registers_take(&stop->registers, thread, &gone));
		stop->thread_count +=
			!gone || task->state == TASK_ASLEEP || task->state == TASK_ELSEWHERE;
		with_registers += !gone;
	}
	if (with_registers)
		return NULL;
	if (!stop->thread_count)
		return error_new(ERROR_NOT_FOUND, "process %d has ended", (int)stop->pid);
	return error_new(
		ERROR_OS,
		"none of the %zu threads of process %d stopped within %d ms: all are in an "
		"uninterruptible sleep (a disk or a network file system does not answer, "
		"or they are frozen): see clrpod ps",
		stop->thread_count, (int)stop->pid, LIMIT_STOP_MS);
}

struct error *thread_stop_read_details(struct thread_stop *stop)
{
	for (size_t i = 0; i < stop->thread_count; i++)
		TRY(thread_details_take(stop->pid, &stop->threads[i]));
	return NULL;
}

static struct error *stop_some(struct thread_stop *stop, const int *tids, size_t count,
			       const struct task *task)
{
	for (size_t i = 0; i < count; i++)
		TRY(seize_new(stop, tids[i]));
	for (size_t i = 0; i < count; i++)
		if (stop->tasks[i].state == TASK_ELSEWHERE)
			return error_new(ERROR_OS, "another has thread %d of process %d", tids[i],
					 (int)stop->pid);
	TRY(interrupt_seized(stop));
	return wait_for_all(stop, task);
}

/* `count` 0: every thread. */
static struct error *begin(const struct process_identity *process, const int *tids, size_t count,
			   const struct task *task, struct thread_stop **ret)
{
	int pid = process->pid;
	/* Every thread's state is read for that: a caller that stops a few has asked before. */
	if (!count)
		TRY(process_state_check(pid, PROCESS_NEED_STOP));
	if (pid == getpid())
		return error_new(ERROR_USAGE, "process %d is clrpod itself", pid);
	if (!proc_shows_our_ids())
		return error_new(ERROR_UNSUPPORTED,
				 "cannot stop process %d: /proc shows the processes of another PID "
				 "namespace than ours, and ptrace goes by ours: mount its own "
				 "(unshare --mount-proc)",
				 pid);
	struct thread_stop *stop = calloc(1, sizeof(*stop));
	if (!stop)
		return &error_no_memory;
	stop->pid = pid;
	stop->patience_ms = count ? LIMIT_STOP_ONE_MS : LIMIT_STOP_MS;
	stop->other_namespace = !proc_shares_namespace(pid, "pid");
	arena_init(&stop->arena);
	stop->masked = thread_stop_hold_back(&stop->old_mask);
	struct error *error = stand_watch_begin(LIMIT_STAND_MS, &stop->stand);
	if (!error)
		error = seize_watch_begin(pid, stop->stand, &stop->watch);
	if (!error)
		error = count ? stop_some(stop, tids, count, task) : stop_all(stop, task);
	if (stop->watch)
		seize_watch_end(stop->watch);
	if (!error)
		error = process_identity_check(process);
	stop->over = false; /* what ended until now has no part in it */
	if (!error)
		error = take_registers(stop);
	if (error) {
		thread_stop_free(stop);
		return error;
	}
	*ret = stop;
	return NULL;
}

struct error *thread_stop_begin(const struct process_identity *process, const struct task *task,
				struct thread_stop **ret)
{
	return begin(process, NULL, 0, task, ret);
}

struct error *thread_stop_begin_some(const struct process_identity *process, const int *tids,
				     size_t count, const struct task *task,
				     struct thread_stop **ret)
{
	return begin(process, tids, count, task, ret);
}

const struct stopped_thread *thread_stop_threads(const struct thread_stop *stop, size_t *ret_count)
{
	*ret_count = stop->thread_count;
	return stop->threads;
}

const struct register_note *thread_register_note(const struct stopped_thread *thread, unsigned type)
{
	for (size_t i = 0; i < thread->set_count; i++)
		if (thread->sets[i].note_type == type)
			return &thread->sets[i];
	return NULL;
}
