#include "cli/collect_by_runtime.h"

#include "attach/process_state.h"
#include "base/list.h"
#include "cli/next_command.h"
#include "dump/collect/runtime_dump.h"

#include <strings.h>

struct written {
	double wait_ms;
	struct destination_figures figures;
};

static enum diagnostics_dump_type wanted_type(const struct invocation *invocation)
{
	const char *type = invocation_value(invocation, "--type");
	if (type && !strcasecmp(type, "Mini"))
		return DIAGNOSTICS_DUMP_MINI;
	if (type && !strcasecmp(type, "Heap"))
		return DIAGNOSTICS_DUMP_HEAP;
	return DIAGNOSTICS_DUMP_FULL;
}

static struct error *copy(const struct runtime_dump *dump, struct destination *destination,
			  const struct task *task, struct written *ret)
{
	TRY(runtime_dump_copy(dump, destination_sink(destination), task));
	return destination_finish(destination, &ret->figures);
}

/* About how long the dump will be: what is resident, and of a mini dump a few MiB. */
static uint64_t estimate(const struct process_info *process, enum diagnostics_dump_type type)
{
	enum { MINI_BYTES = 16 * 1024 * 1024 };
	return type == DIAGNOSTICS_DUMP_MINI ? MINI_BYTES : process->resident_bytes;
}

/* Of a snapshot the runtime knows nothing, and createdump runs in the process's own name. */
static struct error *check_way(const struct invocation *invocation,
			       const struct process_info *process, struct arena *arena)
{
	const char *way = invocation_has(invocation, "--snapshot") ? "--snapshot"
			  : invocation_has(invocation, "--freeze") ? "--freeze"
								   : NULL;
	if (!way)
		return NULL;
	const char *line = next_command_any_way(invocation, arena);
	if (!line)
		return &error_no_memory;
	return error_new(ERROR_UNSUPPORTED,
			 "cannot read the memory of process %d: %s; without that right there is "
			 "no %s, and its runtime alone can write a dump: in the process's own "
			 "name, which stands still until all is written, and with lines in its "
			 "own output; if that may be: %s",
			 process->pid, process->reason, way, line);
}

static struct error *take(struct app *app, const struct invocation *invocation,
			  const struct process_info *process, const struct destination_request *to,
			  struct written *ret)
{
	struct runtime_dump dump = { 0 };
	struct destination *destination;
	enum diagnostics_dump_type type = wanted_type(invocation);
	TRY(check_way(invocation, process, &app->scratch));
	TRY(process_state_check(process->pid, PROCESS_NEED_ANSWER));
	TRY(destination_check(to));
	app_warn(app,
		 "cannot read the memory of process %d: %s; its runtime is asked for the dump "
		 "instead: it stands still until that is written, into its own %s, and lines of "
		 "createdump appear in its output",
		 process->pid, process->reason, process->socket.folder);
	/* First: what cannot be written costs the process nothing, and no dump is lost for it. */
	TRY(destination_open(to, estimate(process, type), &destination));
	struct error *error = process_reach_files(process);
	if (!error)
		error = runtime_dump_take(process, type, to->force, to->task, &dump);
	if (!error) {
		ret->wait_ms = dump.wait_ms;
		error = copy(&dump, destination, to->task, ret);
		runtime_dump_release(&dump);
	}
	destination_free(destination);
	return error;
}

static const struct column columns[] = {
	{ "path", NULL, CELL_TEXT, 0 },          { "pid", NULL, CELL_INTEGER, 0 },
	{ "name", NULL, CELL_TEXT, 0 },          { "written_by", NULL, CELL_TEXT, 0 },
	{ "file_bytes", NULL, CELL_INTEGER, 0 }, { "disk_bytes", NULL, CELL_INTEGER, 0 },
	{ "wait_ms", NULL, CELL_VALUE, 0 },
};

static void put_result(struct output *out, const struct process_info *process, const char *path,
		       const struct written *written)
{
	char wait[64];
	snprintf(wait, sizeof(wait), "%.1f", written->wait_ms);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text(out, path);
	output_unsigned(out, (uint64_t)process->pid);
	output_text(out, process->name);
	output_text(out, "runtime");
	output_unsigned(out, written->figures.bytes);
	output_unsigned(out, written->figures.disk_bytes);
	output_digits(out, wait, false);
	output_record_end(out);
	output_line(
		out, "Wrote %s: %.1f MiB (%.1f MiB on disk) of process %d (%s), by its runtime.",
		path, (double)written->figures.bytes / (1024 * 1024),
		(double)written->figures.disk_bytes / (1024 * 1024), process->pid, process->name);
	output_line(out, "The process stood still for up to %.1f ms; nothing stays in its %s.",
		    written->wait_ms, process->socket.folder);
}

enum exit_status collect_by_runtime(struct app *app, const struct invocation *invocation,
				    const struct process_info *process,
				    const struct destination_request *to)
{
	struct written written = { 0 };
	const struct output_coverage whole = { .complete = true };
	struct error *error = take(app, invocation, process, to, &written);
	if (error)
		return app_fail(app, "collect", error, exit_status_of_open(error));
	progress_end(&app->progress);
	output_document_begin(app->out, "collect");
	put_result(app->out, process, to->path ? to->path : "-", &written);
	return app_end_document(app, "collect", &whole, invocation_has(invocation, "--partial-ok"));
}
