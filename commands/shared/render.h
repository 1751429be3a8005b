/*
 * How a value is shown: the same everywhere (do, dumpvc, dumparray, dumpdict, get, statics). JSON
 * has docs/DESIGN.md's forms; text is the value written on one line: 42, True, 'x', "text", Green,
 * null, an object as `7f0a4c013a48 Demo.Policy`, a struct as {Name: value, …}, backing fields by
 * their properties' names.
 */
#ifndef COMMANDS_SHARED_RENDER_H
#define COMMANDS_SHARED_RENDER_H

#include "commands/command.h"
#include "heap/values/value.h"

/* Emits the value in the place that comes next (a column, a member, an array's element). Strings
 * show their content, at most LIMIT_SHOWN_STRING_UNITS of it. Structs go `depth` levels deep, the
 * rest of them shown as their type; arrays and objects are references. What cannot be read is
 * counted with question_missing() and shown as "<unreadable>" (JSON null). */
MUST_CHECK struct error *render_value(struct command_call *call, const struct value *value,
				      unsigned depth);

/* As SOS writes it in the Value column of a field table: a reference or a struct as the 16-digit
 * address of the object or of the struct's bytes, numbers in decimal, booleans 0 or 1, a char in
 * hex. In scratch; never NULL. */
const char *render_sos_text(struct command_call *call, const struct value *value);

#endif
