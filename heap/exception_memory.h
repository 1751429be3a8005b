/*
 * What a mini dump must hold besides stacks and the runtime's data, so that printexception and
 * clrthreads answer from it: for each thread the exception that it threw last or is handling, those
 * that it was handling meanwhile and those inside them, their messages and stack traces, the
 * methods on these and their metadata, and the thread's name. Found by asking for all that once,
 * through a target that records what is read (attach/target/recording_target.h).
 */
#ifndef HEAP_EXCEPTION_MEMORY_H
#define HEAP_EXCEPTION_MEMORY_H

#include "attach/target/target.h"
#include "base/arena.h"
#include "base/task.h"

/*
 * Whole pages, ascending, in the arena, at most LIMIT_EXCEPTION_MEMORY_BYTES of them. What cannot
 * be read is left out, as the dump's reader will say. `target` is borrowed. ERROR_NO_MEMORY,
 * ERROR_CANCELLED.
 */
struct exception_memory {
	const struct region *pages;
	size_t count;
	const char *reason; /* in the arena: why there is nothing at all (there is no runtime in it,
			       or one that is not understood); NULL: there is */
	const char *lacks;  /* a constant sentence: which bound was reached; NULL: none */
};

MUST_CHECK struct error *exception_memory_find(struct target *target, const struct task *task,
					       struct arena *arena, struct exception_memory *ret);

#endif
