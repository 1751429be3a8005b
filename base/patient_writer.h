/*
 * Writes for a reader that may stop reading: a pipe, a socket or a terminal whose other end is
 * stuck makes write(2) wait for ever, at the cost of the process that we hold meanwhile. Here no
 * write waits longer than `stall_seconds` for the next byte to be taken, nor longer than
 * PATIENT_AFTER_STOP_MS in all once the task was told to stop: whoever presses Ctrl-C waits for no
 * reader, and one that reads at all has taken what is pending by then.
 *
 * O_NONBLOCK belongs to the open file description, which the shell and others share with us
 * (open(2)); so it is never set on the descriptor that we were given. A pipe or a terminal is
 * opened once more by /proc/self/fd (proc(5)), which makes a description of our own; a socket knows
 * MSG_DONTWAIT (send(2)). Where neither can be had, small pieces are written when poll(2) says that
 * there is room: a pipe that is writable takes PIPE_BUF bytes at once (fs/pipe.c: pipe_poll(),
 * pipe_write()). Files and other devices are written as they are: those wait for no reader.
 */
#ifndef BASE_PATIENT_WRITER_H
#define BASE_PATIENT_WRITER_H

#include "base/task.h"

#include <errno.h>
#include <stddef.h>

enum {
	PATIENT_STALL_SECONDS = 60, /* the default of --stall */
	PATIENT_AFTER_STOP_MS = 100,
	PATIENT_STALLED = ETIME,   /* the errno of a reader that took nothing for too long */
	PATIENT_TOO_MUCH = EXFULL, /* and of more than most_bytes */
};

enum patient_kind {
	PATIENT_KIND_PLAIN,  /* waits for no reader */
	PATIENT_KIND_OWN,    /* by a description of our own, without blocking */
	PATIENT_KIND_SOCKET, /* with MSG_DONTWAIT */
	PATIENT_KIND_SMALL,  /* in small pieces, when there is room */
};

struct patient_writer {
	int fd;                 /* borrowed */
	int own;                /* the same file, opened again without blocking; -1: none */
	enum patient_kind kind; /* how it is written */
	unsigned stall_seconds; /* 0: for ever; may be changed at any time */
	uint64_t most_bytes;    /* that may be written; UINT64_MAX: any number */
	uint64_t written_bytes;
	const struct task *task;
	uint64_t stopped_ms; /* when the task was first seen to be stopped; 0: it is not */
	int failed;          /* the errno of the first failure: nothing is written after it, as the
				reader may have half of what was refused */
};

/* `fd` stays the caller's, `task` may be NULL. Cannot fail. SIGPIPE is to be ignored. */
void patient_writer_open(struct patient_writer *writer, int fd, const struct task *task);

/* The same of a descriptor whose description is ours alone, opened with O_NONBLOCK. */
void patient_writer_open_own(struct patient_writer *writer, int fd, const struct task *task);

void patient_writer_close(struct patient_writer *writer); /* leaves `fd` open */

/* All of it, or an errno: PATIENT_STALLED, PATIENT_TOO_MUCH (none of it), ECANCELED (the task was
 * told to stop, and the reader did not take the rest), EPIPE and what else write(2) answers. */
MUST_CHECK int patient_write(struct patient_writer *writer, const void *bytes, size_t size);

/* A stream over the writer, which outlives it; a failed write sets errno as above. NULL: no
 * memory. */
FILE *patient_writer_stream(struct patient_writer *writer);

/* An error for such an errno: ERROR_CANCELLED, or ERROR_OS, whose os_errno is PATIENT_STALLED when
 * the reader was too slow. `what`: "cannot write the core". */
MUST_CHECK struct error *patient_write_error(int os_errno, const char *what);

/* Is it such an error? NULL is none. */
bool patient_write_stalled(const struct error *error);

#endif
