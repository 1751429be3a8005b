/*
 * A thread of ours beside the first. Signals are for the first, which notices them. Its stack has
 * 512 KiB, as the whole of it counts as data (RLIMIT_DATA).
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/*
 * pthread_create(3), with every signal blocked in the new thread. 0 or an errno. Comes back when
 * the thread runs: what a C library or a sanitizer locks to begin a thread stays locked in a
 * process that is forked meanwhile (fork(2)), as our keeper of a snapshot is, which begins threads
 * itself. SIGBUS kills the program without a word here: such a thread reads no dump.
 */
int thread_start(pthread_t *ret, void *(*run)(void *context), void *context);

/* The same for a thread that reads files which are mapped: SIGBUS, of one that became shorter, is
 * not blocked, so the program's handler has its say. */
int thread_start_reading(pthread_t *ret, void *(*run)(void *context), void *context);

/* A mutex that its holder may take again. */
void mutex_init_recursive(pthread_mutex_t *mutex);

/* A condition that is waited for by condition_wait(). */
void condition_init(pthread_cond_t *condition);

/* pthread_cond_timedwait(3), for so many ms of CLOCK_MONOTONIC at most. False: the time is over. */
bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, unsigned wait_ms);

#endif
