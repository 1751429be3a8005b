/* The object that a command is about: its first word. */
#ifndef COMMANDS_SHARED_OBJECT_ARGUMENT_H
#define COMMANDS_SHARED_OBJECT_ARGUMENT_H

#include "commands/command.h"

/* By its address, or by a path as get takes it. ERROR_USAGE names `what` when the word is missing,
 * or no object. */
MUST_CHECK struct error *object_argument(struct command_call *call, const char *what,
					 uint64_t *ret_address);

#endif
