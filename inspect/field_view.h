/* A field as the table of fields shows it: its type, and its value or why there is none. */
#ifndef INSPECT_FIELD_VIEW_H
#define INSPECT_FIELD_VIEW_H

#include "heap/values/value.h"
#include "inspect/question.h"

struct clr_thread;

enum field_state {
	FIELD_HAS_VALUE,
	FIELD_WITHOUT_INSTANCE, /* an instance field, and there is no instance */
	FIELD_PER_THREAD,       /* a thread static: field_of_thread_read() */
	FIELD_UNINITIALIZED,    /* the class initialiser has not run */
	FIELD_UNREADABLE,       /* which was counted */
};

struct field_view {
	const struct type_field *field;
	const struct type *type; /* NULL: it cannot be read, which was counted */
	bool is_value_type;
	enum field_state state;
	struct value value; /* FIELD_HAS_VALUE */
};

/* Of the instance whose first field byte is at `base`; 0: there is none, only statics have values.
 * Fails only of what error_is_fatal(). */
MUST_CHECK struct error *field_view_read(const struct question *question,
					 const struct type_field *field, uint64_t base,
					 struct field_view *ret);

/* The same of a thread static, for a thread. */
MUST_CHECK struct error *field_of_thread_read(const struct question *question,
					      const struct type_field *field,
					      const struct clr_thread *thread,
					      struct field_view *ret);

#endif
