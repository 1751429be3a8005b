/*
 * The table of fields that dumpobj, dumpvc, dumpclass and dumparray -details share: SOS's columns
 * in text, {mt, token, offset, type, is_value_type, is_static, name, value} in JSON.
 */
#ifndef COMMANDS_SHARED_FIELD_TABLE_H
#define COMMANDS_SHARED_FIELD_TABLE_H

#include "commands/command.h"
#include "heap/values/value.h"

struct field_table {
	const struct type *type;
	uint64_t base;  /* address of the first field byte; 0: no instance, only statics have values
			 */
	bool is_object; /* offsets count from the object, else from the first field byte */
	bool untitled;  /* no line "Fields:" above it */
	/* In place of the next column's value, without a table of thread statics after it; else
	 * under "fields". */
	bool nested;
};

MUST_CHECK struct error *field_table_print(struct command_call *call,
					   const struct field_table *table);

#endif
