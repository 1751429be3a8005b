/* dumpobj -expand N: the objects that an object leads to, N levels deep, as dumpobj shows them. */
#ifndef COMMANDS_SHARED_OBJECT_EXPAND_H
#define COMMANDS_SHARED_OBJECT_EXPAND_H

#include "commands/command.h"

/* Says so when LIMIT_EXPANDED_OBJECTS or an array's LIMIT_EXPANDED_ELEMENTS cut the answer. */
MUST_CHECK struct error *object_expand_print(struct command_call *call, uint64_t address,
					     uint64_t levels);

#endif
