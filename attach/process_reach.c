#include "attach/process_reach.h"

#include "attach/credentials.h"
#include "attach/process_find.h"

#include <errno.h>

static struct error *refuse(const struct process_info *process, const char *otherwise)
{
	struct error *error = error_new(ERROR_OS, "cannot read the memory of process %d: %s%s",
					process->pid, process->reason, otherwise);
	if (error != &error_no_memory)
		error->os_errno = EACCES;
	/* Of a zombie the reason says more. */
	return process->state.activity == PROCESS_ENDED
		       ? error
		       : process_identity_explain(&process->identity, error);
}

struct error *process_reach_files(const struct process_info *process)
{
	struct credentials unused;
	int failed = process->as_owner ? credentials_become_owner(process->pid, &unused) : 0;
	if (failed)
		return error_os(failed, "cannot take on the user and group of process %d",
				process->pid);
	return NULL;
}

struct error *process_reach(const struct process_info *process)
{
	switch (process->way) {
	case PROCESS_WAY_AS_IS:
	case PROCESS_WAY_AS_OWNER:
		break;
	case PROCESS_WAY_SOCKET:
		return refuse(process, "; clrpod collect can ask its runtime for a dump instead");
	case PROCESS_WAY_NONE:
		return refuse(process, "");
	}
	return process_reach_files(process);
}
