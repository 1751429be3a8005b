/* dumpheap's last table: large free blocks that an object follows. */
#ifndef COMMANDS_SHARED_DUMPHEAP_FRAGMENTATION_H
#define COMMANDS_SHARED_DUMPHEAP_FRAGMENTATION_H

#include "commands/command.h"
#include "inspect/fragmentation.h"

/* Nothing when there are none. */
void fragmentation_print(struct command_call *call, const struct fragmentation *fragmentation);

#endif
