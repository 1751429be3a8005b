/* The table that SOS prints of count and size by type. */
#ifndef COMMANDS_SHARED_STATISTICS_TABLE_H
#define COMMANDS_SHARED_STATISTICS_TABLE_H

#include "commands/command.h"
#include "inspect/heap_statistics.h"

/* "Statistics:", the table (ascending by size, or by count) and the total. Types without a name are
 * counted and explained once. */
MUST_CHECK struct error *statistics_table_print(struct command_call *call,
						const struct heap_statistics *statistics,
						bool by_count);

#endif
