/* The lines above a field table, in dumpobj, dumparray and dumpvc: name, MethodTable, size, file.
 */
#ifndef COMMANDS_SHARED_OBJECT_HEADER_H
#define COMMANDS_SHARED_OBJECT_HEADER_H

#include "commands/command.h"
#include "inspect/object_view.h"

/* Name, MethodTable, size, then what fits: the array's shape, the file, the string. `shows_class`:
 * the EEClass too, as dumparray has it. */
MUST_CHECK struct error *object_header_print(struct command_call *call,
					     const struct object_view *view, bool shows_class);

/* Of a struct at an address, as dumpvc has it: the size is that of a boxed one. */
void struct_header_print(struct command_call *call, const struct type *type, uint64_t address);

#endif
