#include "attach/stop_task.h"

#include <signal.h>
#include <sys/ptrace.h>

/* `status` as in si_status of a traced task: the signal, with the event above. */
static void note_stop(struct stop_task *task, int status)
{
	int event = status >> 8, signal = status & 0xff;
	task->state = TASK_STOPPED;
	task->deliver = thread_report_signal(status);
	task->shown = event && signal == SIGTRAP ? 0 : signal;
}

void stop_task_follow_execve(struct thread_stop *stop, struct stop_task *task)
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

bool stop_task_reported(struct thread_stop *stop, struct stop_task *task)
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
		stop_task_follow_execve(stop, task);
		break;
	case REPORT_NONE:
		break;
	}
	return task->state != TASK_RUNNING && task->state != TASK_SEIZED;
}

bool stop_task_is_free(const struct stop_task *task)
{
	return task->state == TASK_GONE || task->state == TASK_ELSEWHERE;
}

void stop_task_let_stranger_go(struct stop_task *task)
{
	if (thread_let_go(task->tid))
		task->state = TASK_GONE;
}
