/*
 * How much memory a session may take for what grows with the target, beside what the program needs
 * anyway. Code that is about to build something large asks first, and gives back what it frees; a
 * refusal is a sentence, while there is still memory to say it. The maker of the budget says what
 * there is to take (cli/own_memory.h, by attach/memory_guard.h); nothing is allocated here. Taking,
 * giving back and asking are safe from several threads at once. A NULL budget has no limit.
 */
#ifndef BASE_MEMORY_BUDGET_H
#define BASE_MEMORY_BUDGET_H

#include "base/error.h"

#include <stdatomic.h>

struct memory_budget {
	_Atomic uint64_t limit_bytes, taken_bytes;
	const char *_Atomic source; /* borrowed: what leaves these bytes, "this machine" */
};

void memory_budget_init(struct memory_budget *budget, uint64_t limit_bytes, const char *source);

/* Lowers the limit; does nothing where it is lower already. What was taken stays taken. Like
 * memory_budget_init() it is called before other threads use the budget: the limit and its source
 * are two values. */
void memory_budget_narrow(struct memory_budget *budget, uint64_t limit_bytes, const char *source);

/* Takes bytes for `what` ("the numbers of all objects"). ERROR_NO_MEMORY, naming it, how much was
 * asked for and what there is; then nothing is taken. */
MUST_CHECK struct error *memory_budget_take(struct memory_budget *budget, uint64_t bytes,
					    const char *what);

/* The error of memory_budget_take(), for bytes that were refused elsewhere. */
MUST_CHECK struct error *memory_budget_refusal(const struct memory_budget *budget, uint64_t bytes,
					       const char *what);

/* The same without a sentence: false, and nothing is taken. */
MUST_CHECK bool memory_budget_try(struct memory_budget *budget, uint64_t bytes);

/* Gives back what was taken. */
void memory_budget_give(struct memory_budget *budget, uint64_t bytes);

uint64_t memory_budget_taken(const struct memory_budget *budget);

/* What can still be taken; UINT64_MAX without a limit. */
uint64_t memory_budget_left(const struct memory_budget *budget);

#endif
