/*
 * What every verb shares: the output, the task that signals stop and that draws progress, and how a
 * failure is reported: on stderr, or with --json as a document on stdout.
 */
#ifndef CLI_APP_H
#define CLI_APP_H

#include "attach/process_identity.h"
#include "base/memory_budget.h"
#include "base/patient_writer.h"
#include "base/task.h"
#include "cli/exit_status.h"
#include "cli/hold.h"
#include "cli/progress.h"
#include "commands/interpreter/run.h"

/* A process in the session, and how it is taken. */
enum open_way { OPEN_SNAPSHOT, OPEN_FROZEN, OPEN_RUNNING };
struct open_process {
	struct process_identity identity; /* .pid 0: none */
	enum open_way way;
	unsigned hold_seconds;   /* 0: as long as the session */
	bool insist;             /* snapshot_request.insist */
	const char *insist_line; /* snapshot_request.insist_line */
};

struct app {
	enum output_format format;
	struct patient_writer writer; /* the standard output; while a process is held, --stall's */
	FILE *answers;                /* over it */
	struct output *out;           /* over that */
	struct session *session;      /* nothing open in it until a verb opens something */
	struct memory_budget budget;  /* the session's; no limit until something is opened */
	struct arena scratch;
	uint64_t data_limit_bytes; /* of our own data (cli/own_memory.h); 0: none of ours */
	struct progress progress;
	struct task task;
	struct open_process process;
	struct hold hold;   /* of a stopped process */
	const char *script; /* the file of the line that runs, for messages; NULL: none */
	size_t script_line; /* its number, from 1 */
	bool interactive;   /* at the prompt */
	bool pages;         /* there, an answer longer than the terminal waits at each screenful */
	bool broken;        /* answers have no reader any more */
	enum exit_status log_status; /* of logs that could not be written */
};

/* ERROR_NO_MEMORY only; *app is to be closed in any case. It must not move. */
MUST_CHECK struct error *app_open(struct app *app, enum output_format format);
void app_cleanup(struct app *app);

/* Reports `error` of `command`, before any document was begun; frees it. Answers `status`. */
enum exit_status app_fail(struct app *app, const char *command, struct error *error,
			  enum exit_status status);

/* Ends the document of `verb` that was begun on app->out, and the output. A coverage that is not
 * whole is STATUS_INCOMPLETE, but with `partial_ok`; an output that failed is reported. */
enum exit_status app_end_document(struct app *app, const char *verb,
				  const struct output_coverage *coverage, bool partial_ok);

/* Something to say that is neither answer nor failure, on stderr; not said when it is not taken
 * there within a second. */
void app_warn(const struct app *app, const char *format, ...) PRINTF_LIKE(2, 3);

/* Runs one command of the interpreter, and what follows it after |>; reports its failure. */
enum exit_status app_run_command(struct app *app, const char *line);
/* The same of a command whose words are split already, its name first: no filters follow. */
enum exit_status app_run_words(struct app *app, const char *const *words, size_t count);

#endif
