/*
 * Tasks of the process: objects whose class derives from System.Threading.Tasks.Task, and among
 * them the boxes of asynchronous methods (AsyncTaskMethodBuilder<T>+AsyncStateMachineBox<M>), whose
 * state machine M is the method. Boxes of methods that return a ValueTask from a pool
 * (PoolingAsyncValueTaskMethodBuilder<T>+StateMachineBox<M>) are no tasks, but methods as well.
 *
 * Facts: dotnet/runtime src/libraries/System.Private.CoreLib/src/System/Threading/Tasks/Task.cs
 * (TaskStateFlags, m_stateFlags), System/Runtime/CompilerServices/AsyncTaskMethodBuilderT.cs
 * (AsyncStateMachineBox.StateMachine), PoolingAsyncValueTaskMethodBuilderT.cs (StateMachineBox:
 * ReturnToCache sets the state machine to zero); <>1__state and <>u__N are the C# compiler's
 * (dotnet/roslyn GeneratedNames), ResumptionPoint and ResumptionDynamicInfo F#'s (dotnet/fsharp
 * src/FSharp.Core/resumable.fs: ResumableStateMachine).
 */
#ifndef HEAP_TASKS_MANAGED_TASK_H
#define HEAP_TASKS_MANAGED_TASK_H

#include "heap/values/value.h"

enum managed_task_kind {
	MANAGED_TASK_NONE,   /* no task */
	MANAGED_TASK_PLAIN,  /* a task that runs a delegate, or that is completed by hand */
	MANAGED_TASK_METHOD, /* an asynchronous method */
	MANAGED_TASK_POOLED, /* an asynchronous method whose box comes from a pool: no task */
};

static inline bool managed_task_is_method(enum managed_task_kind kind)
{
	return kind == MANAGED_TASK_METHOD || kind == MANAGED_TASK_POOLED;
}

enum managed_task_kind managed_task_kind(struct heap *heap, const struct type *type);

/* Task.m_stateFlags; false: it cannot be read. */
MUST_CHECK struct error *managed_task_flags(struct heap *heap, uint64_t task, uint32_t *ret,
					    bool *ret_read);
bool managed_task_is_completed(uint32_t flags);

/* How far a task or a method has come. */
enum managed_task_progress {
	PROGRESS_UNREADABLE,
	PROGRESS_UNDER_WAY, /* not begun, running or waiting */
	PROGRESS_COMPLETED,
	PROGRESS_IN_POOL, /* no method is in the box: it waits in its pool for the next one */
};

/* *ret_flags: of a task its m_stateFlags, else 0. */
MUST_CHECK struct error *managed_task_progress(struct heap *heap, uint64_t task,
					       enum managed_task_kind kind, uint32_t *ret_flags,
					       enum managed_task_progress *ret);

/* Task.Status as the flags have it ("WaitingToRun"); NULL: no status has these flags. */
const char *managed_task_status(uint32_t flags);

/* The flags that mean something, by SOS's names: "Started|Faulted"; " " when there is none. In
 * arena. NULL: out of memory. */
const char *managed_task_flags_text(uint32_t flags, struct arena *arena);

/* The state machine of an asynchronous method. */
struct state_machine {
	const struct type *type; /* NULL: not read, or gone */
	uint64_t address;        /* of its first field */
	uint64_t object;         /* that it is; 0: it is a struct in its box */
	bool state_read;
	/* Its compiler keeps no number for it, or its box is completed and has let go of it (type
	 * is NULL then); state_read is false then. */
	bool has_no_state;
	bool is_fsharp; /* a ResumableStateMachine, or made as one */
	/* The await where it is, from 0; -1 runs or not begun, -2 ended. F# numbers the awaits of a
	 * method from 1, and has 0 before the first. */
	int32_t state;
};
MUST_CHECK struct error *managed_task_machine(struct heap *heap, uint64_t task,
					      struct state_machine *ret);

/* How a task is called: a method's state machine (Demo.Gateway+<Pay>d__4; of F#'s that have none,
 * fsharp_task_closure()), else its type. Borrowed from the heap. */
MUST_CHECK struct error *managed_task_name(struct heap *heap, uint64_t task,
					   const struct type *type, const char **ret);

/* What a method that is at an await waits for: the awaiter, a field of its state machine. As SOS
 * chooses it: the first one at await 0 or where there is only one, else the first that is not all
 * zero; of F#'s, which are not set to zero after use, the only one. *ret.kind VALUE_UNREADABLE:
 * not known. */
MUST_CHECK struct error *state_machine_awaiter(struct heap *heap,
					       const struct state_machine *machine,
					       struct value *ret);

#endif
