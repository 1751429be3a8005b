/*
 * The ways to a process's memory, best first. Reachable is what /proc/PID/mem says: its maps may be
 * read where its memory may not (Yama). Which way leads there is found by process_describe(), which
 * comes back from each attempt; process_reach() goes it.
 */
#ifndef ATTACH_PROCESS_REACH_H
#define ATTACH_PROCESS_REACH_H

#include "base/error.h"

enum process_way {
	PROCESS_WAY_AS_IS,    /* as we are */
	PROCESS_WAY_AS_OWNER, /* root that takes on its user and group ids: needs no SYS_PTRACE */
	PROCESS_WAY_SOCKET, /* not into its memory; but its runtime may be asked to write a dump */
	PROCESS_WAY_NONE,
};

struct process_info;

/* Goes the way, for the rest of our life: from now on `process` can be read and stopped, and what
 * is ours is opened under credentials_as_ourselves(). ERROR_OS, with why and what grants it, when
 * there is no way into its memory; the message names the socket where that is left. */
MUST_CHECK struct error *process_reach(const struct process_info *process);

/* Takes on the owner's ids, where describing it has shown that this is what leads on (as_owner): to
 * its files and its socket, if not to its memory. */
MUST_CHECK struct error *process_reach_files(const struct process_info *process);

#endif
