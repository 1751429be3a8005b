/* dumpheap -strings: how often each content occurs. */
#ifndef COMMANDS_SHARED_DUMPHEAP_STRINGS_H
#define COMMANDS_SHARED_DUMPHEAP_STRINGS_H

#include "commands/command.h"
#include "inspect/string_counts.h"

/* After string_counts_end(). */
void string_counts_print(struct output *out, const struct string_counts *counts);

#endif
