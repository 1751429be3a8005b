#include "cli/open.h"

#include "attach/live_target.h"
#include "commands/session.h"
#include "dump/core_target.h"

#include <errno.h>
#include <sys/stat.h>

struct error *open_choose_process(struct app *app, const struct invocation *invocation,
				  struct process_info *ret)
{
	int pid;
	TRY(invocation_pid(invocation, &pid));
	const char *name = invocation_value(invocation, "-n");
	if (pid && name)
		return error_new(ERROR_USAGE, "-p and -n exclude each other");
	return process_choose(pid, name, &app->scratch, ret);
}

static struct error *open_process(struct app *app, const struct invocation *invocation,
				  struct target **ret, const char **ret_name)
{
	struct process_info process;
	TRY(open_choose_process(app, invocation, &process));
	if (process.runtime == PROCESS_NATIVE_AOT)
		return error_new(ERROR_UNSUPPORTED,
				 "process %d (%s) is NativeAOT: it has no CoreCLR to look into",
				 process.pid, process.name);
	*ret_name = arena_printf(&app->scratch, "process %d (%s)", process.pid, process.name);
	if (!*ret_name)
		return &error_no_memory;
	TRY(process_reach(&process));
	return live_target_open(process.pid, true, &app->task, ret);
}

static struct error *check_sysroot(const char *sysroot)
{
	struct stat status;
	if (!sysroot)
		return NULL;
	if (stat(sysroot, &status))
		return error_os(errno, "cannot look for files below --sysroot %s", sysroot);
	if (!S_ISDIR(status.st_mode))
		return error_new(ERROR_USAGE,
				 "--sysroot %s is no directory: name the one that "
				 "holds the program's and the runtime's files",
				 sysroot);
	return NULL;
}

struct error *open_session(struct app *app, const struct invocation *invocation)
{
	const char *dump = invocation_positional(invocation, 0), *name = dump;
	bool process = invocation_has(invocation, "-p") || invocation_has(invocation, "-n");
	if (dump && process)
		return error_new(ERROR_USAGE, "name a dump, or a process with -p or -n, not both");
	if (!dump && !process)
		return error_new(ERROR_USAGE,
				 "%s what? Name a dump, or a process with -p PID or -n NAME",
				 invocation->verb->name);
	const char *sysroot = invocation_value(invocation, "--sysroot");
	struct target *target = NULL;
	TRY(check_sysroot(sysroot));
	if (dump)
		TRY(core_target_open(dump, &app->task, &target));
	else
		TRY(open_process(app, invocation, &target, &name));
	if (target->missing_bytes)
		app_warn(app, "%s is cut short: %llu bytes of memory that it announces are missing",
			 name, (unsigned long long)target->missing_bytes);
	return session_open(app->session, target, name, sysroot, &app->task);
}
