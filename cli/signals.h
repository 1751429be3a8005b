/*
 * Signals become one flag that tasks look at (base/task.h); nothing else happens in their handler.
 * A second signal of the same run ends the program at once: a stopped process is resumed by the
 * kernel then (ptrace), a half-written file remains.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "cli/exit_status.h"

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

/* SIGINT, SIGTERM and SIGHUP set the flag and interrupt blocking reads; SIGPIPE becomes EPIPE. A
 * mapped file that became shorter ends the program, which says so: STATUS_NO_TARGET. */
void signals_install(void);

/*
 * From now on the program ends by itself, and says why, when SIGINT or SIGTERM has not been noticed
 * for 15 seconds, as we sleep in the kernel; and when the flag is set, and the calling thread has
 * computed for `deaf_ms` since without a look at it by any task, or all threads together for so
 * long on each processor that we may use: a loop over forged data. The time that they sleep does
 * not count (a write that is waited for, a snapshot that is dropped), and one look is enough to be
 * left alone.
 */
void signals_watch(unsigned deaf_ms);

const volatile sig_atomic_t *signals_flag(void); /* the signal's number; 0: none */
volatile sig_atomic_t *signals_heard(void);      /* 1: a task has seen the flag set */
int signals_received(void);
void signals_clear(void);              /* at the prompt, where Ctrl-C only cancels a command */
enum exit_status signals_status(void); /* of an end by the signal that was received */

/* read(2), ended by a signal whenever it comes: also by one that came just before. -1 with EINTR
 * then; with ETIMEDOUT when nothing came for `wait_ms` (negative: for ever). */
ssize_t signals_read(int fd, void *buffer, size_t size, int64_t wait_ms);

#endif
