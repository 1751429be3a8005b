/*
 * Who waits for whom: what each managed thread waits for, who holds that, the circles that this
 * makes, and what is behind them. Asked in three steps:
 *
 *	CLEANUP(waits_deinit) struct waits waits;
 *	TRY(waits_read(&waits, question));      what the runtime notes of each thread: no walk
 *	TRY(waits_add_lock(&waits, …));         each lock of the library that a walk meets; may be
 *left out TRY(waits_conclude(&waits));            circles
 *
 * A circle is made of what has an owner: monitors, System.Threading.Lock, and a
 * ReaderWriterLockSlim that its thread in upgradeable mode wants to write to. What has none
 * (Monitor.Wait, and so SemaphoreSlim and ManualResetEventSlim, whose threads are in it) is a wait
 * without an owner, and never in a circle. What cannot be read is counted: where anything is,
 * "there is no deadlock" must not be said (waits_know_all()).
 */
#ifndef INSPECT_WAITS_H
#define INSPECT_WAITS_H

#include "base/id_map.h"
#include "heap/clr_threads.h"
#include "heap/locks/managed_locks.h"
#include "inspect/question.h"

enum wait_kind {
	WAIT_MONITOR,       /* to enter a monitor */
	WAIT_LOCK,          /* to enter a System.Threading.Lock */
	WAIT_READER_WRITER, /* to write, where the thread is in upgradeable mode */
	WAIT_PULSE,         /* in Monitor.Wait: nobody holds what the thread waits for */
};
const char *wait_kind_name(enum wait_kind kind); /* "Monitor", "Lock", … "Monitor.Wait" */

enum wait_place {
	WAIT_FREE,      /* waits for nothing that is stuck */
	WAIT_IN_CYCLE,  /* one of a circle */
	WAIT_BEHIND,    /* for a thread of a circle, or for one that waits for one … */
	WAIT_ABANDONED, /* for a lock whose holder has ended, or behind one that does */
};

struct wait {
	const struct clr_thread *thread;
	enum wait_kind kind;
	uint64_t object; /* the object that is entered; 0: not known, the wait is `unresolved` */
	const struct clr_thread *const *owners; /* readers hold too */
	size_t owner_count;
	uint64_t gone;         /* the id of an owner that has ended; 0: none */
	bool holder_lost;      /* the lock, or who holds that, cannot be read */
	bool timeout_known;    /* false: whether it has one cannot be known */
	int32_t timeout_ms;    /* of the whole wait, not what is left of it; -1: none */
	enum wait_place place; /* after waits_conclude() */
	uint32_t next;         /* wait_next_on(): its number; 0: none */
	uint32_t last;         /* of the first for the object: the number of the last one */
	/* Of waits_read() alone: the lock that the note names, and whether the thread holds that.
	 */
	uint64_t key;
	bool entered;
};

/* Each waits for what the next one holds, and the last for what the first does. */
struct wait_cycle {
	const struct wait *const *waits;
	size_t count;
	bool timeouts_known; /* of all its waits */
	int32_t timeout_ms;  /* the shortest: the circle ends then, at the latest; -1: none */
};

enum { LOCK_THREADS_MAX = 64 }; /* of one lock, that are shown */
enum { WAIT_CYCLES_MAX = 64 };  /* that are kept; `cycle_count` says how many there are */

struct waits {
	const struct question *question; /* borrowed */
	struct wait *waits; /* in the order of the runtime's threads, then of the locks */
	size_t count;
	const struct wait_cycle *cycles; /* at most WAIT_CYCLES_MAX */
	size_t cycle_count;
	size_t behind;    /* threads that wait behind a circle */
	size_t abandoned; /* … for a thread that has ended, or behind one that does */
	/* What is not known. */
	const char *lack; /* why the notes of no thread can be read, one clause; NULL: they can */
	uint64_t threads_unreadable; /* whose notes cannot be read */
	uint64_t unresolved;         /* waits whose lock or holder cannot be read */
	/* Threads that a held lock counts as waiting, and no note names. */
	uint64_t unnamed;
	/* Of the work. */
	struct arena arena;
	size_t capacity;
	bool blocks_lost;        /* a sync block, or all, could not be read */
	uint32_t *of_thread;     /* the number of the thread's wait, from 1 on; 0: none */
	struct id_map of_object; /* the number of the first wait for it */
};

/* The runtime's notes, and by its own tables who holds what they name. What cannot be read is
 * counted with question_missing(); that a runtime keeps no notes that are known is `lack` alone.
 * ERROR_NO_MEMORY, ERROR_CANCELLED only; waits_deinit() is due in any case. */
MUST_CHECK struct error *waits_read(struct waits *waits, const struct question *question);
void waits_deinit(struct waits *waits);

/* A lock that a walk met, with the threads that hold it: adds the wait of one that is in
 * upgradeable mode and wants to write, and counts those that wait and are not named. `lock` NULL: a
 * monitor, of which `waiters` wait. The holders are copied. */
MUST_CHECK struct error *waits_add_lock(struct waits *waits, uint64_t address,
					const struct managed_lock *lock, uint64_t waiters,
					const struct clr_thread *const *holders,
					size_t holder_count);

/* Finds the circles, and gives each wait its place. Once. */
MUST_CHECK struct error *waits_conclude(struct waits *waits);

/* What the thread waits for; NULL: nothing that is known. */
const struct wait *wait_of_thread(const struct waits *waits, const struct clr_thread *thread);

/* The waits for an object, of every kind, one after the other; NULL: there is none, or no more. */
const struct wait *wait_first_on(const struct waits *waits, uint64_t object);
const struct wait *wait_next_on(const struct waits *waits, const struct wait *wait);

/* The threads that want to enter the object, and are known: at most `room` of them. How many went
 * to `threads`. */
size_t waits_to_enter(const struct waits *waits, uint64_t object, const struct clr_thread **threads,
		      size_t room);
/* … that are in Monitor.Wait on it. */
size_t waits_for_pulse(const struct waits *waits, uint64_t object,
		       const struct clr_thread **threads, size_t room);

/* Could all be read that could make a circle? Of ReaderWriterLockSlims this holds only when a walk
 * met all of them. */
bool waits_know_all(const struct waits *waits);

#endif
