/*
 * Exceptions: objects whose class derives from System.Exception, read by the runtime's own layout
 * of it, so that they answer without metadata too; and where threads keep theirs
 * (docs/design/datacontracts/Exception.md, Thread.md; src/coreclr/vm/clrex.h: StackTraceElement,
 * object.h: StackTraceArray).
 */
#ifndef HEAP_VALUES_EXCEPTION_H
#define HEAP_VALUES_EXCEPTION_H

#include "heap/types/type.h"

struct clr_thread;

struct exception {
	uint64_t address;
	const struct type *type;
	uint64_t message, inner, stack_trace, stack_trace_string; /* objects; 0: null */
	uint32_t hresult;
};

struct exception_frame {
	uint64_t sp, ip;
	uint64_t method; /* a MethodDesc */
};

/* ERROR_BAD_DATA when the object is no exception, ERROR_FAULT when that cannot be read. */
MUST_CHECK struct error *exception_read(struct heap *heap, uint64_t address, struct exception *ret);

/* Does the type derive from System.Exception, or is it that? */
bool type_is_exception(struct heap *heap, const struct type *type);

/*
 * Did the runtime make it in advance, for the time when it can make none? It makes one of some
 * classes when it starts, and runs no constructor, which would set a message
 * (src/coreclr/vm/appdomain.cpp: SystemDomain::CreatePreallocatedExceptions); it keeps no stack
 * trace of such a one (src/coreclr/vm/clrex.cpp: CLRException::IsPreallocatedExceptionObject). So
 * it is known by its HResult, by its class where that has a name, and by what it does not have: a
 * message, a stack trace, an inner exception. A thread may have thrown it all the same:
 * exception_of_thread() knows.
 */
bool exception_is_preallocated(struct heap *heap, const struct exception *exception);

/* Its stack trace, innermost frame first, in arena; *ret_count 0: it was not thrown. ERROR_FAULT
 * and ERROR_BAD_DATA when there is one that cannot be read. */
MUST_CHECK struct error *exception_frames(struct heap *heap, const struct exception *exception,
					  struct arena *arena, struct exception_frame **ret,
					  size_t *ret_count);

/* The exception that the thread threw last, or is handling; 0: none. ERROR_FAULT when the thread
 * has one and its place cannot be read. */
MUST_CHECK struct error *exception_of_thread(struct heap *heap, const struct clr_thread *thread,
					     uint64_t *ret);

/* The exceptions that were being handled when the thread's current one was thrown, the nearest
 * first: *tracker begins as clr_thread.exception_tracker and moves on; *ret 0: no more. */
MUST_CHECK struct error *exception_nested(struct heap *heap, uint64_t *tracker, uint64_t *ret);

#endif
