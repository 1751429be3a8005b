/*
 * Progress of a long task, on a terminal only and only after a second: one line on stderr, drawn
 * over itself and wiped out at the end: how much is done, how fast, and how long it will take. It
 * is drawn by the thread that started it, which writes the answers too: what others report is left
 * out.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
	pthread_t thread; /* that draws */
	bool terminal;    /* stderr is one */
	bool shown;
	bool bytes;                 /* what is counted: the rate is shown */
	uint64_t start_ns, last_ns; /* CLOCK_MONOTONIC */
};

void progress_start(struct progress *progress); /* before each command */
void progress_end(struct progress *progress);   /* wipes the line out; any thread */

/* For struct task: context is a struct progress. Any thread. */
void progress_report(void *context, const char *what, uint64_t done, uint64_t total);

#endif
