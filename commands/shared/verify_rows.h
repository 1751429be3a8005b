/* What verifyheap and verifyobj say of a damaged object, and how it counts. */
#ifndef COMMANDS_SHARED_VERIFY_ROWS_H
#define COMMANDS_SHARED_VERIFY_ROWS_H

#include "base/arena.h"
#include "commands/command.h"
#include "inspect/heap_verification.h"

/* One sentence, in the arena; never NULL. */
const char *corruption_message(const struct corruption *corruption, struct arena *scratch);

/* Reports to the call: damage is exit status 4, what could not be read status 5. */
void verify_count_tell(struct command_call *call, const struct verify_count *count);

#endif
