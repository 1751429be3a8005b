/*
 * The inside of resolve.h, from the lowest file up: messages (so_far.c), names in classes
 * (member_find.c), statics and constants (static_member.c), getters (getter.c), and the steps:
 * members (member.c), indexes (index.c), the root (root.c). resolve.c follows a path by them.
 */
#ifndef INSPECT_PATH_STEPS_H
#define INSPECT_PATH_STEPS_H

#include "inspect/path/resolve.h"

/* The path up to here, as it was typed; in scratch, never NULL. */
const char *get_so_far(const struct get *get);
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

/* The steps: each replaces get->value by what the step leads to, and fails as get_resolve() says.
 * The root also counts the steps of the path that are its names. */
MUST_CHECK struct error *get_member(struct get *get, const char *name);
MUST_CHECK struct error *get_index(struct get *get, const struct path_step *step);
MUST_CHECK struct error *get_root(struct get *get);

#endif
