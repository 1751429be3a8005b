/*
 * A type's GCDesc, in front of its MethodTable: which words of its objects are references
 * (src/coreclr/gc/gcdesc.h: CGCDesc, CGCDescSeries).
 */
#ifndef HEAP_TYPES_GC_DESCRIPTION_H
#define HEAP_TYPES_GC_DESCRIPTION_H

#include "heap/heap.h"

/* The word `below` bytes under the MethodTable; ERROR_FAULT. */
MUST_CHECK struct error *gc_description_word(struct heap *heap, uint64_t method_table,
					     uint64_t below, uint64_t *ret);

/* The number of series: negative when they repeat themselves to the end of an array of structs. */
MUST_CHECK struct error *gc_description_count(struct heap *heap, uint64_t method_table,
					      int64_t *ret);

/* `count` words from `offset` on, in bytes from the object's address. */
typedef struct error *(*reference_run_visitor)(uint64_t offset, uint64_t count, void *context);

/* The series of an object of `size` bytes (base size and components), the first one uppermost in
 * memory. ERROR_FAULT, ERROR_BAD_DATA when they do not fit the size, and what the visitor says. */
MUST_CHECK struct error *gc_description_visit(struct heap *heap, uint64_t method_table,
					      uint64_t size, reference_run_visitor visit,
					      void *context);

#endif
