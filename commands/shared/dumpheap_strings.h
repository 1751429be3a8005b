/* dumpheap -strings: how often each content occurs. */
#ifndef COMMANDS_SHARED_DUMPHEAP_STRINGS_H
#define COMMANDS_SHARED_DUMPHEAP_STRINGS_H

#include "commands/command.h"
#include "inspect/string_counts.h"

/* After string_counts_sort(); reads the contents. Fatal errors only. */
MUST_CHECK struct error *string_counts_print(struct output *out, struct string_counts *counts);

#endif
