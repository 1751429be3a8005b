/*
 * Ends a walk along a chain that leads back into itself, without memory: one node is kept, for
 * twice as long each time (R. P. Brent, "An improved Monte Carlo factorization algorithm", BIT 20,
 * 1980, section 2). A cycle of n nodes is found within 3 n steps from its first node.
 */
#ifndef BASE_CHAIN_GUARD_H
#define BASE_CHAIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: before the first node. */
struct chain_guard {
	uint64_t mark, steps, next_mark;
};

/* The next node of the chain. false: it was there before. */
static inline bool chain_guard_pass(struct chain_guard *guard, uint64_t node)
{
	if (guard->steps && node == guard->mark)
		return false;
	if (guard->steps++ == guard->next_mark) {
		guard->mark = node;
		guard->next_mark = guard->steps * 2;
	}
	return true;
}

#endif
