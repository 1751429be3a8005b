/*
 * What a delegate will call, for lists of timers and work items: (the type of its target).
 *
 * Facts: dotnet/runtime src/coreclr/System.Private.CoreLib/src/System/Delegate.CoreCLR.cs
 * (_target; a delegate to a static method is its own target).
 */
#ifndef HEAP_TASKS_CALLBACK_H
#define HEAP_TASKS_CALLBACK_H

#include "heap/types/type.h"

/* As SOS writes it; "" when neither method nor target can be told. In arena. */
MUST_CHECK struct error *callback_name(struct heap *heap, uint64_t delegate, struct arena *arena,
				       const char **ret);

#endif
