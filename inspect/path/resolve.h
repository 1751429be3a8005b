/*
 * Following a get path to a value: the root, members and indexes, a file each below this one
 * (steps.h). Every failure says which step failed, what is there, and what it has instead.
 */
#ifndef INSPECT_PATH_RESOLVE_H
#define INSPECT_PATH_RESOLVE_H

#include "heap/values/value.h"
#include "inspect/path/path.h"
#include "inspect/question.h"

struct clr_thread;

struct get {
	const struct question *question;
	struct heap *heap;
	struct path path;
	size_t steps_done;
	const struct clr_thread *thread; /* of thread statics; NULL: not said */
	struct value value;              /* where the path has led so far */
	/* A constant string has no object: then `units` is not NULL, and `value` unspecified. */
	const uint16_t *units;
	uint64_t unit_count;
	const char *via; /* getters that are nothing but a field: "Policies is _policies"; NULL */
};

/* Follows the whole path. ERROR_USAGE for a path that is none; ERROR_NOT_FOUND for a name, key or
 * index that is not there and for null on the way; ERROR_UNSUPPORTED for what only code can
 * compute.
 */
MUST_CHECK struct error *get_resolve(const struct question *question, const char *path,
				     const struct clr_thread *thread, struct get *ret);

/* The object that a path leads to. ERROR_NOT_FOUND for null; ERROR_USAGE where it is none. */
MUST_CHECK struct error *get_object(const struct question *question, const char *path,
				    uint64_t *ret_address);

/* The name of the type of get->value, as the last step left it; never NULL. Lives as long as the
 * heap. */
const char *get_type_name(const struct get *get);

/* ERROR_NOT_FOUND for a name that no type has: names those near to it. */
MUST_CHECK struct error *get_no_such_type(const struct question *question, const char *name);

/* The managed thread with this id; ERROR_NOT_FOUND names those there are. */
MUST_CHECK struct error *get_thread(struct heap *heap, uint64_t managed_id,
				    const struct clr_thread **ret);

#endif
