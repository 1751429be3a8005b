/*
 * Where the objects of the heap begin, a bit for each 8 bytes of it, found by one walk: so whether
 * a reference leads to an object is known without reading what it leads to. That is worth it where
 * each such read is a system call, or unpacks a frame: a target that cannot lend.
 */
#ifndef HEAP_GC_OBJECT_MARKS_H
#define HEAP_GC_OBJECT_MARKS_H

#include "base/memory_budget.h"
#include "heap/gc/heap_walk.h"

struct object_marks;

/* Marks what is an object, and no free space. *ret NULL: the target lends its bytes, the heap is
 * too large (LIMIT_MARKS_BYTES), or memory is short, also by the budget (NULL: no limit): then
 * nothing was read. ERROR_CANCELLED and ERROR_NO_MEMORY only. In any
 * case *ret is to be freed. */
MUST_CHECK struct error *object_marks_make(struct heap *heap, unsigned threads, uint64_t unit_bytes,
					   struct memory_budget *budget, const struct task *task,
					   struct object_marks **ret);
void object_marks_free(struct object_marks *marks); /* NULL is allowed */

/* Does an object begin at the address, a multiple of 8 in the segment? false: none was met there.
 */
bool object_marks_have(const struct object_marks *marks, const struct gc_segment *segment,
		       uint64_t address);

#endif
