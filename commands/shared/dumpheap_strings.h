/*
 * dumpheap -strings: how often each content occurs. As in SOS strings count as equal when their
 * size and their first 1024 characters are. Memory is capped: contents that come after the cap is
 * reached are counted together, and the answer says so.
 */
#ifndef COMMANDS_SHARED_DUMPHEAP_STRINGS_H
#define COMMANDS_SHARED_DUMPHEAP_STRINGS_H

#include "commands/command.h"
#include "heap/gc/object_walk.h"

struct string_table;

MUST_CHECK struct error *string_table_new(struct command_call *call, struct string_table **ret);
void string_table_free(struct string_table *table); /* NULL is allowed */

/* ERROR_NO_MEMORY only: a string that cannot be read is counted, not an error. */
MUST_CHECK struct error *string_table_add(struct string_table *table,
					  const struct gc_object *object);

MUST_CHECK struct error *string_table_print(struct string_table *table, bool by_count);

#endif
