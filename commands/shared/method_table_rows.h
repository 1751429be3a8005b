/* The methods of a type as dumpmt -md lists them. */
#ifndef COMMANDS_SHARED_METHOD_TABLE_ROWS_H
#define COMMANDS_SHARED_METHOD_TABLE_ROWS_H

#include "commands/command.h"
#include "heap/types/type.h"

/* Virtual slots first, inherited ones too, then what else the class introduces. */
MUST_CHECK struct error *method_table_rows(struct command_call *call, const struct type *type);

#endif
