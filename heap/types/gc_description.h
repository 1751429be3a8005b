/*
 * A type's GCDesc, in front of its MethodTable: which words of its objects are references
 * (src/coreclr/gc/gcdesc.h: CGCDesc, CGCDescSeries). It is read through the caller's reader.
 */
#ifndef HEAP_TYPES_GC_DESCRIPTION_H
#define HEAP_TYPES_GC_DESCRIPTION_H

#include "heap/heap.h"

/* References one after another: from `start` on, bytes from the object's address, as many as fill
 * the object's size and `size`, which is a negative number of bytes. */
struct gc_series {
	uint64_t start, size;
};

/* The references of one element of an array of structs: `count` of them, then `skip` bytes that
 * hold none. */
struct gc_element_run {
	uint32_t count, skip;
};

/* The number of series; of an array of structs the number of runs in an element, made negative.
 * ERROR_FAULT, as of the functions below. */
MUST_CHECK struct error *gc_description_count(struct reader *reader, uint64_t method_table,
					      int64_t *ret);

/* The series with this index, the uppermost in memory first. */
MUST_CHECK struct error *gc_description_series(struct reader *reader, uint64_t method_table,
					       uint64_t index, struct gc_series *ret);

/* Of an array of structs: where its first run starts, in bytes from the object's address. */
MUST_CHECK struct error *gc_description_elements(struct reader *reader, uint64_t method_table,
						 uint64_t *ret);

/* Of an array of structs: the run with this index in each element. */
MUST_CHECK struct error *gc_description_run(struct reader *reader, uint64_t method_table,
					    uint64_t index, struct gc_element_run *ret);

/* How many references the series has in an object of `size` bytes (base size and components);
 * false: it does not fit such an object. */
bool gc_series_count(const struct gc_series *series, uint64_t size, uint64_t *ret);

/* `count` words from `offset` on, in bytes from the object's address. */
typedef struct error *(*reference_run_visitor)(uint64_t offset, uint64_t count, void *context);

/* The series of an object of `size` bytes (base size and components), the first one uppermost in
 * memory. ERROR_FAULT, ERROR_BAD_DATA when they do not fit the size, and what the visitor says. */
MUST_CHECK struct error *gc_description_visit(struct reader *reader, uint64_t method_table,
					      uint64_t size, reference_run_visitor visit,
					      void *context);

#endif
