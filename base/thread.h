/*
 * A thread of ours beside the first. Signals are for the first, which notices them: a fault (SIGBUS
 * of a mapped file that became shorter) kills the program without a word here, so such a thread
 * reads no dump. Its stack has 512 KiB, as the whole of it counts as data (RLIMIT_DATA).
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* pthread_create(3), with every signal blocked in the new thread. 0 or an errno. */
int thread_start(pthread_t *ret, void *(*run)(void *context), void *context);

#endif
