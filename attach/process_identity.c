#include "attach/process_identity.h"

#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "base/limits.h"

#include <errno.h>

enum { STAT_START_TIME = 22 }; /* proc(5) */

struct error *process_identity_take(int pid, struct process_identity *ret)
{
	CLEANUP(text_deinit) struct text stat = { 0 };
	int64_t time;
	*ret = (struct process_identity){ .pid = pid };
	int failed = pid > 0 ? proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", pid)
			     : ENOENT;
	if (failed == ENOMEM)
		return &error_no_memory;
	if (failed == ENOENT || failed == ESRCH)
		return error_new(ERROR_NOT_FOUND, "there is no process %d here: see clrpod ps",
				 pid);
	if (failed)
		return error_os(failed, "cannot read /proc/%d/stat", pid);
	if (!proc_stat_number(&stat, STAT_START_TIME, &time) || time < 0)
		return error_new(ERROR_BAD_DATA,
				 "/proc/%d/stat does not say when the process began", pid);
	ret->start_time = (uint64_t)time;
	return NULL;
}

struct error *process_identity_check(const struct process_identity *identity)
{
	struct process_identity now;
	struct error *error = process_identity_take(identity->pid, &now);
	if (error_take(&error, ERROR_NOT_FOUND))
		return error_new(ERROR_NOT_FOUND, "process %d has ended", identity->pid);
	TRY(error);
	if (now.start_time != identity->start_time)
		return error_new(ERROR_NOT_FOUND,
				 "process %d has ended, and another process has its number by now",
				 identity->pid);
	return NULL;
}

bool process_identity_ended(const struct process_identity *identity)
{
	struct error *error = process_identity_check(identity);
	bool gone = error && error->code == ERROR_NOT_FOUND;
	error_free(error);
	return gone || process_has_ended(identity->pid);
}

struct error *process_identity_explain(const struct process_identity *identity, struct error *error)
{
	if (!error || (error->code != ERROR_OS && error->code != ERROR_UNSUPPORTED &&
		       error->code != ERROR_FAULT && error->code != ERROR_BAD_DATA))
		return error;
	if (!process_identity_ended(identity))
		return error;
	error_free(error);
	return error_new(ERROR_NOT_FOUND, "process %d has ended", identity->pid);
}
