/*
 * Members of objects of the base library, by the names that its source gives them: what a command
 * knows of Task, TimerQueue or ThreadPool is names, never offsets. What is not there (no such
 * field, an object that is damaged or not in the dump) is "not read", never an error:
 * ERROR_NO_MEMORY and ERROR_CANCELLED only.
 */
#ifndef HEAP_TASKS_MEMBERS_H
#define HEAP_TASKS_MEMBERS_H

#include "heap/values/object_type.h"
#include "heap/values/value.h"

/* An instance field that refers to an object; *ret 0: null, or not read. */
MUST_CHECK struct error *member_object(struct heap *heap, uint64_t object, const char *name,
				       uint64_t *ret);

/* An instance field that is a number, a bool or an enum, sign-extended when it is signed; false:
 * not read. */
MUST_CHECK struct error *member_number(struct heap *heap, uint64_t object, const char *name,
				       uint64_t *ret, bool *ret_read);

/* A static of a class of CoreLib; `names` ends with NULL and holds every spelling that a runtime
 * has for it. *ret.kind VALUE_NULL: nothing is there, or the class was not used yet;
 * VALUE_UNREADABLE: neither can be said. Where CoreLib's metadata is what cannot be read, the heap
 * has met_unnamed. */
MUST_CHECK struct error *member_static(struct heap *heap, const char *class_name,
				       const char *const *names, struct value *ret);

/* The object that a value holds; 0: none. */
static inline uint64_t member_of_value(const struct value *value)
{
	return value->kind == VALUE_REFERENCE ? value->bits : 0;
}

#endif
