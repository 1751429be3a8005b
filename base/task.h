/*
 * What a long loop owes its user: it can be stopped, and it says how far it is. Passed down from
 * cli/, which alone sets the stop flag (from a signal) and draws the progress. A zeroed task never
 * stops and is silent: tests use that.
 */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include "base/error.h"

#include <signal.h>

struct task {
	const volatile sig_atomic_t *stop; /* the signal's number; NULL: cannot be stopped */
	volatile sig_atomic_t *heard;      /* becomes 1 when `stop` was seen to be set; or NULL */
	uint64_t deadline_ns;              /* CLOCK_MONOTONIC; 0: none */
	/* Called from time to time, never from a signal handler; NULL: silent. Any unit. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
	/* Called before a long job with what the user should know of it ("unpacking X: needs 1.4
	 * GiB of /tmp"), and after it when it went other than hoped; one sentence, whatever stderr
	 * is. NULL: silent. */
	void (*note)(void *context, const char *text);
	void *context;
};

/* ERROR_CANCELLED, naming `what`, when the task was told to stop or is past its deadline. Cheap
 * enough for once every few thousand objects. task may be NULL. */
MUST_CHECK struct error *task_check(const struct task *task, const char *what);

/* Report progress; does nothing where nobody listens. task may be NULL. */
void task_progress(const struct task *task, const char *what, uint64_t done, uint64_t total);

/* Tell the user something that is no answer and no error. task may be NULL. */
void task_note(const struct task *task, const char *text);

#endif
