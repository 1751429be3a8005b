/*
 * The references inside an object: which of its words the GC follows, as its type's GCDesc says
 * (src/coreclr/gc/gc.cpp: go_through_object; heap/gc/reference_plan.h).
 */
#ifndef HEAP_GC_REFERENCES_H
#define HEAP_GC_REFERENCES_H

#include "heap/gc/object_walk.h"
#include "heap/gc/reference_plan.h"

/* `offset` from the object's address, in bytes; `target` as it is there, never 0. */
typedef struct error *(*reference_visitor)(uint32_t offset, uint64_t target, void *context);

/* Visits each reference that is not null, ascending within a run of them. Objects of types without
 * pointers have none. The object's bytes are read through the plans' reader, which the visitor
 * leaves alone: it asks for no other object's references of the same plans. ERROR_FAULT when the
 * GCDesc or a part of the object cannot be read, ERROR_BAD_DATA when the GCDesc does not fit the
 * object, both after the references that come before; the visitor's errors, error_stop among them:
 * an object is a piece of the caller's visit. A visitor that reads takes damage itself: here it
 * would be taken for the object's. */
MUST_CHECK struct error *object_visit_references(struct reference_plans *plans,
						 const struct gc_object *object,
						 reference_visitor visit, void *context);

#endif
