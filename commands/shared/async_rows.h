/* dumpasync's two pictures of the graph of tasks: a stack from each root, and stacks alike as one.
 */
#ifndef COMMANDS_SHARED_ASYNC_ROWS_H
#define COMMANDS_SHARED_ASYNC_ROWS_H

#include "commands/command.h"
#include "inspect/async_view.h"

MUST_CHECK struct error *async_stacks_print(struct command_call *call, struct async_view *view,
					    bool with_fields);
MUST_CHECK struct error *async_groups_print(struct command_call *call, struct async_view *view);

/* A frame's fields as the next cell, an object of them; text has a line for each, `indent` blanks
 * further in. */
MUST_CHECK struct error *async_fields_print(struct command_call *call, const struct type *type,
					    uint64_t base, int indent);

#endif
