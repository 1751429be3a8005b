#include "commands/shared/thread_pool_lacks.h"

#include <inttypes.h>

/* An answer that lacks something does not know that the pool was not used. */
static void unused_note(struct command_call *call)
{
	if (question_is_whole(&call->question))
		output_note(call->out, "The process has not used its thread pool yet.");
}

void thread_pool_explain(struct command_call *call, const struct thread_pool *pool)
{
	if (pool->unknown)
		question_missing(&call->question, 0, "the thread pool cannot be read");
	else if (!pool->exists)
		unused_note(call);
	else if (!pool->counts_read)
		question_missing(&call->question, 0,
				 "the thread pool's counts of threads cannot be read");
}

void thread_pool_queues_explain(struct command_call *call, const struct work_found *found)
{
	if (found->unknown)
		question_missing(&call->question, 0, "the thread pool's queues cannot be read");
	if (found->cut)
		question_missing(&call->question, 0,
				 "%" PRIu64 " %s of the work queues cannot be read", found->cut,
				 found->cut == 1 ? "part" : "parts");
	if (found->none)
		unused_note(call);
}
