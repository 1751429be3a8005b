/*
 * Running a command line: find the command, check the line against its table and what the command
 * needs against the session, open the document, run, close the document with the outcome.
 */
#ifndef COMMANDS_INTERPRETER_RUN_H
#define COMMANDS_INTERPRETER_RUN_H

#include "commands/command.h"

struct command_runner {
	struct session *session;
	struct output *out;
	struct arena *scratch; /* reset by each run; its budget is the session's */
	const struct task *task;
};

struct command_outcome {
	struct error *error; /* owned by the caller; NULL: the command did what it was asked */
	bool incomplete;     /* something could not be read: see the answer */
	bool check_false;    /* something is not as it has to be: see the answer */
	bool no_target;      /* the error: there is nothing open, or no .NET runtime in it */
};

/* What is to be run: a line of one command, in which leading "sos" and "ext" are dropped, as in
 * dotnet-dump, and "COMMAND --help" is "help COMMAND"; or its words, which are split already and
 * taken as they are. */
struct command_request {
	const char *line;         /* also what the document calls it */
	const char *const *words; /* the command's name first; NULL: those of `line` */
	size_t word_count;
};

/* A failure to write the answer (full disk, closed pipe) is an error of code ERROR_OS too. A
 * command that read the target is cancelled whenever the task is told to stop before it ends: what
 * it did not find may be there. */
void command_run(const struct command_runner *runner, const struct command_request *request,
		 struct command_outcome *ret);
void command_run_line(const struct command_runner *runner, const char *line,
		      struct command_outcome *ret);

/* Is the request understood: is there such a command, with such options and as many words? Looks at
 * nothing that is open. ERROR_USAGE, as command_run() ends with it. */
MUST_CHECK struct error *command_check(const struct command_request *request,
				       struct arena *scratch);

/* The word that names the command of `line`, after "sos" and "ext"; *ret_length 0: there is none.
 */
const char *command_word(const char *line, size_t *ret_length);
/* The command that it names; NULL: there is no such one. */
const struct command *command_of_line(const char *line);

#endif
