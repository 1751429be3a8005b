/*
 * Sources of ValueTasks: an object that a ValueTask leads to, and that knows what goes on when it
 * completes. Most keep that in a ManualResetValueTaskSourceCore<T>: boxes of methods from a pool,
 * async iterators, sockets, timers, and a program's own sources.
 *
 * Facts: dotnet/runtime src/libraries/System.Private.CoreLib/src/System/Threading/Tasks/Sources/
 * ManualResetValueTaskSourceCore.cs (_continuation, _continuationState, _completed, in whose place
 * .NET 11 has the callback s_sentinel), System/Threading/Tasks/ValueTask.cs (_obj),
 * System/Runtime/CompilerServices/ValueTaskAwaiter.cs (_value; AwaitUnsafeOnCompleted gives the
 * awaiting box as the state).
 */
#ifndef HEAP_TASKS_VALUE_TASK_SOURCE_H
#define HEAP_TASKS_VALUE_TASK_SOURCE_H

#include "heap/values/value.h"

struct value_task_core {
	bool is_there; /* the object has such a field; else nothing below is known */
	bool is_read;
	bool is_completed;
	/* What is called when it completes: the state of the callback, else the callback; 0:
	 * nothing yet, or no more. */
	uint64_t continuation;
};

/* The core in a field of an object. */
MUST_CHECK struct error *value_task_core_read(struct heap *heap, uint64_t object, const char *field,
					      struct value_task_core *ret);

/* The object that the ValueTask of an awaiter leads to; 0: none, or the awaiter is another one. */
MUST_CHECK struct error *value_task_source_of_awaiter(struct heap *heap,
						      const struct value *awaiter, uint64_t *ret);

#endif
