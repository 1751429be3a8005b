/*
 * Our own memory, where it counts against the limit of the process that we look at: run in its
 * container, we are in its control group, and the kernel kills the largest process of a group that
 * is at its limit, which is not us. So we ask to be killed first (/proc/self/oom_score_adj,
 * proc(5)), and in a group with a limit we take no more than it has to spare (RLIMIT_DATA,
 * setrlimit(2)): malloc fails before the kernel kills.
 */
#ifndef CLI_OWN_MEMORY_H
#define CLI_OWN_MEMORY_H

#include "base/text.h"

/* To be called before the first large allocation. What cannot be set is left as it is. */
void own_memory_begin(void);

/* For an error of memory: how much we may have, and what to do instead, as a clause; nothing when
 * there is no limit. */
void own_memory_append_limit(struct text *ret);

#endif
