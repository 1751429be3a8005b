/*
 * The table of fields that dumpobj, dumpvc, dumpclass and dumparray -details share: SOS's columns
 * in text, {mt, token, offset, type, is_value_type, is_static, name, value} in JSON.
 */
#ifndef COMMANDS_SHARED_FIELD_TABLE_H
#define COMMANDS_SHARED_FIELD_TABLE_H

#include "commands/command.h"
#include "heap/values/value.h"

/* Which of the two forms gets the table: an expanded object has its own place in each. */
enum field_table_form { FIELDS_BOTH, FIELDS_TEXT, FIELDS_JSON };

struct field_table {
	const struct type *type;
	uint64_t base;  /* address of the first field byte; 0: no instance, only statics have values
			 */
	bool is_object; /* offsets count from the object, else from the first field byte */
	enum field_table_form form;
	bool untitled; /* no line "Fields:" above it */
	bool nested;   /* JSON: the next column's table instead of one of its own under "fields" */
};

MUST_CHECK struct error *field_table_print(struct command_call *call,
					   const struct field_table *table);

/* A copy of columns for one form only: keys or titles taken away. */
void columns_for(enum field_table_form form, struct column *columns, size_t count);

#endif
