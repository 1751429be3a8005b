#include "cli/analyze.h"

#include "attach/process_state.h"
#include "attach/snapshot.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/open.h"
#include "cli/options.h"
#include "cli/repl.h"
#include "cli/say.h"
#include "cli/script.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "commands/interpreter/session.h"

#include <unistd.h>

static void say_how_long(const struct app *app)
{
	char time[32];
	text_of_seconds(app->process.hold_seconds, time, sizeof(time));
	if (app->process.hold_seconds)
		say(stderr,
		    "The process stands still until you leave, and no longer than %s (--hold) but "
		    "for a command that runs.",
		    time);
	else
		say(stderr, "The process stands still until you leave.");
}

static void greet(const struct app *app)
{
	char time[32];
	const struct error *reason = session_heap_error(app->session);
	if (reason)
		app_warn(app, "%s: %s", session_name(app->session), reason->message);
	say(stderr, "Opened %s. 'help' lists the commands, 'exit' leaves.",
	    session_name(app->session));
	if (app->process.identity.pid && app->process.way == OPEN_FROZEN)
		say_how_long(app);
	struct snapshot *snapshot = open_snapshot(app);
	if (!snapshot)
		return;
	say(stderr,
	    "A snapshot: the process stood still for %.1f ms and runs on. What it writes costs memory",
	    snapshot_record(snapshot)->pause_ms);
	say(stderr, "(the prompt says how much); 'refresh' takes a new one.");
	text_of_seconds(app->process.hold_seconds, time, sizeof(time));
	if (app->process.hold_seconds)
		say(stderr, "After %s (--hold) it is dropped.", time);
}

/* -c and -x in their order. Answers whether there were any. */
static bool run_given(struct script *script, const struct invocation *invocation)
{
	bool any = false;
	for (size_t i = 0; i < invocation->count; i++) {
		const struct given *given = &invocation->given[i];
		bool command = given->option && !strcmp(given->option->name, "-c");
		bool file = given->option && !strcmp(given->option->name, "-x");
		any |= command || file;
		if (script_ended(script))
			continue;
		if (command)
			script_line(script, given->text);
		else if (file)
			script_file(script, given->text);
	}
	return any;
}

enum exit_status analyze_status(const struct app *app, const struct invocation *invocation,
				enum exit_status status)
{
	if (signals_received())
		return signals_status();
	status = exit_status_worse(status, app->log_status);
	bool whole_enough = invocation_has(invocation, "--partial-ok");
	return status == STATUS_INCOMPLETE && whole_enough ? STATUS_WHOLE : status;
}

static enum exit_status run_session(struct app *app, const struct invocation *invocation)
{
	struct script script = { .app = app,
				 .keep_going = invocation_has(invocation, "--keep-going") };
	bool given = run_given(&script, invocation);
	bool stay = !given || invocation_has(invocation, "-i");
	if (stay && isatty(STDIN_FILENO) && !session_exit_requested(app->session)) {
		greet(app);
		app->pages = !invocation_has(invocation, "--no-pager");
		repl_run(app);
		return STATUS_WHOLE;
	}
	if (stay)
		script_stream(&script, STDIN_FILENO);
	return analyze_status(app, invocation, script.status);
}

/* --no-stop: does it really run while it is read? */
static void tell_no_stop(struct app *app)
{
	static const char *const stands[] = {
		[PROCESS_STOPPED] = "is stopped by job control",
		[PROCESS_TRACED] = "is traced by another process, which may hold it",
		[PROCESS_FROZEN] = "is frozen with its control group",
		[PROCESS_ASLEEP] = "is in an uninterruptible sleep, with all of its threads",
		[PROCESS_DUMPING] = "has crashed, and its core is being written",
		[PROCESS_ENDED] = NULL,
	};
	struct process_state state;
	int pid = app->process.identity.pid;
	struct error *error = process_state_read(pid, &app->scratch, &state);
	const char *how = error ? NULL : stands[state.activity];
	error_free(error);
	if (how)
		app_warn(app,
			 "process %d %s: answers are of one moment for as long as it stands still, "
			 "and may be torn should it run meanwhile",
			 pid, how);
	else
		app_warn(app,
			 "process %d runs while it is read: answers may be torn, of "
			 "different moments or wrong",
			 pid);
}

struct error *analyze_open(struct app *app, const struct invocation *invocation)
{
	TRY(open_session(app, invocation));
	progress_end(&app->progress);
	if (app->process.way == OPEN_RUNNING)
		tell_no_stop(app);
	return NULL;
}

static enum exit_status analyze_run(const struct invocation *invocation)
{
	CLEANUP(app_cleanup) struct app app;
	struct error *error = app_open(&app, invocation_format(invocation));
	if (!error)
		error = analyze_open(&app, invocation);
	if (error)
		return app_fail(&app, "analyze", error, exit_status_of_open(error));
	return run_session(&app, invocation);
}

#define ALIASES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct option options[] = {
	{ "-p", "PID",
	  "a live process: a snapshot of it, while it runs on; without DUMP, -p and -n the only .NET process",
	  ALIASES("--process-id") },
	{ "-n", "NAME", "the .NET process of this name", ALIASES("--name") },
	{ "--freeze", NULL,
	  "no snapshot: the process stands still as long as it is open, or --hold", NULL },
	{ "--no-stop", NULL, "neither: read it as it runs; answers may be torn", NULL },
	{ "--snapshot", NULL,
	  "insist on a snapshot, although a seccomp filter or a memory limit of the process cannot be seen through",
	  NULL },
	{ "--hold", "MINUTES",
	  "drop the snapshot, or let the process go that --freeze stopped, after so long (10; 0: never)",
	  NULL },
	{ "--stall", "SECONDS",
	  "let the process go, with status 5, when whoever reads an answer takes no byte of it for so long (60; 0: never)",
	  NULL },
	{ "-c", "COMMAND", "run a command and leave; may be given several times",
	  ALIASES("--command") },
	{ "-x", "SCRIPT", "run the commands in a file (- is stdin) and leave",
	  ALIASES("--script") },
	{ "-i", NULL, "stay at the prompt after -c and -x", ALIASES("--interactive") },
	{ "--json", NULL, "a JSON document for each command", NULL },
	{ "--jsonl", NULL, "JSON lines: a row a line, then the rest of the document", NULL },
	{ "--threads", "NUMBER",
	  "walk heaps with so many threads (all that the cgroup has time for; of its half beside a "
	  "live process)",
	  NULL },
	{ "--sysroot", "DIR", "look for the files of modules below DIR first", NULL },
	{ "--keep-going", NULL, "do not stop at the first command that fails", NULL },
	{ "--no-pager", NULL, "at the prompt, a long answer does not wait at each screenful",
	  NULL },
	{ "--partial-ok", NULL, "exit status 0 for an incomplete answer", NULL },
	{ 0 },
};

static const char *const examples[] = {
	"clrpod analyze api.core",
	"clrpod analyze api.core -c 'dumpheap -stat'",
	"clrpod analyze -p 1 --json -c 'get Gateway.Instance.Policies[\"payments\"].EnableFallback'",
	NULL,
};

const struct verb verb_analyze = {
	.name = "analyze",
	.summary = "look inside a dump or a live process",
	.usage = "analyze [DUMP | -p PID | -n NAME] [-c COMMAND]... [-x SCRIPT]... [-i]\n"
		 "        [--freeze | --no-stop | --snapshot] [--hold MINUTES] [--stall SECONDS]\n"
		 "        [--json | --jsonl] [--sysroot DIR] [--threads NUMBER] [--keep-going]\n"
		 "        [--partial-ok] [--no-pager]",
	.description =
		"Opens a core file (also one packed as .zst or .gz) or a live process, without either\n"
		"the only .NET process that there is, and answers commands: those of -c and -x in\n"
		"their order, else those on stdin, at a prompt when that is a terminal. In a script #\n"
		"begins a comment. A live process is looked at as a snapshot, for which it stands still\n"
		"for some milliseconds: see collect. What it writes afterwards costs memory of its own\n"
		"limit, as the prompt tells; the snapshot is dropped before memory runs out, and after\n"
		"--hold minutes; refresh takes a new one. With --freeze the process is let go after\n"
		"--hold minutes, between two commands or while words are waited for; then refresh stops\n"
		"it again. When nobody takes the rest of an answer for --stall seconds, the process is\n"
		"let go, frozen or not.",
	.options = options,
	.repeated = (const char *const[]){ "-c", "-x", NULL },
	.max_positionals = 1,
	.examples = examples,
	.run = analyze_run,
};
