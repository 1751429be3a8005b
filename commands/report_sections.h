/*
 * The parts of report: what the walk meets is given to report_meet(), then each part is printed. A
 * part that cannot be read is a line that says so, and is counted with call_missing().
 */
#ifndef COMMANDS_REPORT_SECTIONS_H
#define COMMANDS_REPORT_SECTIONS_H

#include "commands/heap_statistics.h"
#include "commands/tally.h"
#include "heap/types/exception.h"

struct report {
	struct command_call *call;
	struct heap_statistics statistics;
	struct tally exceptions;        /* by type and message */
	uint64_t exceptions_unreadable; /* whose message is not in the dump */
	struct tally tasks;             /* pending ones, by what they are */
	uint64_t tasks_unreadable;
	uint8_t *traits; /* of types, by type index */
	size_t trait_count;
	struct arena text; /* reset after each object */
	struct error *error;
};

void report_init(struct report *report);
void report_deinit(struct report *report);

/* An object of the walk, not free space. */
MUST_CHECK struct error *report_meet(struct report *report, const struct gc_object *object);

void report_exceptions_print(struct report *report);
void report_tasks_print(struct report *report);

/* Handles, timers, the pool: what the runtime's and the library's tables hold.
 */
MUST_CHECK struct error *report_tables_print(struct report *report);

#endif
