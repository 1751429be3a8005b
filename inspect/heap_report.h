/*
 * What is worth knowing of a heap, for one page: threads, what one walk of the heap finds, and what
 * the runtime's and the library's tables hold; and what there is to conclude at once. Read in four
 * steps, in this order:
 *
 *	CLEANUP(heap_report_deinit) struct heap_report report;
 *	TRY(heap_report_init(&report, question));
 *	TRY(heap_report_threads(&report));
 *	TRY(heap_report_process(&report));
 *	TRY(heap_report_objects(&report));
 *	TRY(heap_report_tables(&report));
 *
 * A part that cannot be read is counted with question_missing() and is zero; it ends nothing.
 */
#ifndef INSPECT_HEAP_REPORT_H
#define INSPECT_HEAP_REPORT_H

#include "base/id_map.h"
#include "heap/gc/finalize_queue.h"
#include "heap/gc/handles.h"
#include "heap/locks/sync_blocks.h"
#include "heap/tasks/thread_pool.h"
#include "heap/tasks/timers.h"
#include "heap/values/exception.h"
#include "inspect/crash.h"
#include "inspect/gc_settings.h"
#include "inspect/heap_statistics.h"
#include "inspect/large_arrays.h"
#include "inspect/memory_use.h"
#include "inspect/pool_starvation.h"
#include "inspect/tally.h"
#include "inspect/type_bytes.h"
#include "inspect/waits.h"

enum { REPORT_TYPES = 10 };

/* Locks of one sort: how many are held, and how many of all are waited for. */
struct report_locks {
	uint64_t held, contended;
};

/* Which of the tables could be read, and which sorts of objects can be told. */
enum report_part {
	REPORT_FINALIZERS = 1,
	REPORT_HANDLES = 2,
	REPORT_LOCKS = 4,
	REPORT_TIMERS = 8,
	REPORT_POOL = 16,
	REPORT_TASKS = 32,
	REPORT_OTHER_LOCKS = 64,
};

struct heap_report {
	const struct question *question;

	/* heap_report_threads() */
	uint64_t pool_threads, threads_with_exception;

	/* heap_report_process() */
	bool has_crash;
	struct crash crash;
	const struct clr_thread *crash_thread; /* NULL: no managed one */
	struct view_string crash_thread_name;
	struct memory_use memory;
	struct gc_settings settings;

	/* Begun by heap_report_process(), concluded by heap_report_objects() where there are any.
	 */
	struct waits waits;
	bool waits_concluded;
	/* Locks that may be part of a deadlock, and could not be read; and one for what the walk
	 * could not read, or not tell by its type. */
	uint64_t locks_lost;

	/* heap_report_objects(): nothing when the heap has no_objects */
	struct heap_statistics statistics;
	struct type_statistic free_space;
	uint32_t largest[REPORT_TYPES]; /* types by index, the largest first */
	size_t largest_count;
	uint64_t generation_bytes[GENERATION_COUNT]; /* objects, and the space between them */
	uint64_t object_bytes[GENERATION_COUNT];     /* of that, objects */
	uint64_t context_bytes; /* of gen0, given to threads and not used yet: in no generation */
	/* By type and message, sorted; without those that the runtime made in advance, unless a
	 * thread has thrown one. */
	struct tally exceptions;
	uint64_t preallocated_exceptions; /* that are left out therefore */
	struct large_arrays large;
	struct tally tasks; /* pending ones, by what they are; sorted */

	/* heap_report_tables() */
	unsigned parts; /* a bit for each that was read; of objects after the walk */
	struct finalize_counts finalizers;
	struct gc_handle_counts handles;
	struct report_locks monitors; /* those of sync blocks, and thin locks */
	struct report_locks other;    /* Lock, SemaphoreSlim, ReaderWriterLockSlim */
	uint64_t timers;
	struct thread_pool pool;
	struct pool_starvation starvation;
	struct work_found work;

	/* Of the walk alone. */
	uint64_t exceptions_unreadable; /* their messages are not in the dump */
	uint64_t tasks_unreadable, locks_unreadable;
	uint64_t other_locks;           /* met, held or not */
	struct sync_blocks thin_layout; /* .heap NULL: thin locks are not known */
	struct large_part large_part;
	struct id_map thrown;         /* exceptions of threads: address -> 0 */
	struct id_map inner_locks;    /* Locks that do a monitor's work: they are that one */
	struct error *monitors_error; /* why there are none; owned */
	struct arena text;            /* reset after each object */
};

/* The question is borrowed; texts are in its scratch arena. ERROR_NO_MEMORY only;
 * heap_report_deinit() is due all the same. */
MUST_CHECK struct error *heap_report_init(struct heap_report *report,
					  const struct question *question);
void heap_report_deinit(struct heap_report *report);

MUST_CHECK struct error *heap_report_threads(struct heap_report *report);
MUST_CHECK struct error *heap_report_process(struct heap_report *report);
MUST_CHECK struct error *heap_report_objects(struct heap_report *report);
MUST_CHECK struct error *heap_report_tables(struct heap_report *report);

#endif
