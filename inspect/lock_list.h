/*
 * The locks of a process: monitors by sync block and thin lock, and the library's own (Lock,
 * SemaphoreSlim, ReaderWriterLockSlim, ManualResetEventSlim), with the threads that hold them and
 * those that wait.
 */
#ifndef INSPECT_LOCK_LIST_H
#define INSPECT_LOCK_LIST_H

#include "base/id_map.h"
#include "heap/clr_threads.h"
#include "heap/locks/managed_locks.h"
#include "heap/locks/sync_blocks.h"
#include "inspect/question.h"
#include "inspect/waits.h"

struct lock_row {
	uint64_t address;
	const struct type *type;         /* NULL: the object cannot be read */
	const struct managed_lock *lock; /* NULL: a monitor */
	const struct sync_block *block;  /* of a monitor; NULL: a thin lock */
	const struct clr_thread *const *holders;
	size_t holder_count;
	uint64_t gone; /* the id of a holder that is no thread any more; 0: none */
	bool is_held;
	uint32_t recursion; /* how often the holder has entered; 0: not said */
	uint64_t waiters;   /* threads that wait to enter, and tasks of WaitAsync */
	const struct clr_thread *const *entering; /* of these the threads that are known */
	size_t entering_count;
	const struct clr_thread *const *waiting; /* in Monitor.Wait, as far as they are known */
	size_t waiting_count;
	uint32_t in_wait;   /* how many threads are in Monitor.Wait */
	bool in_wait_known; /* false: they could not all be followed; of a sync block */
};

/* The row is there during the call. */
typedef struct error *(*lock_visitor)(const struct lock_row *row, void *context);

struct lock_list {
	const struct question *question; /* borrowed */
	bool all;                        /* also those that no thread holds or waits for */
	uint64_t held, waited_for;       /* of the rows that were given */
	uint64_t unreadable;             /* locks */
	bool walk_lost;     /* a part of the heap: what is not listed may be in it, or have a type
			       that has no name */
	struct waits waits; /* concluded when the visit has met all locks */
	/* Of the visit. */
	lock_visitor visit;
	void *context;
	struct sync_blocks blocks;
	bool has_thin_locks;
	struct arena holders;  /* of one lock */
	struct reader headers; /* of objects: the walk's reader is elsewhere */
	struct id_map inner;   /* Locks that only do a monitor's work */
};

/* What cannot be read of the runtime's tables is counted with question_missing(). In any case
 * lock_list_deinit() is due. */
MUST_CHECK struct error *lock_list_open(struct lock_list *list, const struct question *question,
					bool all);
void lock_list_deinit(struct lock_list *list);

/* The sync blocks, then the heap's objects. A lock that cannot be read is counted in `unreadable`.
 */
MUST_CHECK struct error *lock_list_visit(struct lock_list *list, lock_visitor visit, void *context);

/* The threads that hold a lock of the library: of readers and writers the writer, the one in
 * upgradeable mode and all readers. In arena; errors as reader_writer_readers() has them. */
MUST_CHECK struct error *lock_holders(struct heap *heap, uint64_t address,
				      const struct managed_lock *lock, struct arena *arena,
				      const struct clr_thread *const **ret, size_t *ret_count);

#endif
