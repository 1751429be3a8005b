/*
 * Tasks of the process: objects whose class derives from System.Threading.Tasks.Task, and among
 * them the boxes of asynchronous methods (AsyncTaskMethodBuilder<T>+AsyncStateMachineBox<M>), whose
 * state machine M is the method.
 *
 * Facts: dotnet/runtime src/libraries/System.Private.CoreLib/src/System/Threading/Tasks/Task.cs
 * (TaskStateFlags, m_stateFlags), System/Runtime/CompilerServices/AsyncTaskMethodBuilderT.cs
 * (AsyncStateMachineBox.StateMachine); <>1__state and <>u__N are the C# compiler's
 * (dotnet/roslyn GeneratedNames).
 */
#ifndef HEAP_TASKS_MANAGED_TASK_H
#define HEAP_TASKS_MANAGED_TASK_H

#include "heap/values/value.h"

enum managed_task_kind {
	MANAGED_TASK_NONE,   /* no task */
	MANAGED_TASK_PLAIN,  /* a task that runs a delegate, or that is completed by hand */
	MANAGED_TASK_METHOD, /* an asynchronous method */
};

enum managed_task_kind managed_task_kind(struct heap *heap, const struct type *type);

/* Task.m_stateFlags; false: it cannot be read. */
MUST_CHECK struct error *managed_task_flags(struct heap *heap, uint64_t task, uint32_t *ret,
					    bool *ret_read);
bool managed_task_is_completed(uint32_t flags);

/* Task.Status as the flags have it ("WaitingToRun"); NULL: no status has these flags. */
const char *managed_task_status(uint32_t flags);

/* The flags that mean something, by SOS's names: "Started|Faulted"; " " when there is none. In
 * arena. NULL: out of memory. */
const char *managed_task_flags_text(uint32_t flags, struct arena *arena);

/* The state machine of an asynchronous method. */
struct state_machine {
	const struct type *type; /* NULL: not read */
	uint64_t address;        /* of its first field */
	bool state_read;
	int32_t state; /* <>1__state: the await where it is; -1 runs or not begun, -2 ended */
};
MUST_CHECK struct error *managed_task_machine(struct heap *heap, uint64_t task,
					      struct state_machine *ret);

/* How a task is called: a method's state machine (Demo.Gateway+<Pay>d__4), else its type. Borrowed
 * from the heap. */
MUST_CHECK struct error *managed_task_name(struct heap *heap, uint64_t task,
					   const struct type *type, const char **ret);

/* What a method that is at an await waits for: the awaiter, a field of its state machine. As SOS
 * chooses it: the first one at await 0 or where there is only one, else the first that is not all
 * zero. *ret.kind VALUE_UNREADABLE: not known. */
MUST_CHECK struct error *state_machine_awaiter(struct heap *heap,
					       const struct state_machine *machine,
					       struct value *ret);

#endif
