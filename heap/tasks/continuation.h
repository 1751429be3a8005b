/*
 * What goes on when a task ends: Task.m_continuationObject, seen through what is between it and the
 * task or method that it will run: a List<object> of several, a StandardTaskContinuation's task, an
 * AwaitTaskContinuation's or TaskContinuation's action, an Action's target, and the
 * ContinuationWrapper of a traced one.
 *
 * Facts: dotnet/runtime src/libraries/System.Private.CoreLib/src/System/Threading/Tasks/Task.cs
 * (m_continuationObject, AddTaskContinuationComplex), TaskContinuation.cs (m_task, m_action),
 * System/Runtime/CompilerServices/AsyncMethodBuilderCore.cs (ContinuationWrapper).
 */
#ifndef HEAP_TASKS_CONTINUATION_H
#define HEAP_TASKS_CONTINUATION_H

#include "heap/tasks/managed_task.h"

/* Called for each object that the task's end leads to. Errors end the visit and come back. */
typedef struct error *(*continuation_visitor)(uint64_t object, void *context);

/* *ret_damaged: there are continuations that cannot be read. */
MUST_CHECK struct error *task_visit_continuations(struct heap *heap, uint64_t task,
						  continuation_visitor visit, void *context,
						  bool *ret_damaged);

/* The same of a source of ValueTasks whose core is in this field; an object without such a field
 * leads to nothing. */
MUST_CHECK struct error *source_visit_continuation(struct heap *heap, uint64_t source,
						   const char *core_field,
						   continuation_visitor visit, void *context,
						   bool *ret_damaged);

/* The object that completed tasks have in place of a continuation; 0: not known. */
MUST_CHECK struct error *task_completion_sentinel(struct heap *heap, uint64_t *ret);

#endif
