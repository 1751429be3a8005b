/*
 * The prompt, on a terminal: line editing and history by libedit, completion from the tables and
 * the types of what is open. Ctrl-C cancels the running command or the line; Ctrl-D
 * and `exit` leave.
 */
#ifndef CLI_REPL_H
#define CLI_REPL_H

#include "cli/script.h"

/* Until it is left. The status of what ran at the prompt does not count: a person saw it. */
void repl_run(struct app *app);

#endif
