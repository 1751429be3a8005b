/* diff A B: opens both, the first as A, and runs the command diff over them. */
#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/open.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "commands/interpreter/session.h"

static bool is_process(const struct given *given)
{
	return given->option &&
	       (!strcmp(given->option->name, "-p") || !strcmp(given->option->name, "-n"));
}

/* A command that is given no heap says so of the last one only. */
static struct error *check_runtime(const struct app *app)
{
	const struct error *reason = session_heap_error(app->session);
	return reason ? error_new(reason->code, "%s: %s", session_name(app->session),
				  reason->message)
		      : NULL;
}

/* In the order of the command line; one of the two may be a process. */
static struct error *open_both(struct app *app, const struct invocation *invocation)
{
	size_t dumps = 0, processes = 0;
	for (size_t i = 0; i < invocation->count; i++) {
		dumps += !invocation->given[i].option;
		processes += is_process(&invocation->given[i]);
	}
	if (dumps + processes != 2)
		return error_new(ERROR_USAGE, "diff compares two: diff A B, or diff -p PID B");
	if (!processes)
		TRY(open_check_no_process(invocation));
	for (size_t i = 0; i < invocation->count; i++) {
		const struct given *given = &invocation->given[i];
		if (given->option && !is_process(given))
			continue;
		TRY(open_one(app, invocation, given->option ? NULL : given->text));
		TRY(check_runtime(app));
	}
	return NULL;
}

/* The options that are the command's own, as it takes them. */
static struct error *command_line(const struct invocation *invocation, struct text *ret)
{
	static const char *const names[] = { "-all", "-type", "-limit" };
	text_append(ret, "diff");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *value = invocation_value(invocation, names[i]);
		if (!value)
			continue;
		text_printf(ret, " %s", names[i]);
		if (!*value)
			continue;
		if (strchr(value, '\'') || strchr(value, '\n'))
			return error_new(ERROR_USAGE, "%s: there is a quote in \"%s\"", names[i],
					 value);
		text_printf(ret, " '%s'", value);
	}
	return text_failed(ret) ? &error_no_memory : NULL;
}

static enum exit_status diff_run(const struct invocation *invocation)
{
	CLEANUP(app_cleanup) struct app app;
	struct text line = { 0 };
	struct error *error = app_open(&app, invocation_format(invocation));
	if (!error)
		error = command_line(invocation, &line);
	if (!error)
		error = open_both(&app, invocation);
	enum exit_status status;
	if (error)
		status = app_fail(&app, "diff", error, exit_status_of_open(error));
	else
		status = app_run_command(&app, text_string(&line));
	text_deinit(&line);
	if (status == STATUS_INCOMPLETE && invocation_has(invocation, "--partial-ok"))
		return STATUS_WHOLE;
	return status;
}

#define ALIASES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct option options[] = {
	{ "-p", "PID", "a live process as one of the two: a snapshot of it",
	  ALIASES("--process-id") },
	{ "-n", "NAME", "the .NET process of this name as one of the two", ALIASES("--name") },
	{ "--snapshot", NULL,
	  "insist on a snapshot, although a seccomp filter or a memory limit of the process cannot be seen through",
	  NULL },
	{ "--stall", "SECONDS",
	  "let the process go, with status 5, when whoever reads the answer takes no byte of it for so long (60; 0: never)",
	  NULL },
	{ "-all", NULL, "also the types that have not changed", ALIASES("--all") },
	{ "-type", "TEXT", "only types whose name contains TEXT (case-sensitive)",
	  ALIASES("--type") },
	{ "-limit", "NUMBER", "at most NUMBER types, those that changed most", ALIASES("--limit") },
	{ "--json", NULL, "a JSON document", NULL },
	{ "--jsonl", NULL, "JSON lines: a type a line, then the rest of the document", NULL },
	{ "--threads", "NUMBER",
	  "walk heaps with so many threads (all that the cgroup has time for; of its half beside a "
	  "live process)",
	  NULL },
	{ "--sysroot", "DIR", "look for the files of modules below DIR first", NULL },
	{ "--partial-ok", NULL, "exit status 0 for an incomplete answer", NULL },
	{ 0 },
};

static const char *const examples[] = {
	"clrpod diff monday.core friday.core",
	"clrpod diff monday.core -p 1 --limit 20",
	NULL,
};

const struct verb verb_diff = {
	.name = "diff",
	.summary = "compare two heaps by type: dumps, or a dump and a process",
	.usage = "diff A B | -p PID B | A -p PID\n"
		 "        [-all] [-type TEXT] [-limit NUMBER] [--json | --jsonl]\n"
		 "        [--snapshot] [--stall SECONDS] [--sysroot DIR] [--threads NUMBER] "
		 "[--partial-ok]",
	.description =
		"Counts and sizes of each type in A and in B, and how much more B has, the largest\n"
		"change of size first. Types are joined by name and assembly: the two may be of\n"
		"different processes and runtimes. There is no address in the answer, so that two\n"
		"answers can be compared as text. When one could not be read whole the status is 5,\n"
		"and the answer says which.",
	.options = options,
	.max_positionals = 2,
	.examples = examples,
	.run = diff_run,
};
