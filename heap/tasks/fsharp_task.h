/*
 * F#'s tasks that its compiler could not make a state machine of, in debug builds all of them:
 * their machine is one of FSharp.Core's for every method, and the method is in the closure that
 * begins it.
 *
 * Facts: dotnet/fsharp src/FSharp.Core/tasks.fs: TaskBuilder.RunDynamic (initialResumptionFunc
 * calls code), TaskBuilderBase.Delay (a ResumableCode that calls generator); resumable.fs:
 * ResumableStateMachine.ResumptionDynamicInfo.
 */
#ifndef HEAP_TASKS_FSHARP_TASK_H
#define HEAP_TASKS_FSHARP_TASK_H

#include "heap/tasks/managed_task.h"

/* The class of the closure (Demo.Gateway+pay@14); *ret NULL: not known. ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *fsharp_task_closure(struct heap *heap, const struct state_machine *machine,
					     const struct type **ret);

#endif
