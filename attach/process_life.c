#include "attach/process_life.h"

#include "attach/proc_file.h"
#include "base/limits.h"

#include <errno.h>

struct error *process_exists(int pid)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	int failed =
		pid > 0 ? proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid)
			: ENOENT;
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

struct alive_search {
	int pid, found;
};

static struct error *look_for_alive(pid_t tid, void *context)
{
	struct alive_search *search = context;
	if (proc_has_ended(search->pid, (int)tid))
		return NULL;
	search->found = (int)tid;
	return &error_stop;
}

int process_memory_id(int pid)
{
	struct alive_search search = { .pid = pid };
	if (!proc_has_ended(pid, pid))
		return pid;
	error_free(proc_visit_tasks(pid, look_for_alive, &search)); /* none is found then */
	return search.found ? search.found : pid;
}

/* While a thread is in execve the others are being killed, the first one too. */
static struct error *look_for_lasting(pid_t tid, void *context)
{
	struct alive_search *search = context;
	if (proc_has_ended(search->pid, (int)tid) || proc_is_ending((int)tid))
		return NULL;
	search->found = (int)tid;
	return &error_stop;
}

bool process_has_ended(int pid)
{
	struct alive_search search = { .pid = pid };
	struct error *error = proc_visit_tasks(pid, look_for_lasting, &search);
	if (error_take(&error, ERROR_NOT_FOUND))
		return true;
	bool listed = !error;
	error_free(error);
	return listed && !search.found;
}
