#include "attach/running_threads.h"

#include "attach/proc_file.h"
#include "base/limits.h"

#include <errno.h>

struct running_visit {
	thread_visitor visit;
	void *context;
	int pid;
};

static struct error *visit_running(pid_t tid, void *context)
{
	struct running_visit *running = context;
	CLEANUP(text_deinit) struct text status = { 0 };
	int failed = proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/status",
				    running->pid, (int)tid);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (failed) /* mostly: it ended just now */
		return NULL;
	struct target_thread thread = { .tid = proc_namespace_id(&status, (int)tid) };
	return running->visit(&thread, running->context);
}

struct error *running_threads_visit(int pid, thread_visitor visit, void *context)
{
	struct running_visit running = { .visit = visit, .context = context, .pid = pid };
	return proc_visit_tasks(pid, visit_running, &running);
}
