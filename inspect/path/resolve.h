/*
 * Following a get path to a value: the root (get_root.c), members (get_member.c, get_getter.c) and
 * indexes (get_index.c). Every failure says which step failed, what stands there, and what it has
 * instead.
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
 * index that is not there and for null on the way; ERROR_UNSUPPORTED for what only code can tell.
 */
MUST_CHECK struct error *get_resolve(const struct question *question, const char *path,
				     const struct clr_thread *thread, struct get *ret);

/* The object that a path leads to. ERROR_NOT_FOUND for null; ERROR_USAGE where it is none. */
MUST_CHECK struct error *get_object(const struct question *question, const char *path,
				    uint64_t *ret_address);

/* ERROR_NOT_FOUND for a type's name that is nobody's: names those near to it. */
MUST_CHECK struct error *get_no_such_type(const struct question *question, const char *name);

/* The managed thread with this id; ERROR_NOT_FOUND names those there are. */
MUST_CHECK struct error *get_thread(struct heap *heap, uint64_t managed_id,
				    const struct clr_thread **ret);

/* The rest is the inside of the files named above. */

/* The path up to here, as it was typed; in scratch, never NULL. */
const char *get_so_far(const struct get *get);
/* The type of get->value for messages. */
const char *get_type_name(const struct get *get);

MUST_CHECK struct error *get_root(struct get *get);
MUST_CHECK struct error *get_member(struct get *get, const char *name);
MUST_CHECK struct error *get_index(struct get *get, const struct path_step *step);

/* What a name means in a type. */
enum member_kind { MEMBER_NONE, MEMBER_FIELD, MEMBER_PROPERTY, MEMBER_CONSTANT };
struct member_found {
	enum member_kind kind;
	const struct type *type;        /* the class that has it: the type asked or a parent */
	const struct type_field *field; /* MEMBER_FIELD */
	uint32_t row; /* MEMBER_PROPERTY: the getter's MethodDef; MEMBER_CONSTANT: the Field */
};
/* Of an instance, or of the type itself. */
MUST_CHECK struct error *member_find(struct heap *heap, const struct type *type, const char *name,
				     bool statics, struct member_found *ret);

/* Appends " it has A, B, …" or " it has no members": those nearest to the name, at most ten. */
enum member_set { FIELDS_ONLY, FIELDS_AND_PROPERTIES };
struct text;
MUST_CHECK struct error *member_list(struct heap *heap, const struct type *type, const char *name,
				     bool statics, enum member_set set, struct text *to);

/* Reads the static into get->value; `shown` names it in messages. */
MUST_CHECK struct error *get_static_field(struct get *get, const struct type_field *field,
					  const char *shown);
/* Reads the constant (a literal has no memory, only its row). */
MUST_CHECK struct error *get_constant(struct get *get, const struct type *type, uint32_t row);

/* Follows a getter that is nothing but a field of what get->value is (or a static of its type when
 * `statics`); ERROR_UNSUPPORTED says what the code reads. */
MUST_CHECK struct error *get_getter(struct get *get, const struct member_found *property,
				    const char *name, bool statics);

#endif
