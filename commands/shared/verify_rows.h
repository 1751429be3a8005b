/* What verifyheap and verifyobj say of a damaged object, and how it counts. */
#ifndef COMMANDS_SHARED_VERIFY_ROWS_H
#define COMMANDS_SHARED_VERIFY_ROWS_H

#include "heap/gc/object_verify.h"

#include "base/arena.h"
#include "commands/command.h"

/* One sentence, in the arena; never NULL. */
const char *corruption_message(const struct corruption *corruption, struct arena *scratch);

/* What was found, by kind. */
struct verify_count {
	uint64_t damaged; /* makes the check false */
	/* These make the answer incomplete. */
	uint64_t unreadable;            /* objects */
	uint64_t unreadable_references; /* lead to where nothing can be read */
};
void verify_count_add(struct verify_count *count, const struct corruption *corruption);
/* Reports to the call: damage is exit status 4, what could not be read status 5. */
void verify_count_tell(struct command_call *call, const struct verify_count *count);

#endif
