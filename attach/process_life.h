/*
 * Does a process live, and which of its threads does? By /proc alone: a user that may not look into
 * it learns that, too. A process whose first thread has ended (pthread_exit(3) in main) lives on
 * while another thread does, but /proc/PID shows a zombie then.
 */
#ifndef ATTACH_PROCESS_LIFE_H
#define ATTACH_PROCESS_LIFE_H

#include "base/error.h"

/* Is there a process of this id (not a mere thread)? ERROR_NOT_FOUND when not; the message names
 * the process when `pid` is one of its threads. */
MUST_CHECK struct error *process_exists(int pid);

/* The id whose files of /proc show the process's memory: its own, or when its first thread has
 * ended (a zombie, which has no memory any more) those of the first thread that lives. */
int process_memory_id(int pid);

/* Has it ended, or is it being killed? Not one whose first thread alone has ended. */
bool process_has_ended(int pid);

#endif
