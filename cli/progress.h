/*
 * Progress of a long task, on a terminal only and only after a second: one line on stderr, drawn
 * over itself and wiped out at the end: how much is done, how fast, and how long it will take.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool terminal; /* stderr is one */
	bool shown;
	bool bytes;                 /* what is counted: the rate is shown */
	uint64_t start_ns, last_ns; /* CLOCK_MONOTONIC */
};

void progress_start(struct progress *progress); /* before each command */
void progress_end(struct progress *progress);   /* wipes the line out */

/* For struct task: context is a struct progress. */
void progress_report(void *context, const char *what, uint64_t done, uint64_t total);

#endif
