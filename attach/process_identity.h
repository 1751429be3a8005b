/*
 * A process is more than a number: when it ends, its number is given to another. What distinguishes
 * the two is when each began (proc(5): field 22 of /proc/PID/stat, starttime; kernel
 * fs/proc/array.c: do_task_stat). An execve keeps both, also when another thread than the first
 * makes it (fs/exec.c: de_thread), so the same process that runs another program is the same here.
 *
 * Take it where a process is chosen; check it after each step that goes by the number again: after
 * its files were opened, after its threads were seized (from then on the number cannot be given
 * away).
 */
#ifndef ATTACH_PROCESS_IDENTITY_H
#define ATTACH_PROCESS_IDENTITY_H

#include "base/error.h"

struct process_identity {
	int pid;             /* as we see it; 0: of none */
	uint64_t start_time; /* clock ticks (1/100 s) after the machine's boot, as we see it */
};

/* The process that has the number `pid` now; a zombie is one too. ERROR_NOT_FOUND: there is none.
 * ERROR_OS: its /proc/PID/stat cannot be read (/proc is mounted with hidepid). ERROR_BAD_DATA: that
 * file makes no sense. ERROR_NO_MEMORY. */
MUST_CHECK struct error *process_identity_take(int pid, struct process_identity *ret);

/* Is it still the process that has the number? ERROR_NOT_FOUND when not: the message says whether
 * it has ended or another process has its number by now. Else as process_identity_take(). */
MUST_CHECK struct error *process_identity_check(const struct process_identity *identity);

/* Has it ended, or is it being killed (process_has_ended())? */
bool process_identity_ended(const struct process_identity *identity);

/* An error of reading or stopping it, which is taken over; ERROR_NOT_FOUND, saying that it has
 * ended, where that is the reason. NULL stays NULL. */
MUST_CHECK struct error *process_identity_explain(const struct process_identity *identity,
						  struct error *error);

#endif
