/*
 * What follows a command, at the prompt, in -c and in scripts: COMMAND |> FILTER |> … |> FILE.
 * ` |> ` counts outside quotes; a plain | or > belongs to the command. A file is made with mode
 * 0600 and not overwritten: |>> FILE adds to it, |> -f FILE overwrites it. Filters work on lines of
 * text: with --json only a file may follow.
 *
 * A pipeline is also between an answer and a terminal, for its pager and log (screen.h).
 */
#ifndef CLI_PIPELINE_H
#define CLI_PIPELINE_H

#include "base/patient_writer.h"
#include "cli/screen.h"

struct app;

struct pipeline {
	struct app *app;
	struct arena arena;
	const char *command; /* the line before the first |> */
	struct output *out;  /* for the command: app->out when nothing is between */
	FILE *stream;        /* out's, then; NULL: as above */
	struct filter *first;
	struct screen *screen; /* the last of them */
	FILE *file;
	int fd;                       /* of `file`; -1: none */
	struct patient_writer writer; /* between them */
	char *path;                   /* of `file` */
	bool created;                 /* `file` was not there */
	bool adds;                    /* |>>: what is in `file` stays */
	bool any;                     /* something was written to the stream */
	struct text begun;            /* a line that has no end yet */
	struct line_parser parser;    /* of the first filter's lines */
	struct error *error;          /* of a filter or the screen */
};

/* The first " |> " of the line that is outside quotes; NULL: there is none. */
const char *pipeline_mark(const char *line);

/* `line` may be "": nothing follows a command that the caller has. ERROR_USAGE for what is not
 * understood, ERROR_OS for a file. *ret is to be closed in any case. */
MUST_CHECK struct error *pipeline_open(struct app *app, const char *line, struct pipeline *ret);
void pipeline_cleanup(struct pipeline *pipeline);

/* The command has ended, with `error` or NULL: what the filters hold is passed on, the file closed.
 * Answers the error to report: a failure here (*ret_is_ours), or `error`, of an answer that broke
 * off; NULL also when the command was stopped because enough was shown. */
MUST_CHECK struct error *pipeline_end(struct pipeline *pipeline, struct error *error,
				      bool *ret_is_ours);

#endif
