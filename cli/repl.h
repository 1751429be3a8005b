/*
 * The prompt, on a terminal: line editing and a history of this session by libedit (nothing is
 * read from or written to a home folder). Ctrl-C cancels the running command or the line; Ctrl-D
 * and `exit` leave.
 */
#ifndef CLI_REPL_H
#define CLI_REPL_H

#include "cli/script.h"

/* Until it is left. The status of what ran at the prompt does not count: a person saw it. */
void repl_run(struct app *app);

#endif
