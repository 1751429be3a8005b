#include "base/task.h"

#include "base/clock.h"

struct error *task_check(const struct task *task, const char *what)
{
	if (!task)
		return NULL;
	if (task_signal(task)) {
		if (task->heard)
			__atomic_store_n(task->heard, 1, __ATOMIC_RELAXED);
		return error_new(ERROR_CANCELLED, "cancelled while %s", what);
	}
	if (task->deadline_ns && clock_ns() > task->deadline_ns)
		return error_new(ERROR_CANCELLED, "out of time while %s", what);
	return NULL;
}

int task_signal(const struct task *task)
{
	return task && task->stop ? __atomic_load_n(task->stop, __ATOMIC_RELAXED) : 0;
}

void task_progress(const struct task *task, const char *what, uint64_t done, uint64_t total)
{
	if (task && task->progress)
		task->progress(task->context, what, done, total);
}

void task_note(const struct task *task, const char *text)
{
	if (task && task->note)
		task->note(task->context, text);
}
