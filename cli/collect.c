#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/collect_by_runtime.h"
#include "cli/collect_path.h"
#include "cli/next_command.h"
#include "cli/open.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "dump/collect/collect.h"
#include "dump/collect/core_sink_zstd.h"
#include "heap/exception_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>

/* What leaves more out than that. */
static const char *smaller_than(enum core_type type)
{
	switch (type) {
	case CORE_TYPE_FULL:
		return "--type Heap or Mini";
	case CORE_TYPE_HEAP:
		return "--type Mini";
	case CORE_TYPE_MINI:
		break;
	}
	return NULL;
}

static struct error *choose_type(const struct invocation *invocation, enum core_type *ret)
{
	static const char *const names[] = {
		[CORE_TYPE_FULL] = "Full", [CORE_TYPE_HEAP] = "Heap", [CORE_TYPE_MINI] = "Mini"
	};
	const char *type = invocation_value(invocation, "--type");
	*ret = CORE_TYPE_FULL;
	for (size_t i = 0; type && i < COUNT_OF(names); i++) {
		if (strcasecmp(type, names[i]))
			continue;
		*ret = (enum core_type)i;
		return NULL;
	}
	if (type)
		return error_new(ERROR_USAGE, "--type %s: the types are Full, Heap and Mini", type);
	return NULL;
}

/* By --zstd, or by the file's name. */
static struct error *packing(const struct invocation *invocation, const char *path, int *ret_level)
{
	const char *text = invocation_value(invocation, "--zstd");
	*ret_level = text || (path && text_ends_with(path, ".zst")) ? ZSTD_LEVEL_DEFAULT : 0;
	if (!text || !*text)
		return NULL;
	char *end;
	long level = strtol(text, &end, 10);
	if (*end || level < ZSTD_LEVEL_LEAST || level > ZSTD_LEVEL_MOST)
		return error_new(ERROR_USAGE, "--zstd=%s: the level is a number from %d to %d",
				 text, ZSTD_LEVEL_LEAST, ZSTD_LEVEL_MOST);
	*ret_level = (int)level;
	return NULL;
}

static bool is_stream(const struct invocation *invocation)
{
	const char *path = invocation_value(invocation, "-o");
	return path && !strcmp(path, "-");
}

/* From here on the standard output is the dump's alone: what others print there goes to stderr. */
static struct error *take_output(int *ret)
{
	*ret = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (*ret < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return error_os(errno, "cannot write the dump to the standard output");
	return NULL;
}

/* What is asked for, of which process. */
static struct error *prepare(struct app *app, const struct invocation *invocation, int stream,
			     struct process_info *process, struct collect_request *ret)
{
	*ret = (struct collect_request){ .to = { .fd = stream,
						 .force = invocation_has(invocation, "--force"),
						 .task = &app->task },
					 .freeze = invocation_has(invocation, "--freeze"),
					 .insist = invocation_has(invocation, "--snapshot"),
					 .task = &app->task };
	const char *path = invocation_value(invocation, "-o");
	TRY(choose_type(invocation, &ret->type));
	ret->to.smaller = smaller_than(ret->type);
	TRY(open_stall(invocation, &ret->to.stall_seconds));
	app->writer.stall_seconds = ret->to.stall_seconds;
	TRY(open_check_ways(invocation));
	TRY(packing(invocation, path, &ret->to.zstd_level));
	TRY(open_choose_process(app, invocation, process));
	if (stream < 0)
		TRY(collect_path(path, ret->to.zstd_level, &app->scratch, &path));
	ret->process = process->identity;
	ret->to.pid = process->pid;
	ret->to.stream_line = next_command_stream(invocation, process->pid, &app->scratch);
	ret->insist_line = next_command_insist(invocation, &app->scratch);
	ret->to.path = stream < 0 ? path : NULL;
	return NULL;
}

struct exception_search {
	struct app *app;
	const char *lacks; /* what of them is not in the dump; NULL: nothing */
};

static struct error *find_exceptions(void *context, struct target *target, struct arena *arena,
				     const struct region **ret, size_t *ret_count)
{
	struct exception_search *search = context;
	struct exception_memory found;
	TRY(exception_memory_find(target, &search->app->task, arena, &found));
	if (found.reason)
		app_warn(search->app, "the dump is without exceptions: %s", found.reason);
	*ret = found.pages;
	*ret_count = found.count;
	search->lacks = found.lacks;
	return NULL;
}

static struct error *collect(struct exception_search *search, struct collect_request *request,
			     const struct process_info *process, struct collect_result *result)
{
	TRY(process_reach(process));
	if (request->type == CORE_TYPE_MINI) {
		request->more = find_exceptions;
		request->more_context = search;
	}
	return collect_process(request, result);
}

static const struct column columns[] = {
	{ "path", NULL, CELL_TEXT, 0 },
	{ "pid", NULL, CELL_INTEGER, 0 },
	{ "name", NULL, CELL_TEXT, 0 },
	{ "runtime", NULL, CELL_TEXT, 0 },
	{ "core_bytes", NULL, CELL_INTEGER, 0 },
	{ "file_bytes", NULL, CELL_INTEGER, 0 },
	{ "disk_bytes", NULL, CELL_INTEGER, 0 },
	{ "memory_bytes", NULL, CELL_INTEGER, 0 },
	{ "untouched_bytes", NULL, CELL_INTEGER, 0 },
	{ "left_out_bytes", NULL, CELL_INTEGER, 0 },
	{ "withheld_bytes", NULL, CELL_INTEGER, 0 },
	{ "threads", NULL, CELL_INTEGER, 0 },
	{ "mappings", NULL, CELL_INTEGER, 0 },
	{ "snapshot", NULL, CELL_VALUE, 0 },
	{ "pause_ms", NULL, CELL_VALUE, 0 },
	{ "total_ms", NULL, CELL_VALUE, 0 },
};

static void put_milliseconds(struct output *out, double milliseconds)
{
	char number[64];
	snprintf(number, sizeof(number), "%.1f", milliseconds);
	output_digits(out, number, false);
}

static void put_written(struct output *out, const struct process_info *process,
			const struct collect_result *result)
{
	enum { MIB = 1024 * 1024 };
	const char *threads = result->threads == 1 ? "thread" : "threads";
	double core = (double)result->core_bytes / MIB, disk = (double)result->disk_bytes / MIB;
	if (strcmp(result->path, "-") != 0)
		output_line(out, "Wrote %s: %.1f MiB (%.1f MiB on disk) of process %d (%s), %u %s.",
			    result->path, core, disk, process->pid, process->name, result->threads,
			    threads);
	else if (result->file_bytes == result->core_bytes)
		output_line(out, "Wrote %.1f MiB of process %d (%s), %u %s, to stdout.", core,
			    process->pid, process->name, result->threads, threads);
	else
		output_line(out,
			    "Wrote %.1f MiB, packed to %.1f MiB, of process %d (%s), %u %s, to "
			    "stdout.",
			    core, disk, process->pid, process->name, result->threads, threads);
}

static void put_result(struct output *out, const struct process_info *process,
		       const struct collect_result *result)
{
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text(out, result->path);
	output_unsigned(out, (uint64_t)process->pid);
	output_text(out, process->name);
	output_text_or_null(out,
			    process->is_dotnet ? process_runtime_name(process->runtime) : NULL);
	output_unsigned(out, result->core_bytes);
	output_unsigned(out, result->file_bytes);
	output_unsigned(out, result->disk_bytes);
	output_unsigned(out, result->memory_bytes);
	output_unsigned(out, result->untouched_bytes);
	output_unsigned(out, result->left_out_bytes);
	output_unsigned(out, result->withheld_bytes);
	output_unsigned(out, result->threads);
	output_unsigned(out, result->mappings);
	output_bool(out, !result->frozen);
	put_milliseconds(out, result->pause_ms);
	put_milliseconds(out, result->total_ms);
	output_record_end(out);
	put_written(out, process, result);
	output_line(out, "The process stood still for %.1f ms of %.1f ms.", result->pause_ms,
		    result->total_ms);
}

/* A copy has none of those that are the file's. */
#define WITHHELD                                                                                   \
	"their file cannot be opened, or it is not certain that it still is what is mapped (it "   \
	"was written to since the process began, or the process is a fork), and the process "      \
	"would have waited for its disk (SYS_ADMIN, or CHECKPOINT_RESTORE, opens deleted files)"

/* It went through the process (/proc/PID/root, /proc/PID/cwd), which has ended since, or the file
 * was taken away. */
static void tell_lost_path(struct output *out, const char *path)
{
	if (strcmp(path, "-") != 0 && access(path, F_OK) && errno == ENOENT)
		output_note(out,
			    "%s is not there any more: moved meanwhile, or the path went through "
			    "a process that has ended; look where that folder is now.",
			    path);
}

static enum exit_status tell(struct app *app, const struct invocation *invocation,
			     const struct process_info *process,
			     const struct collect_result *result, const char *lacks)
{
	const char *reasons[8];
	struct output_coverage coverage = { .unreadable_bytes =
						    result->unreadable_bytes +
						    result->withheld_bytes + result->lost_bytes +
						    result->unknown_bytes + result->too_long_bytes,
					    .reasons = reasons };
	if (result->ended[0])
		reasons[coverage.reason_count++] = result->ended;
	else if (result->unreadable_bytes)
		reasons[coverage.reason_count++] =
			"memory that belongs in the dump could not be read";
	if (result->withheld_bytes)
		reasons[coverage.reason_count++] =
			result->frozen
				? "pages of mapped files that the process has not read are not in the dump: " WITHHELD
				: "pages of mapped files that the snapshot's copy has not are not "
				  "in the dump (--freeze has more of them): " WITHHELD;
	if (result->threads_missing)
		reasons[coverage.reason_count++] =
			"threads in an uninterruptible sleep are without registers";
	if (result->lost_bytes)
		reasons[coverage.reason_count++] =
			"memory that no copy inherits (MADV_DONTFORK, MADV_WIPEONFORK, huge pages) had no room "
			"to be copied and is not in the dump (--freeze has it)";
	if (result->unknown_bytes)
		reasons[coverage.reason_count++] =
			"memory is not in the dump where it is not known which of its pages "
			"exist (SYS_ADMIN, or CHECKPOINT_RESTORE, can ask its files; 256 at most)";
	if (result->too_long_bytes)
		reasons[coverage.reason_count++] =
			"memory that was never touched, more than 64 GiB in one run or 256 GiB in "
			"all, is not in the dump";
	if (result->moving_bytes)
		reasons[coverage.reason_count++] =
			"shared memory for whose copy there was no room is of a later moment "
			"(--freeze has it of the same)";
	if (lacks)
		reasons[coverage.reason_count++] = lacks;
	coverage.complete = !coverage.reason_count;
	output_document_begin(app->out, "collect");
	put_result(app->out, process, result);
	tell_lost_path(app->out, result->path);
	if (!process->is_dotnet)
		output_note(app->out, "It shows no sign of .NET: is it the process you meant? "
				      "(clrpod ps lists those of .NET.)");
	return app_end_document(app, "collect", &coverage,
				invocation_has(invocation, "--partial-ok"));
}

/* First of all that is said of it: it may not be the one that was meant. */
static struct error *explain(const struct process_info *process, struct error *error)
{
	if (!error || !process->name || process->is_dotnet)
		return error;
	return error_context(
		error, "process %d (%s) shows no sign of .NET (clrpod ps lists those of .NET)",
		process->pid, process->name);
}

static enum exit_status collect_run(const struct invocation *invocation)
{
	CLEANUP(app_cleanup) struct app app;
	CLEANUP(fd_cleanup) int stream = -1;
	struct process_info process = { 0 };
	struct collect_request request;
	struct collect_result result;
	struct exception_search search = { .app = &app };
	struct error *refusal = is_stream(invocation) ? take_output(&stream) : NULL;
	struct error *error = app_open(&app, invocation_format(invocation));
	app.progress.bytes = true;
	if (!error && !refusal)
		error = prepare(&app, invocation, stream, &process, &request);
	if (!error)
		error = refusal;
	if (!error && process.way == PROCESS_WAY_SOCKET)
		return collect_by_runtime(&app, invocation, &process, &request.to);
	if (!error)
		error = collect(&search, &request, &process, &result);
	enum exit_status status = exit_status_of_open(error);
	if (error)
		return app_fail(&app, "collect", explain(&process, error), status);
	progress_end(&app.progress);
	return tell(&app, invocation, &process, &result, search.lacks);
}

#define ALIASES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct option options[] = {
	{ "-p", "PID", "the process; without -p and -n the only .NET process",
	  ALIASES("--process-id") },
	{ "-n", "NAME", "the .NET process of this name", ALIASES("--name") },
	{ "-o", "FILE",
	  "the dump; a folder: core_DATE_TIME in it; without it in the current one; -: to stdout",
	  ALIASES("--output") },
	{ "--zstd", "[=LEVEL]",
	  "pack it, 1 (fastest, the default) to 19; also when FILE ends in .zst", NULL },
	{ "--type", "Full|Heap|Mini",
	  "Full (the default): all memory; Heap: without code of files; Mini: without the heap but what threads threw or are handling",
	  NULL },
	{ "--freeze", NULL, "no snapshot: the process stands still until it is written", NULL },
	{ "--snapshot", NULL,
	  "insist on a snapshot, although a seccomp filter or a memory limit of the process cannot be seen through",
	  NULL },
	{ "--stall", "SECONDS",
	  "let the process go, with status 5, when whoever reads -o - takes no byte for so long (60; 0: never)",
	  NULL },
	{ "--force", NULL,
	  "overwrite FILE; write although space gets short, or a limit of the pod that cannot be seen may get it evicted",
	  NULL },
	{ "--json", NULL, "a JSON document", NULL },
	{ "--jsonl", NULL, "the same, as JSON lines", NULL },
	{ "--partial-ok", NULL, "exit status 0 for an incomplete dump", NULL },
	{ 0 },
};

static const struct option refused[] = {
	{ "--diag", NULL, "leave it out", NULL },
	{ "--crashreport", NULL, "leave it out", NULL },
	{ "--diagnostic-port", NULL, "use -p", ALIASES("--dport") },
	{ 0 },
};

static const char *const examples[] = { "clrpod collect", "clrpod collect -p 1 -o api.core", NULL };

const struct verb verb_collect = {
	.name = "collect",
	.summary = "write a dump of a live process",
	.usage =
		"collect [-p PID | -n NAME] [-o FILE] [--type Full|Heap|Mini] [--zstd[=LEVEL]] [--freeze | --snapshot]\n"
		"        [--stall SECONDS] [--force] [--json | --jsonl] [--partial-ok]",
	.description =
		"Writes a core file that clrpod, dotnet-dump, ClrMD, lldb and gdb open. The process\n"
		"stands still for some milliseconds (25 to 40 for each GiB that it has in memory, and up\n"
		"to 0.05 for each thread; the answer tells how long), in which\n"
		"one of its threads makes a copy-on-write copy of it for us (clone); the file is written\n"
		"from the copy, while the process runs on. What it writes meanwhile counts against its\n"
		"memory limit: without enough room there is no snapshot, and it is dropped before\n"
		"memory runs out (status 5). With --freeze nothing runs in the process, and it stands\n"
		"still until everything is written. Either way it goes on, too, when clrpod is killed.\n"
		"Where its memory is closed to clrpod, its runtime is asked for the dump (createdump, in its\n"
		"name and with lines in its output), and it stands still until that is written;\n"
		"--snapshot and --freeze refuse that.\n"
		"FILE.partial becomes FILE when it is whole; where -o names a folder, FILE is\n"
		"core_DATE_TIME in it. When the reader of -o - takes no byte for --stall seconds (kubectl\n"
		"was cut off, a laptop closed), or clrpod is told to stop, the copy is dropped and the\n"
		"process let go. SIGTERM and SIGHUP end it with status 5 when they keep a part of use as\n"
		"FILE.partial, which then is there until you rename or remove it, or --force replaces it,\n"
		"else with 143; SIGINT with 130, and keeps nothing.\n"
		"In a pod, a file counts against limits that only the pod's spec has (an emptyDir's\n"
		"sizeLimit, limits.ephemeral-storage), and above them the pod is evicted, with the\n"
		"file: more than 32 MiB is not written there without --force. -o - goes past them.",
	.options = options,
	.refused = refused,
	.examples = examples,
	.run = collect_run,
};
