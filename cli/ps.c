#include "attach/process_find.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "cli/app.h"
#include "cli/options.h"
#include "cli/verbs.h"

static const struct column columns[] = {
	{ "pid", "PID", CELL_INTEGER, 7 },
	{ "user", "USER", CELL_TEXT, -8 },
	{ "version", "RUNTIME", CELL_TEXT, -9 },
	{ "architecture", "ARCH", CELL_TEXT, -5 },
	{ NULL, "RSS MiB", CELL_COUNT, 7 },
	{ NULL, "ROOM MiB", CELL_COUNT, 8 },
	{ NULL, "READ", CELL_TEXT, -8 },
	{ "state", "STATE", CELL_TEXT, -7 },
	{ "name", "NAME", CELL_TEXT, -12 },
	{ NULL, "POD/CONTAINER", CELL_TEXT, 0 },
	{ "uid", NULL, CELL_INTEGER, 0 },
	{ "namespace_pid", NULL, CELL_INTEGER, 0 },
	{ "command_line", NULL, CELL_TEXT, 0 },
	{ "runtime", NULL, CELL_TEXT, 0 },
	{ "runtime_path", NULL, CELL_TEXT, 0 },
	{ "resident_bytes", NULL, CELL_INTEGER, 0 },
	{ "container", NULL, CELL_TEXT, 0 },
	{ "container_name", NULL, CELL_TEXT, 0 },
	{ "pod_uid", NULL, CELL_TEXT, 0 },
	{ "hostname", NULL, CELL_TEXT, 0 },
	{ "socket", NULL, CELL_TEXT, 0 },
	{ "readable", NULL, CELL_VALUE, 0 },
	{ "way", NULL, CELL_TEXT, 0 },
	{ "reason", NULL, CELL_TEXT, 0 },
	{ "memory_limit_bytes", NULL, CELL_INTEGER, 0 },
	{ "memory_used_bytes", NULL, CELL_INTEGER, 0 },
	{ "memory_room_bytes", NULL, CELL_INTEGER, 0 },
	{ "oom_group", NULL, CELL_VALUE, 0 },
};
enum { COLUMN_COUNT = COUNT_OF(columns) };

static const char *way_name(enum process_way way)
{
	switch (way) {
	case PROCESS_WAY_AS_IS:
		return "as_is";
	case PROCESS_WAY_AS_OWNER:
		return "as_owner";
	case PROCESS_WAY_SOCKET:
		return "socket";
	case PROCESS_WAY_NONE:
		break;
	}
	return "none";
}

static void put_way(struct output *out, const struct process_info *process)
{
	if (process->way == PROCESS_WAY_AS_OWNER)
		output_textf(out, "uid %u", process->uid);
	else if (process->way == PROCESS_WAY_SOCKET)
		output_text(out, "socket");
	else
		output_text(out, process->way == PROCESS_WAY_AS_IS ? "yes" : "no");
}

static void put_limit(struct output *out, const struct process_info *process)
{
	if (process->limited) {
		output_unsigned(out, process->memory.limit_bytes);
		output_unsigned(out, process->memory.used_bytes);
		output_unsigned(out, process->memory.room_bytes);
		output_bool(out, process->memory.kills_group);
		return;
	}
	for (int i = 0; i < 4; i++)
		output_null(out);
}

/* The pod by its host name, else by its uid, and the container in it; outside of pods the
 * container's id as tools shorten it. */
static void put_home(struct output *out, const struct process_info *process)
{
	const char *pod = process->hostname ? process->hostname : process->pod_uid;
	if (process->pod_uid && process->container_name)
		output_textf(out, "%s/%s", pod, process->container_name);
	else if (process->pod_uid)
		output_text(out, pod);
	else if (process->container)
		output_textf(out, "%.12s", process->container);
	else
		output_skip(out);
}

static void put_process(struct output *out, const struct process_info *process)
{
	const char *version = process->version;
	if (!version && process->runtime == PROCESS_NATIVE_AOT)
		version = "NativeAOT";
	output_row_begin(out);
	output_unsigned(out, (uint64_t)process->pid);
	process->user ? output_text(out, process->user) : output_textf(out, "%u", process->uid);
	output_text_or(out, version, "?");
	output_text(out, architecture_name(process->architecture));
	output_unsigned(out, process->resident_bytes / (1024 * 1024));
	if (process->limited)
		output_unsigned(out, process->memory.room_bytes / (1024 * 1024));
	else
		output_skip(out);
	put_way(out, process);
	output_text(out, process_activity_name(process->state.activity));
	output_text(out, process->name);
	put_home(out, process);
	output_unsigned(out, process->uid);
	output_unsigned(out, (uint64_t)process->namespace_pid);
	output_text(out, process->command_line);
	output_text(out, process_runtime_name(process->runtime));
	output_text_or_null(out, process->runtime_path);
	output_unsigned(out, process->resident_bytes);
	output_text_or_null(out, process->container);
	output_text_or_null(out, process->container_name);
	output_text_or_null(out, process->pod_uid);
	output_text_or_null(out, process->hostname);
	output_text_or_null(out, process->socket.path);
	output_bool(out, process->way <= PROCESS_WAY_AS_OWNER);
	output_text(out, way_name(process->way));
	output_text_or_null(out, process->reason);
	put_limit(out, process);
	output_row_end(out);
}

static void put_list(struct output *out, const struct process_list *list)
{
	output_table_begin(out, "processes", columns, COLUMN_COUNT, true);
	for (size_t i = 0; i < list->count; i++)
		put_process(out, &list->processes[i]);
	output_table_end(out);
	for (size_t i = 0; i < list->count; i++) {
		const struct process_info *process = &list->processes[i];
		const char *reason = process->reason ? process->reason : process->state.reason;
		if (reason)
			output_note(out, "%d: %s", process->pid, reason);
	}
	if (!list->count)
		output_note(out, "No .NET process is to be seen from here.");
}

static enum exit_status list_processes(struct app *app, const struct invocation *invocation)
{
	struct process_list list;
	struct error *error = process_list(&app->task, &app->scratch, &list);
	if (error)
		return app_fail(app, "ps", error, exit_status_of_open(error));
	const char *reason = "processes of other users hide what they are";
	struct output_coverage coverage = { .complete = !list.hidden,
					    .reasons = &reason,
					    .reason_count = list.hidden > 0 };
	output_document_begin(app->out, "ps");
	put_list(app->out, &list);
	return app_end_document(app, "ps", &coverage, invocation_has(invocation, "--partial-ok"));
}

static enum exit_status ps_run(const struct invocation *invocation)
{
	CLEANUP(app_cleanup) struct app app;
	struct error *error = app_open(&app, invocation_format(invocation));
	if (error)
		return app_fail(&app, "ps", error, STATUS_FAILED);
	return list_processes(&app, invocation);
}

static const struct option options[] = {
	{ "--json", NULL, "a JSON document, with everything that is known of each", NULL },
	{ "--jsonl", NULL, "JSON lines: a process a line", NULL },
	{ "--partial-ok", NULL, "exit status 0 for an incomplete list", NULL },
	{ 0 },
};

static const char *const examples[] = { "clrpod ps", "clrpod ps --json", NULL };

const struct verb verb_ps = {
	.name = "ps",
	.summary = "which processes are .NET, and whether they can be read from here",
	.usage = "ps [--json | --jsonl] [--partial-ok]",
	.description =
		"Looks at /proc only: no process is stopped, nothing is written.\n"
		"The last column is the pod and the container in it, as the kubelet's mounts show them:\n"
		"the pod by its host name, which is its name unless its spec says otherwise (hostname,\n"
		"hostNetwork), else by its uid; outside of pods the container's id.\n"
		"ROOM is what is left until the memory limit of its container. READ says how its\n"
		"memory can be reached: yes (as we are), uid N (root without SYS_PTRACE that takes\n"
		"on its ids: collect and analyze do), socket (collect can have its runtime write a\n"
		"dump), no. STATE is running, stopped (by job control: it is read, and stays so),\n"
		"traced (by a debugger), frozen (with its control group, as docker pause does it),\n"
		"asleep (all threads in an uninterruptible sleep), dumping (it has crashed, and its\n"
		"core is being written) or zombie. Below the table are the\n"
		"reasons why a process cannot be read or stopped, and what helps.",
	.options = options,
	.examples = examples,
	.run = ps_run,
};
