/*
 * The self-check at open: are these tables and layouts this runtime's? What proves it is String's
 * MethodTable with its class and name, CoreLib's version, the thread list, and the first objects of
 * the GC's regions. Mini and triage dumps lack some of that; what was not seen is then reported
 * (heap.unverified), and the least that must be seen is the thread list with ids that are the
 * dump's. A heap whose objects are not in the dump opens without (heap.no_objects).
 */
#ifndef HEAP_SELF_CHECK_H
#define HEAP_SELF_CHECK_H

#include "heap/heap.h"

/* Opens all of heap->contract's subsystems, checking as it goes. On failure some may be open.
 * ERROR_BAD_DATA, ERROR_FAULT or ERROR_UNSUPPORTED: not this runtime's layouts, with the reason. */
MUST_CHECK struct error *heap_self_check(struct heap *heap, const struct task *task);

#endif
