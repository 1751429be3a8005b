/* The table of the references inside an object, of dumpobjgcrefs and dumpobj -refs. */
#ifndef COMMANDS_SHARED_OBJECT_REFERENCES_H
#define COMMANDS_SHARED_OBJECT_REFERENCES_H

#include "commands/command.h"
#include "inspect/object_view.h"

/* "GC Refs:" and a table; JSON: references[]. What cannot be read is counted with
 * question_missing().
 */
MUST_CHECK struct error *object_references_print(struct command_call *call,
						 const struct object_view *view);

#endif
