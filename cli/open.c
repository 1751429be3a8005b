#include "cli/open.h"

#include "attach/live_target.h"
#include "attach/processors.h"
#include "attach/snapshot_target.h"
#include "attach/target/overlay_target.h"
#include "base/list.h"
#include "base/number_text.h"
#include "cli/next_command.h"
#include "cli/own_memory.h"
#include "commands/interpreter/session.h"
#include "dump/core/core_target.h"
#include "heap/gc/heap_walk.h"

#include <errno.h>
#include <sys/stat.h>

enum {
	MINUTE = 60,
	HOLD_MINUTES_DEFAULT = 10,
	HOLD_MINUTES_MAX = 24 * 60,
	STALL_SECONDS_MAX = 24 * 60 * 60
};

struct error *open_choose_process(struct app *app, const struct invocation *invocation,
				  struct process_info *ret)
{
	int pid;
	TRY(invocation_pid(invocation, &pid));
	const char *name = invocation_value(invocation, "-n");
	if (pid && name)
		return error_new(ERROR_USAGE, "-p and -n exclude each other");
	struct error *error = process_choose(pid, name, &app->task, &app->scratch, ret);
	bool none = error && (error->code == ERROR_USAGE || error->code == ERROR_NOT_FOUND);
	if (none && !pid && !name && invocation->verb->max_positionals)
		return error_context(error, "no dump is named, and no process with -p or -n");
	return error;
}

struct error *open_check_ways(const struct invocation *invocation)
{
	static const char *const ways[] = { "--freeze", "--snapshot", "--no-stop" };
	const char *found = NULL;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		if (!invocation_has(invocation, ways[i]))
			continue;
		if (found)
			return error_new(ERROR_USAGE, "%s and %s exclude each other", found,
					 ways[i]);
		found = ways[i];
	}
	return NULL;
}

struct error *open_stall(const struct invocation *invocation, unsigned *ret_seconds)
{
	const char *text = invocation_value(invocation, "--stall");
	*ret_seconds = PATIENT_STALL_SECONDS;
	if (!text)
		return NULL;
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);
	if (*end || end == text || *text == '-' || seconds > STALL_SECONDS_MAX)
		return error_new(ERROR_USAGE,
				 "--stall %s is no number of seconds up to %d (0: for ever)", text,
				 STALL_SECONDS_MAX);
	*ret_seconds = (unsigned)seconds;
	return NULL;
}

static struct error *parse_way(const struct invocation *invocation, struct arena *arena,
			       struct open_process *ret)
{
	TRY(open_check_ways(invocation));
	ret->insist = invocation_has(invocation, "--snapshot");
	ret->insist_line = next_command_insist(invocation, arena);
	if (invocation_has(invocation, "--freeze"))
		ret->way = OPEN_FROZEN;
	if (invocation_has(invocation, "--no-stop"))
		ret->way = OPEN_RUNNING;
	const char *hold = invocation_value(invocation, "--hold");
	ret->hold_seconds = HOLD_MINUTES_DEFAULT * MINUTE;
	if (!hold)
		return NULL;
	char *end;
	double minutes = strtod(hold, &end);
	if (*end || end == hold || !(minutes >= 0 && minutes <= HOLD_MINUTES_MAX))
		return error_new(ERROR_USAGE,
				 "--hold %s is no number of minutes up to %d (0: no limit)", hold,
				 HOLD_MINUTES_MAX);
	double seconds = minutes * MINUTE;
	ret->hold_seconds = (unsigned)seconds;
	ret->hold_seconds += ret->hold_seconds < seconds; /* 0 would be for ever */
	return NULL;
}

static struct snapshot_request snapshot_request_of(const struct open_process *process)
{
	return (struct snapshot_request){ .process = process->identity,
					  .hold_seconds = process->hold_seconds,
					  .insist = process->insist,
					  .insist_line = process->insist_line };
}

static void tell_moving(const struct app *app, const struct snapshot *snapshot)
{
	enum { MIB = 1024 * 1024 };
	const struct frozen_pages *frozen = &snapshot_record(snapshot)->frozen;
	uint64_t bytes = frozen->moving_bytes;
	if (frozen->lost_bytes)
		app_warn(
			app,
			"%.1f MiB of memory that no copy of process %d inherits (MADV_DONTFORK, MADV_WIPEONFORK) cannot be read: there was no room for them (--freeze has them)",
			(double)frozen->lost_bytes / MIB, app->process.identity.pid);
	if (bytes)
		app_warn(app,
			 "%.1f MiB of memory that process %d shares are read as they are later: "
			 "there was no room for a copy (--freeze has them of the same moment)",
			 (double)bytes / MIB, app->process.identity.pid);
}

/* A process that the session's target is, or is to become again. That it is still the same is asked
 * when it is held. */
static struct error *take_process(void *context, const struct task *task, struct target **ret)
{
	struct app *app = context;
	const struct open_process *process = &app->process;
	struct snapshot_request request = snapshot_request_of(process);
	if (process->way == OPEN_SNAPSHOT) {
		TRY(snapshot_target_open(&request, task, ret));
		tell_moving(app, snapshot_target_snapshot(*ret));
		return NULL;
	}
	if (process->way == OPEN_RUNNING)
		return live_target_open(&process->identity, LIVE_RUNNING, task, ret);
	TRY(live_target_open(&process->identity, LIVE_STOPPED, task, ret));
	hold_begin(&app->hold, process->identity.pid, process->hold_seconds);
	return NULL;
}

struct snapshot *open_snapshot(const struct app *app)
{
	struct target *target = session_target(app->session);
	if (!app->process.identity.pid || app->process.way != OPEN_SNAPSHOT || !target)
		return NULL;
	return snapshot_target_snapshot(overlay_target_lower(target));
}

/* One that we hold stopped lets itself be stopped again. */
static struct error *check_process(void *context)
{
	const struct app *app = context;
	struct snapshot_request request = snapshot_request_of(&app->process);
	struct snapshot *old = open_snapshot(app);
	uint64_t freed_bytes;
	if (app->process.way != OPEN_SNAPSHOT)
		return process_identity_check(&request.process);
	if (!old || !snapshot_cost(old, &freed_bytes))
		freed_bytes = 0;
	return snapshot_check(&request, freed_bytes);
}

static struct error *open_process(struct app *app, const struct invocation *invocation,
				  struct target **ret, const char **ret_name)
{
	struct process_info process;
	unsigned stall_seconds;
	TRY(parse_way(invocation, &app->scratch, &app->process));
	TRY(open_stall(invocation, &stall_seconds));
	TRY(open_choose_process(app, invocation, &process));
	if (process.runtime == PROCESS_NATIVE_AOT)
		return error_new(ERROR_UNSUPPORTED,
				 "process %d (%s) is NativeAOT: it has no CoreCLR to look into",
				 process.pid, process.name);
	*ret_name = arena_printf(&app->scratch, "process %d (%s)", process.pid, process.name);
	if (!*ret_name)
		return &error_no_memory;
	if (!invocation_has(invocation, "-p") && !invocation_has(invocation, "-n"))
		app_warn(app, "%s is looked at, the only .NET process here", *ret_name);
	TRY(own_memory_budget(&app->budget, process.pid));
	TRY(process_reach(&process));
	app->process.identity = process.identity;
	if (app->process.way != OPEN_RUNNING) /* else nothing waits for us */
		app->writer.stall_seconds = stall_seconds;
	session_set_source(app->session,
			   &(struct session_source){ .open = take_process,
						     .check = check_process,
						     .context = app,
						     .single = app->process.way == OPEN_FROZEN });
	return take_process(app, &app->task, ret);
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

/* --threads: 0 when absent. ERROR_USAGE. */
static struct error *parse_threads(const struct invocation *invocation, unsigned *ret)
{
	const char *text = invocation_value(invocation, "--threads");
	uint64_t threads = 0;
	*ret = 0;
	if (!text)
		return NULL;
	struct error *error = parse_number(text, &threads);
	bool is_number = !error && threads && threads <= HEAP_WALK_THREADS_MAX;
	error_free(error);
	if (!is_number)
		return error_new(ERROR_USAGE, "--threads %s is no number from 1 to %d", text,
				 HEAP_WALK_THREADS_MAX);
	*ret = (unsigned)threads;
	return NULL;
}

/* `asked` 0: as many as there is time for. A process that runs on while its snapshot is walked may
 * share it with us. */
static void choose_threads(struct app *app, unsigned asked, bool is_process)
{
	/* More hardly help, and each has memory of its own: a pod may have little on a node with
	 * many processors. */
	enum { DEFAULT_THREADS_MAX = 16 };
	bool shared = is_process && app->process.way != OPEN_FROZEN;
	unsigned allowed = processors_allowed(shared);
	if (allowed > DEFAULT_THREADS_MAX)
		allowed = DEFAULT_THREADS_MAX;
	session_set_threads(app->session, asked ? asked : allowed, asked != 0);
}

struct error *open_one(struct app *app, const struct invocation *invocation, const char *dump)
{
	const char *sysroot = invocation_value(invocation, "--sysroot"), *name = dump;
	struct target *target = NULL;
	unsigned threads;
	TRY(check_sysroot(sysroot));
	TRY(parse_threads(invocation, &threads));
	TRY(own_memory_budget(&app->budget, 0));
	if (dump)
		TRY(core_target_open(dump, &app->task, &target));
	else
		TRY(open_process(app, invocation, &target, &name));
	choose_threads(app, threads, !dump);
	if (target->facts.missing_bytes)
		app_warn(app, "%s is cut short: %llu bytes of memory that it announces are missing",
			 name, (unsigned long long)target->facts.missing_bytes);
	TRY(session_open(app->session, target, name, sysroot, &app->task));
	const struct heap *heap = session_heap(app->session);
	if (heap && contract_unverified(heap->contract))
		app_warn(app,
			 "%s is read with the layouts %s, which were derived and never verified",
			 name, contract_layouts(heap->contract));
	return NULL;
}

struct error *open_check_no_process(const struct invocation *invocation)
{
	static const char *const of_process[] = { "--freeze", "--no-stop", "--snapshot", "--hold",
						  "--stall" };
	for (size_t i = 0; i < COUNT_OF(of_process); i++)
		if (invocation_has(invocation, of_process[i]))
			return error_new(ERROR_USAGE,
					 "%s: %s says how a process is looked at, and a dump is "
					 "named: leave it out, or name a process with -p or -n",
					 invocation->verb->name, of_process[i]);
	return NULL;
}

struct error *open_session(struct app *app, const struct invocation *invocation)
{
	const char *dump = invocation_positional(invocation, 0);
	bool process = invocation_has(invocation, "-p") || invocation_has(invocation, "-n");
	if (dump && process)
		return error_new(ERROR_USAGE, "name a dump, or a process with -p or -n, not both");
	if (dump)
		TRY(open_check_no_process(invocation));
	return open_one(app, invocation, dump);
}
