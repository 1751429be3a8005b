/* The end of a stop: see attach/thread_stop.h. */
#include "attach/stop_task.h"
#include "base/clock.h"

#include <errno.h>
#include <sys/ptrace.h>

/* False: to be tried again. True: gone, or asleep: that one was asked to stop, stays TASK_ASLEEP
 * (or TASK_STRANGER) until it has, and is left to thread_stop_let_go(). A signal is handed over of
 * a stop that is known to be the one that the thread is in. */
static bool detach(struct thread_stop *stop, struct stop_task *task, bool ask_sleepers)
{
	bool asleep = task->state == TASK_ASLEEP;
	if (task->state == TASK_STRANGER)
		stop_task_let_stranger_go(task);
	if (stop_task_is_free(task) || task->state == TASK_STRANGER)
		return true;
	if (task->state != TASK_STOPPED) {
		task->state = TASK_RUNNING;
		if (!stop_task_reported(stop, task)) {
			/* It was not asked when an error came before its turn, and an execve may
			 * forget it (kernel/signal.c: zap_other_threads, of some kernels). */
			if (!asleep || (ask_sleepers && !thread_sleeps(stop->pid, task->tid)))
				ptrace(PTRACE_INTERRUPT, task->tid, NULL, NULL);
			task->state = asleep ? TASK_ASLEEP : TASK_RUNNING;
			return asleep;
		}
		if (stop_task_is_free(task))
			return true;
	}
	/* ESRCH: not in a stop just now; it ended, or is on its way from one stop to the next. */
	if (!ptrace(PTRACE_DETACH, task->tid, NULL, (void *)(intptr_t)task->deliver) ||
	    errno != ESRCH) {
		task->state = TASK_GONE;
		return true;
	}
	task->state = TASK_RUNNING;
	return stop_task_reported(stop, task) && stop_task_is_free(task);
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
		if (stop->tasks[i].state != TASK_STRANGER && !stop_task_is_free(&stop->tasks[i]))
			stop->tasks[i].state = TASK_ASLEEP;
}

bool thread_stop_let_go(struct thread_stop *stop)
{
	size_t held = 0;
	detach_each(stop, true);
	/* Counted at the end: an execve may give the first one back to us. */
	for (size_t i = 0; i < stop->task_count; i++)
		held += !stop_task_is_free(&stop->tasks[i]);
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
