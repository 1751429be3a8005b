/* The record of a method that dumpmd and ip2md print: text in SOS's form, and JSON. */
#ifndef COMMANDS_SHARED_METHOD_RECORD_H
#define COMMANDS_SHARED_METHOD_RECORD_H

#include "commands/command.h"
#include "inspect/method_view.h"

/* The whole answer of dumpmd; `ip` not 0: ip2md's, with a line before it. */
void method_record_print(struct command_call *call, const struct method_view *view, uint64_t ip);

#endif
