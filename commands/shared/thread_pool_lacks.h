/*
 * What there is to say of a thread pool that was not used, or that cannot be read.
 */
#ifndef COMMANDS_SHARED_THREAD_POOL_LACKS_H
#define COMMANDS_SHARED_THREAD_POOL_LACKS_H

#include "commands/command.h"
#include "heap/tasks/thread_pool.h"

/* A note that the process has not used the pool; a reason for what of it cannot be read. */
void thread_pool_explain(struct command_call *call, const struct thread_pool *pool);

/* The same of what is queued for it. */
void thread_pool_queues_explain(struct command_call *call, const struct work_found *found);

#endif
