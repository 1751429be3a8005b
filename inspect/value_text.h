/*
 * A value as a text of its own, for comparing with what a user typed: the words that render_value()
 * shows, a string's content, a struct as {Name: value, …}.
 */
#ifndef INSPECT_VALUE_TEXT_H
#define INSPECT_VALUE_TEXT_H

#include "base/text.h"
#include "heap/values/value.h"

enum tuple_form {
	TUPLE_VALUES, /* (1, a) */
	TUPLE_FIELDS, /* {Item1: 1, Item2: a}, as it is shown */
};

/* Appends to `to`; works in `arena`, which the caller resets. Structs go LIMIT_SHOWN_STRUCTS levels
 * deep. What cannot be read is "<unreadable>". */
MUST_CHECK struct error *value_text(struct heap *heap, const struct value *value,
				    enum tuple_form tuples, struct arena *arena, struct text *to);

#endif
