/* The lines above a field table, in dumpobj, dumparray and dumpvc: name, MethodTable, size, file.
 */
#ifndef COMMANDS_SHARED_OBJECT_HEADER_H
#define COMMANDS_SHARED_OBJECT_HEADER_H

#include "commands/shared/field_table.h"
#include "heap/gc/object_walk.h"

struct object_view {
	struct gc_object object;
	const struct type *type;
	bool is_array, is_string;
	bool shows_class;         /* a line with the EEClass too, as dumparray has it */
	struct array_shape shape; /* arrays */
};

/* Reads what stands at the address; ERROR_BAD_DATA or ERROR_FAULT when that is no object. */
MUST_CHECK struct error *object_view_read(struct command_call *call, uint64_t address,
					  struct object_view *ret);

/* Name, MethodTable, size, then what fits: the array's shape, the file, the string. */
MUST_CHECK struct error *object_header_print(struct command_call *call,
					     const struct object_view *view,
					     enum field_table_form form);

/* The path of the file a type is defined in; "" when there is none. */
const char *type_file(const struct type *type);

#endif
