/*
 * What a process does as a whole, and whether it can be stopped now: asked before anything of it is
 * seized, so that what cannot be stopped is reported as what it is, at once. Threads' states:
 * proc(5), /proc/PID/task/TID/status ("State", "TracerPid"); of a process whose first thread has
 * ended (a zombie) the others show it.
 */
#ifndef ATTACH_PROCESS_STATE_H
#define ATTACH_PROCESS_STATE_H

#include "attach/process_freeze.h"
#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

enum process_activity {
	PROCESS_RUNNING, /* or waiting for something */
	PROCESS_STOPPED, /* all of it, by job control (SIGSTOP, Ctrl-Z): can be read, and stays so
			  */
	PROCESS_TRACED,  /* another traces it: it alone can stop it */
	PROCESS_FROZEN,  /* with its control group */
	PROCESS_ASLEEP,  /* every thread is in an uninterruptible sleep, at this moment */
	PROCESS_DUMPING, /* it crashed, and the kernel writes its core: what stops it cuts that off
			  */
	PROCESS_ENDED,   /* a zombie: its parent has not waited for it */
};

struct process_state {
	enum process_activity activity;
	int parent, tracer;           /* ids of processes as we see them; 0: none, not seen */
	struct process_freeze freeze; /* PROCESS_FROZEN */
	const char *reason;           /* why it cannot be stopped, or make a system call, and what
					 helps, as a clause; NULL: nothing is in the way */
	size_t living;                /* threads that have not ended */
	uint64_t switches;            /* how often all of these have slept or made room */
};

/* "running", "stopped", "traced", "frozen", "asleep", "dumping", "zombie" */
const char *process_activity_name(enum process_activity activity);

/* One look; what it allocates lives in the arena. ERROR_NOT_FOUND: there is no such process.
 * ERROR_OS: its threads cannot be listed. ERROR_NO_MEMORY. */
MUST_CHECK struct error *process_state_read(int pid, struct arena *arena,
					    struct process_state *ret);

enum process_need {
	PROCESS_NEED_STOP,   /* ptrace stops it */
	PROCESS_NEED_CALL,   /* a thread of it makes a system call for us, once it is stopped */
	PROCESS_NEED_ANSWER, /* its runtime does something for us by itself, by ptrace too */
};

/* Is that possible now? A process that is asleep is looked at for half a second (does it only ever
 * sleep?), one that is traced for 60 ms (another snapshot takes no longer). ERROR_NOT_FOUND: it has
 * ended; the message says so of a zombie. ERROR_OS: traced by another (as PTRACE_SEIZE would
 * answer), or as process_state_read(). ERROR_UNSUPPORTED: frozen, asleep, or writing its core; of
 * an answer, also stopped by job control. ERROR_NO_MEMORY. */
MUST_CHECK struct error *process_state_check(int pid, enum process_need need);

#endif
