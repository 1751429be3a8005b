/* Why a dump was taken: the thread that a signal stopped, and what it threw. */
#ifndef INSPECT_CRASH_H
#define INSPECT_CRASH_H

#include "heap/values/exception.h"
#include "inspect/exception_view.h"

struct crash {
	int tid, signal; /* the first thread with a signal of a crash: not one that a
			  * debugger or a dump tool stopped */
	uint64_t thrown; /* an exception: it threw that last, or is handling it; 0: none */
	struct exception exception; /* that; zeroed: none; .type NULL: its object cannot be read */
	struct view_string message; /* of it */
};

/* ERROR_NOT_FOUND when no thread was stopped by a signal. An exception that cannot be found is
 * counted with question_missing(). Where the exception is found and cannot be read, *ret has all
 * but that exception when the error is returned. */
MUST_CHECK struct error *crash_find(const struct question *question, struct crash *ret);

#endif
