/*
 * What a delegate will call, for lists of timers and work items, in SOS's words: Type.Method of a
 * static method or of the target's own type; (Type of the target)Type.Method when its type is
 * another one than the method's.
 *
 * Facts: dotnet/runtime src/coreclr/System.Private.CoreLib/src/System/Delegate.CoreCLR.cs: _target
 * (a delegate to a static method is its own target), _methodPtr, _methodPtrAux (the method, where
 * _methodPtr is a thunk that only moves arguments).
 */
#ifndef HEAP_TASKS_CALLBACK_H
#define HEAP_TASKS_CALLBACK_H

#include "heap/types/method.h"

/* "(Type of the target)" when the method is not known; "" when the target is not either. In
 * arena. */
MUST_CHECK struct error *callback_name(struct heap *heap, uint64_t delegate, struct arena *arena,
				       const char **ret);

/* The method alone; *ret.address 0: it is not known. */
MUST_CHECK struct error *callback_method(struct heap *heap, uint64_t delegate, struct method *ret);

#endif
