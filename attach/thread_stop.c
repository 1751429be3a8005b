#include "attach/thread_stop.h"

#include "attach/proc_file.h"
#include "attach/process_state.h"
#include "attach/stand_watch.h"
#include "attach/thread_registers.h"
#include "attach/thread_seize.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/id_map.h"
#include "base/limits.h"
#include "base/list.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum task_state {
	TASK_SEIZED,  /* traced, and runs */
	TASK_RUNNING, /* seized and interrupted, has not reported yet */
	TASK_STOPPED,
	TASK_ASLEEP, /* uninterruptible: seized, will stop (and can be let go) only when it wakes */
	TASK_STRANGER,  /* of another process, asleep, and seized: is let go when it wakes */
	TASK_ELSEWHERE, /* asleep, and another's: not seized, and let go by whoever has it */
	TASK_GONE,      /* ended, or a zombie that waits for its threads */
};

struct stop_task {
	pid_t tid;
	int namespace_tid; /* as the process itself sees it */
	enum task_state state;
	int deliver; /* the signal of a signal-delivery-stop: handed over at the detach */
	int shown;   /* the signal for the core: deliver, or the group stop's */
};

struct thread_stop {
	pid_t pid;
	unsigned patience_ms; /* with threads in an uninterruptible sleep */
	bool other_namespace; /* than ours: it calls its threads by other ids */
	struct stop_task *tasks;
	size_t task_count, task_capacity;
	struct id_map known; /* tid -> index of tasks */
	struct arena arena;
	struct stopped_thread *threads;
	size_t thread_count, reserved;
	struct register_memory registers;
	uint64_t begin_ns, end_ns;
	sigset_t old_mask;
	bool masked, resumed, over;
	size_t listed; /* tasks seen by the last listing */
	size_t found;  /* of them new */
	struct seize_watch *watch;
	int copy;                  /* thread_stop_have_copy() */
	struct stand_watch *stand; /* until it is let go */
};

bool thread_stop_hold_back(sigset_t *ret_before)
{
	sigset_t stops;
	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	return !pthread_sigmask(SIG_BLOCK, &stops, ret_before);
}

/* Seizing alone does not stop it: the process stands only from the first interrupt on. */
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

/* Whoever was seized since the last time: first what takes long, then all interrupts in a row. */
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

/* `status` as in si_status of a traced task: the signal, with the event above. */
static void note_stop(struct stop_task *task, int status)
{
	int event = status >> 8, signal = status & 0xff;
	task->state = TASK_STOPPED;
	task->deliver = thread_report_signal(status);
	task->shown = event && signal == SIGTRAP ? 0 : signal;
}

/* A thread that is not there any more called execve, or another did, or its end was taken by the
 * seize_watch. One that called it goes on, traced as before, with the id of the first thread: what
 * was known of that one is forgotten, and what stands there now is looked at anew. */
static void follow_execve(struct thread_stop *stop, struct stop_task *task)
{
	uint32_t index;
	task->state = TASK_GONE;
	if (task->tid == stop->pid || !id_map_find(&stop->known, (uint64_t)stop->pid, &index))
		return;
	struct stop_task *first = &stop->tasks[index];
	if (first->state == TASK_SEIZED || first->state == TASK_ASLEEP ||
	    !thread_is_ours(stop->pid))
		return;
	first->state = TASK_RUNNING;
	first->deliver = first->shown = 0;
	ptrace(PTRACE_INTERRUPT, stop->pid, NULL, NULL);
}

/* Takes the next report of a task, if there is one. */
static bool reported(struct thread_stop *stop, struct stop_task *task)
{
	int status;
	switch (thread_next_report(task->tid, &status)) {
	case REPORT_STOP:
		note_stop(task, status);
		break;
	case REPORT_END:
		task->state = TASK_GONE;
		break;
	case REPORT_NOT_OURS:
		follow_execve(stop, task);
		break;
	case REPORT_NONE:
		break;
	}
	return task->state != TASK_RUNNING && task->state != TASK_SEIZED;
}

static bool is_free(const struct stop_task *task)
{
	return task->state == TASK_GONE || task->state == TASK_ELSEWHERE;
}

/* Another had it while it slept; awake it would run while the others stand. */
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
		task->state = TASK_ASLEEP; /* and stands when it can */
	error_free(error);                 /* another look tries again */
}

static void let_stranger_go(struct stop_task *task)
{
	if (thread_let_go(task->tid))
		task->state = TASK_GONE;
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
	follow_execve(stop, task);
	return true;
}

bool thread_stop_take_ends(struct thread_stop *stop)
{
	stand_watch_renew(stop->stand);
	/* The first thread last: its end is reported only after that of the others. */
	for (size_t i = stop->task_count; i-- > 0;) {
		struct stop_task *task = &stop->tasks[i];
		if (task->state == TASK_STRANGER)
			let_stranger_go(task);
		else if (!is_free(task))
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
		if (task->state != TASK_RUNNING || reported(stop, task))
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
	/* Every thread's state is read for that: whoever stops a few has asked before. */
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

/* False: to be tried again. True: gone, or asleep: that one was asked to stop, stays TASK_ASLEEP
 * (or TASK_STRANGER) until it has, and is left to thread_stop_let_go(). A signal is handed over of
 * a stop that is known to be the one that the thread is in. */
static bool detach(struct thread_stop *stop, struct stop_task *task, bool ask_sleepers)
{
	bool asleep = task->state == TASK_ASLEEP;
	if (task->state == TASK_STRANGER)
		let_stranger_go(task);
	if (is_free(task) || task->state == TASK_STRANGER)
		return true;
	if (task->state != TASK_STOPPED) {
		task->state = TASK_RUNNING;
		if (!reported(stop, task)) {
			/* It was not asked when an error came before its turn, and an execve may
			 * forget it (kernel/signal.c: zap_other_threads, of some kernels). */
			if (!asleep || (ask_sleepers && !thread_sleeps(stop->pid, task->tid)))
				ptrace(PTRACE_INTERRUPT, task->tid, NULL, NULL);
			task->state = asleep ? TASK_ASLEEP : TASK_RUNNING;
			return asleep;
		}
		if (is_free(task))
			return true;
	}
	/* ESRCH: not in a stop just now; it ended, or is on its way from one stop to the next. */
	if (!ptrace(PTRACE_DETACH, task->tid, NULL, (void *)(intptr_t)task->deliver) ||
	    errno != ESRCH) {
		task->state = TASK_GONE;
		return true;
	}
	task->state = TASK_RUNNING;
	return reported(stop, task) && is_free(task);
}

void thread_stop_have_copy(struct thread_stop *stop, int copy)
{
	stop->copy = copy;
}

/* The first thread last: its end is reported only after that of the others. */
static size_t detach_each(struct thread_stop *stop, bool ask_sleepers)
{
	size_t left = 0;
	if (stop->copy && thread_take_end(stop->copy))
		stop->copy = 0;
	for (size_t i = stop->task_count; i-- > 0;) {
		bool let_go = detach(stop, &stop->tasks[i], ask_sleepers);
		if (!let_go && ask_sleepers)
			stop->tasks[i].state = TASK_ASLEEP;
		left += !let_go;
	}
	return left;
}

/* All in turn, round after round: of a PID namespace's killed first process the thread that ends
 * last waits until we have taken the ends of the others (kernel/pid_namespace.c:
 * zap_pid_ns_processes). */
static void detach_all(struct thread_stop *stop)
{
	enum { ROUNDS = 1000, PAUSE_US = 1000 };
	for (int round = 0; round < ROUNDS; round++) {
		if (!detach_each(stop, false))
			return;
		clock_sleep_us(PAUSE_US);
	}
	for (size_t i = 0; i < stop->task_count; i++)
		if (stop->tasks[i].state != TASK_STRANGER && !is_free(&stop->tasks[i]))
			stop->tasks[i].state = TASK_ASLEEP;
}

bool thread_stop_let_go(struct thread_stop *stop)
{
	size_t held = 0;
	detach_each(stop, true);
	/* Counted at the end: an execve may give the first one back to us. */
	for (size_t i = 0; i < stop->task_count; i++)
		held += !is_free(&stop->tasks[i]);
	return !held;
}

double thread_stop_resume(struct thread_stop *stop)
{
	if (!stop->resumed) {
		detach_all(stop);
		stop->end_ns = clock_ns();
		stop->resumed = true;
		seize_watch_free(stop->watch);
		stop->watch = NULL;
		stand_watch_end(stop->stand);
		stop->stand = NULL;
		if (stop->masked)
			pthread_sigmask(SIG_SETMASK, &stop->old_mask, NULL);
	}
	return (double)(stop->end_ns - stop->begin_ns) / 1e6;
}

void thread_stop_free(struct thread_stop *stop)
{
	if (!stop)
		return;
	thread_stop_resume(stop);
	arena_deinit(&stop->arena);
	id_map_deinit(&stop->known);
	free(stop->tasks);
	free(stop);
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
