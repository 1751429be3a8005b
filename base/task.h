/*
 * What a long loop owes its user: it can be stopped, and it says how far it is. Passed down from
 * cli/, which alone sets the stop flag (from a signal) and draws the progress. A zeroed task never
 * stops and is silent: tests use that. Several threads may look at one task: the flags are read and
 * written atomically; progress and note are called on whichever thread has something to say.
 */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include "base/error.h"

#include <signal.h>

struct task {
	const volatile sig_atomic_t *stop; /* the signal's number; NULL: cannot be stopped */
	/* Becomes 1 when task_check() sees `stop` set, or NULL. Code that computes on without a
	 * look is ended, and the program with it (cli/signals.h). */
	volatile sig_atomic_t *heard;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
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

/* The signal that told the task to stop; 0: none did. No look in the sense of `heard`: for a thread
 * that only waits for another, stops waiting for it or works beside it, as that other may be deaf
 * all the same. task may be NULL. */
int task_signal(const struct task *task);

/* Report progress; does nothing when the task has no listener. task may be NULL. */
void task_progress(const struct task *task, const char *what, uint64_t done, uint64_t total);

/* Tell the user something that is no answer and no error. task may be NULL. */
void task_note(const struct task *task, const char *text);

#endif
