/*
 * Types without names: why, and what would name them. Said once a command.
 */
#ifndef COMMANDS_INTERPRETER_UNNAMED_H
#define COMMANDS_INTERPRETER_UNNAMED_H

#include "commands/command.h"

/* When the command met a type whose name could not be read, the answer is not whole: which modules'
 * files are missing, the command line that takes them, and which files were refused. */
void unnamed_explain(struct command_call *call);

#endif
