/*
 * The keeper of a snapshot: see attach/snapshot.h. A process of its own session that ignores every
 * signal it can, so that killing the program, or the terminal's Ctrl-C, never ends it between two
 * steps; it ends by itself when the program does.
 */
#ifndef ATTACH_SNAPSHOT_KEEPER_H
#define ATTACH_SNAPSHOT_KEEPER_H

#include "attach/snapshot.h"

enum snapshot_message_kind {
	SNAPSHOT_STANDS, /* the process does, or does not any more; another message follows */
	SNAPSHOT_TAKEN,
	SNAPSHOT_FAILED,
	SNAPSHOT_DROPPED,
};

/* From the keeper, one a datagram. Anything that it receives, and the end, ends it. */
struct snapshot_message {
	enum snapshot_message_kind kind;
	enum error_code code; /* of SNAPSHOT_FAILED */
	int os_errno;
	uint64_t since_ms;  /* of SNAPSHOT_STANDS: CLOCK_MONOTONIC; 0: it runs on */
	uint64_t record;    /* of SNAPSHOT_TAKEN: its offset in the memory file */
	bool leaves_zombie; /* of SNAPSHOT_TAKEN: no process may wait for the copy when it has ended
			     */
	char text[1024];    /* the error's message, or the reason of a drop */
};

/* Why the copy of this process has ended, which was not meant to. */
const char *snapshot_why_killed(int pid);

/* In the forked process; never returns. `program` is the pid of the one that forked; `socket` is of
 * SOCK_SEQPACKET, `file` a memory file. */
_Noreturn void snapshot_keeper_run(const struct snapshot_request *request, int program, int socket,
				   int file);

#endif
