/*
 * The type of the object at an address that something else refers to. An object that is
 * not there, or whose type cannot be read, is no error: it has no type.
 */
#ifndef HEAP_VALUES_OBJECT_TYPE_H
#define HEAP_VALUES_OBJECT_TYPE_H

#include "heap/types/type.h"

/* *ret NULL: there is no object (0 is none), or its type is unreadable. ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *object_type(struct heap *heap, uint64_t object, const struct type **ret);

#endif
