/*
 * --hold of a stopped process (--freeze): it is let go when that time is over, between two commands
 * or while words or a key are waited for. (A snapshot is dropped by its keeper.)
 */
#ifndef CLI_HOLD_H
#define CLI_HOLD_H

#include "commands/interpreter/session.h"

#include <stdint.h>
#include <sys/types.h>

struct hold {
	struct session *session; /* its target is let go */
	int pid;
	unsigned seconds;
	uint64_t end_ms; /* CLOCK_MONOTONIC; 0: nothing is held, or as long as the session */
	bool ended;      /* it was let go for that reason, and not taken again */
};

/* The process is held from now on. `seconds` 0: as long as the session. */
void hold_begin(struct hold *hold, int pid, unsigned seconds);

/* To be asked before each command: lets the process go when its time is over, and says so. */
void hold_check(struct hold *hold);

/* signals_read() that does not outlast the time. `hold` may be NULL. */
ssize_t hold_read(struct hold *hold, int fd, void *buffer, size_t size);

#endif
