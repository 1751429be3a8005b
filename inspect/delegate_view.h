/* What a delegate calls: dumpdelegate. */
#ifndef INSPECT_DELEGATE_VIEW_H
#define INSPECT_DELEGATE_VIEW_H

#include "heap/types/type.h"
#include "inspect/question.h"

/* A delegate of one method: an object and what is called on it. */
struct delegate_call {
	uint64_t delegate;
	uint64_t target;                /* the object; 0: none */
	const struct type *target_type; /* NULL: unknown */
	uint64_t method;                /* MethodDesc; 0: unknown */
	const char *method_name;        /* in scratch; NULL: unknown */
};

/* ERROR_BAD_DATA when the object is no delegate, ERROR_FAULT when that cannot be read. */
MUST_CHECK struct error *delegate_check(const struct question *question, uint64_t delegate);

typedef struct error *(*delegate_visitor)(const struct delegate_call *call, void *context);

/* Visits what the delegate calls, in this order: itself, or of a multicast delegate at most
 * LIMIT_INVOCATIONS of its list. ERROR_FAULT when its target cannot be read; the visitor's errors.
 * What else cannot be read is counted with question_missing(). */
MUST_CHECK struct error *delegate_visit(const struct question *question, uint64_t delegate,
					delegate_visitor visit, void *context);

#endif
