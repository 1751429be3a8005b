/*
 * Our own memory, where it counts against the limit of the process that we look at: run in its
 * container, we are in its control group, and the kernel kills the largest process of a group that
 * is at its limit, which is not us. So we ask to be killed first (/proc/self/oom_score_adj,
 * proc(5)), and in a group with a limit our data may grow by what it has to spare and no further
 * (RLIMIT_DATA, setrlimit(2)): malloc fails before the kernel kills.
 */
#ifndef CLI_OWN_MEMORY_H
#define CLI_OWN_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* To be called before the first large allocation. How many bytes of data we may have from now on;
 * 0: no limit was set. What cannot be set is left as it is. */
uint64_t own_memory_begin(void);

/* What to add to "out of memory" where that limit may be the reason. Allocates nothing. */
void own_memory_text(uint64_t limit_bytes, char *buffer, size_t size);

#endif
