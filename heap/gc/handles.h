/*
 * The GC's handles: places outside the heap that hold objects, or follow them. They are in handle
 * tables (a map of buckets, in each a table for each heap, each a list of segments of blocks; each
 * block has handles of one kind). Facts: dotnet/runtime docs/design/datacontracts/GC.md,
 * src/coreclr/gc/handletablepriv.h (TableSegment, HandleTable), objecthandle.cpp (HandleTableMap,
 * getNumberOfSlots), gcinterface.h (HandleType).
 */
#ifndef HEAP_GC_HANDLES_H
#define HEAP_GC_HANDLES_H

#include "heap/heap.h"

/* gcinterface.h: HandleType. */
enum handle_kind {
	HANDLE_WEAK_SHORT,
	HANDLE_WEAK_LONG, /* follows its object through resurrection */
	HANDLE_STRONG,
	HANDLE_PINNED,
	HANDLE_VARIABLE,
	HANDLE_REF_COUNTED,
	HANDLE_DEPENDENT, /* keeps a second object alive as long as its own lives */
	HANDLE_ASYNC_PINNED,
	HANDLE_SIZED_REF,
	HANDLE_WEAK_WINRT,
	HANDLE_WEAK_INTERIOR_POINTER,
	HANDLE_CROSS_REFERENCE,
	HANDLE_KIND_COUNT,
};

struct gc_handle {
	uint64_t address;   /* the handle's value, as native code and GCHandle hold it */
	uint64_t object;    /* never 0: a handle without an object looks like a free one */
	uint64_t secondary; /* dependent handles: the object kept alive; else 0 */
	enum handle_kind kind;
};

typedef struct error *(*gc_handle_visitor)(const struct gc_handle *handle, void *context);

/* Every handle that has an object: by bucket, heap and kind as the runtime's own tools list them.
 * *ret_lost: tables, segments and blocks that could not be read or followed. ERROR_UNSUPPORTED when
 * this runtime's layouts lack the tables, ERROR_FAULT and ERROR_BAD_DATA when not even their map
 * can be read; the visitor's errors, but for ERROR_FAULT, which it takes itself: here it would be
 * taken for a map's. */
MUST_CHECK struct error *gc_handles_visit(struct heap *heap, const struct task *task,
					  gc_handle_visitor visit, void *context,
					  uint64_t *ret_lost);

/* How many there are of each kind. */
struct gc_handle_counts {
	uint64_t of_kind[HANDLE_KIND_COUNT], total;
	uint64_t lost; /* see gc_handles_visit() */
};
MUST_CHECK struct error *gc_handles_count(struct heap *heap, const struct task *task,
					  struct gc_handle_counts *ret);

/* As ClrMD (ClrHandleKind) and SOS spell it: "WeakShort" … */
const char *handle_kind_name(enum handle_kind kind);

/* Does a handle of this kind keep its object alive? (A dependent one does not: it keeps its second
 * one as long as its first one lives.) */
bool handle_kind_is_strong(enum handle_kind kind);

#endif
