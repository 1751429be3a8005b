/*
 * The line that says how a command is given, from its table: its name, its options, its words.
 */
#ifndef COMMANDS_INTERPRETER_USAGE_H
#define COMMANDS_INTERPRETER_USAGE_H

#include "base/text.h"
#include "commands/command.h"

/* Appends the table's own line; without one "dumpmt [-md] MT": options in the order of the table,
 * but those that are accepted for SOS's sake alone, then words; what may be left out in brackets.
 */
void usage_append(struct text *to, const struct command *command);

#endif
