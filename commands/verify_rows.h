/* What verifyheap and verifyobj say of a damaged object. */
#ifndef COMMANDS_VERIFY_ROWS_H
#define COMMANDS_VERIFY_ROWS_H

#include "heap/gc/object_verify.h"

#include "base/arena.h"

/* One sentence, in the arena; never NULL. */
const char *corruption_message(const struct corruption *corruption, struct arena *scratch);

#endif
