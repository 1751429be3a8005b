/*
 * What a command is about (struct subject of its table): its name among the words of a line, and
 * the search for it before the command runs.
 */
#ifndef COMMANDS_INTERPRETER_SUBJECT_H
#define COMMANDS_INTERPRETER_SUBJECT_H

#include "commands/command.h"

/* How many words the command takes, its subject first; what its table calls each: "ADDRESS|PATH",
 * NULL past the last; may it be left out (a table has these in brackets: "[END]"). */
size_t command_word_count(const struct command *command);
const char *command_word_name(const struct command *command, size_t index);
bool command_word_optional(const struct command *command, size_t index);

/* Finds the subject by the first word of call->arguments, and puts it into call->subject. A path
 * needs a heap: without NEEDS_HEAP it is the one that is there. ERROR_USAGE names a word that is
 * missing, or is no address; else the errors of what is read. */
MUST_CHECK struct error *subject_find(const struct command *command, struct command_call *call);

#endif
