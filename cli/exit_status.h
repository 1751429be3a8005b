/*
 * The exit statuses of clrpod: one enum for every verb, listed in every --help and in the man page
 * from exit_status_texts[]. Scripts rely on the numbers: they never change.
 */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

#include "base/error.h"

enum exit_status {
	STATUS_WHOLE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NO_TARGET = 3,
	STATUS_CHECK_FALSE = 4,
	STATUS_INCOMPLETE = 5,
	STATUS_INTERRUPTED = 130, /* 128 + SIGINT, as shells have it */
	STATUS_TERMINATED = 143,  /* 128 + SIGTERM; of SIGHUP too */
};

struct exit_status_text {
	enum exit_status status;
	const char *meaning;
};
extern const struct exit_status_text exit_status_texts[]; /* ends with a NULL meaning */

/* The status for an error of a command, and for one met while opening the target. */
enum exit_status exit_status_of_command(const struct error *error);
enum exit_status exit_status_of_open(const struct error *error);

/* The one that a run of several commands ends with: a signal, then what failed first and most
 * widely, then incomplete, then whole. */
enum exit_status exit_status_worse(enum exit_status one, enum exit_status other);

#endif
