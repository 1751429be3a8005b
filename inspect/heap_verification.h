/* Every object of the heap, and where its references lead. */
#ifndef INSPECT_HEAP_VERIFICATION_H
#define INSPECT_HEAP_VERIFICATION_H

#include "heap/gc/object_verify.h"
#include "inspect/question.h"

/* What was found, by kind. */
struct verify_count {
	uint64_t damaged; /* makes the check false */
	/* These make the answer incomplete. */
	uint64_t unreadable;            /* objects */
	uint64_t unreadable_references; /* lead to where nothing can be read */
};
void verify_count_add(struct verify_count *count, const struct corruption *corruption);

struct heap_verification {
	uint64_t objects; /* verified */
	struct verify_count count;
};

/* Walks on all threads; the visitor is given what is wrong, in the order of the heap's spans, on
 * the caller's thread. What cannot be read is missing from the question's answer. *ret begins
 * zeroed. The visitor's errors, ERROR_NO_MEMORY and ERROR_CANCELLED. */
MUST_CHECK struct error *heap_verify(const struct question *question, corruption_visitor visit,
				     void *context, struct heap_verification *ret);

#endif
