/*
 * The parts of report: what the walk meets is given to report_meet(), then each part is printed. A
 * part that cannot be read is a line that says so, and is counted with question_missing().
 */
#ifndef COMMANDS_SHARED_REPORT_SECTIONS_H
#define COMMANDS_SHARED_REPORT_SECTIONS_H

#include "base/id_map.h"
#include "heap/locks/sync_blocks.h"
#include "heap/values/exception.h"
#include "inspect/heap_statistics.h"
#include "inspect/tally.h"
#include "inspect/type_bytes.h"

/* Locks of one sort: how many are held, and how many of all are waited for. */
struct report_locks {
	uint64_t held, contended;
};

struct report {
	struct command_call *call;
	struct heap_statistics statistics;
	struct tally exceptions;        /* by type and message */
	uint64_t exceptions_unreadable; /* whose message is not in the dump */
	struct tally tasks;             /* pending ones, by what they are */
	uint64_t tasks_unreadable;
	struct sync_blocks thin_layout; /* .heap NULL: thin locks cannot be told */
	struct reader headers;          /* of objects, before where the walk reads */
	struct report_locks monitors;   /* those of sync blocks, and thin locks */
	struct report_locks other;      /* Lock, SemaphoreSlim, ReaderWriterLockSlim */
	struct id_map inner_locks;      /* Locks that do a monitor's work: they are that one */
	struct error *monitors_error;   /* why there are none; owned */
	uint64_t locks_unreadable;
	struct type_bytes traits;
	struct arena text; /* reset after each object */
};

/* ERROR_NO_MEMORY only; report_deinit() is due all the same. */
MUST_CHECK struct error *report_init(struct report *report);
void report_deinit(struct report *report);

/* Before the walk: the monitors that have a sync block. */
MUST_CHECK struct error *report_monitors_read(struct report *report);

/* An object of the walk, not free space. */
MUST_CHECK struct error *report_meet(struct report *report, const struct gc_object *object);

void report_exceptions_print(struct report *report);
void report_tasks_print(struct report *report);

/* Finalizers, handles, locks, timers, the pool: what the runtime's and the library's tables hold.
 */
MUST_CHECK struct error *report_tables_print(struct report *report);

#endif
