/*
 * Between statics.c and statics_module.c: the base that a static's offset counts from.
 */
#ifndef HEAP_VALUES_STATICS_H
#define HEAP_VALUES_STATICS_H

#include "heap/types/field.h"
#include "heap/types/field_layout.h"

struct statics_base {
	uint64_t address; /* 0: there is no storage yet */
	bool initialized; /* the class initialiser has run */
};

/* Do the GC's statics hold it: a reference, or a struct's box? */
bool field_is_in_gc_statics(const struct type_field *field);

/* The base in the class's module (8.0); `thread` NULL for ordinary statics. */
MUST_CHECK struct error *statics_of_module(struct heap *heap, const struct field_layout *layout,
					   const struct type_field *field,
					   const struct clr_thread *thread,
					   struct statics_base *ret);

#endif
