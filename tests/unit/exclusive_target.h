/* A target over another one that only one thread at a time may read, and that says whether two did.
 */
#ifndef TESTS_UNIT_EXCLUSIVE_TARGET_H
#define TESTS_UNIT_EXCLUSIVE_TARGET_H

#include "attach/target/target.h"

struct exclusive_target {
	struct target base;
	unsigned inside, reads;
	bool met; /* two threads were in it at a time */
};

/* `lower` is borrowed; there is nothing to be closed. */
void exclusive_target_init(struct exclusive_target *exclusive, struct target *lower);

#endif
