/*
 * Commands that come from somewhere else than the prompt: -c, -x and a redirected stdin. A script
 * has a command a line; `#` at the start of a word begins a comment. It stops at the first command
 * that fails, unless told to keep going; an incomplete answer, or one that reports damage, is no
 * failure.
 */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include "cli/app.h"

struct script {
	struct app *app;
	bool keep_going;
	enum exit_status status; /* the worst so far */
};

/* Is there a reason not to go on: a failure, a signal, `exit`, an output without a reader? */
bool script_ended(const struct script *script);

/* One line, or several with newlines between them. */
void script_line(struct script *script, const char *line);
void script_stream(struct script *script, int fd);
/* A file that cannot be read ends the script with bad usage. */
void script_file(struct script *script, const char *path);

#endif
