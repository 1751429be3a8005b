/*
 * Locks that .NET's own library makes of managed fields, read by the fields' names:
 * System.Threading.Lock, SemaphoreSlim, ReaderWriterLockSlim, ManualResetEventSlim (dotnet/runtime
 * src/libraries/System.Private.CoreLib/src/System/Threading, files of those names).
 */
#ifndef HEAP_LOCKS_MANAGED_LOCKS_H
#define HEAP_LOCKS_MANAGED_LOCKS_H

#include "heap/types/type.h"

struct clr_thread;

enum managed_lock_kind {
	MANAGED_LOCK_NONE, /* the type is no lock */
	MANAGED_LOCK_LOCK,
	MANAGED_LOCK_SEMAPHORE,
	MANAGED_LOCK_READER_WRITER,
	MANAGED_LOCK_EVENT,
};

/* "System.Threading.Lock" … or a class derived from one. */
enum managed_lock_kind managed_lock_kind_of(struct heap *heap, const struct type *type);
const char *managed_lock_kind_name(enum managed_lock_kind kind); /* "Lock", "SemaphoreSlim" … */

struct managed_lock {
	enum managed_lock_kind kind;
	bool is_held;                   /* a semaphore: nothing is left; an event: never */
	uint64_t owner_id;              /* of a Lock or a writer, as the lock keeps it; 0: none */
	const struct clr_thread *owner; /* NULL: none, or no thread that there is */
	uint32_t recursion;             /* how often the owner has entered: 1 and more */
	uint32_t waiters;               /* threads that wait, of every sort */
	/* Semaphores: what is left, of how much; tasks of WaitAsync that wait. */
	int32_t count, maximum;
	uint32_t async_waiters;
	bool is_set; /* an event */
	/* Of a semaphore and an event: what the threads that wait are in Monitor.Wait on, a Lock
	 * where monitors are Locks; 0: none has waited yet. */
	uint64_t inner;
	/* Readers and writers. */
	bool is_written;
	uint32_t readers; /* the one in upgradeable mode included */
	uint32_t waiting_readers, waiting_writers, waiting_upgraders;
	bool waiting_to_upgrade; /* the one in upgradeable mode waits, and counts as a writer */
	uint64_t upgrader_id;    /* 0: no thread is in upgradeable mode */
	const struct clr_thread *upgrader;
	uint64_t lock_id;
};

/* ERROR_FAULT when a field cannot be read, or is not there. */
MUST_CHECK struct error *managed_lock_read(struct heap *heap, uint64_t address,
					   enum managed_lock_kind kind, struct managed_lock *ret);

/* The threads that hold a ReaderWriterLockSlim to read, from what each thread notes for itself. In
 * arena; fewer than lock->readers when a note cannot be read. */
MUST_CHECK struct error *reader_writer_readers(struct heap *heap, uint64_t address,
					       const struct managed_lock *lock, struct arena *arena,
					       const struct clr_thread ***ret, size_t *ret_count);

/* How many objects a chain has, from `first` (0: none) over the field `next`. false: it does not
 * end, or leads into unreadable memory. */
bool managed_chain_count(struct heap *heap, uint64_t first, const char *next, uint32_t *ret);

#endif
