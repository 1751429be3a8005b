/*
 * Monitors: the threads that have entered, and those that wait. A lock that no thread ever had to
 * wait for is a thin lock, in the object's own header; others are in sync blocks, which a table
 * lists. Since .NET 11 a sync block leads to a System.Threading.Lock that does the work.
 * Facts: dotnet/runtime docs/design/datacontracts/SyncBlock.md, src/coreclr/vm/syncblk.h
 * (ObjHeader, AwareLock::LockState, SyncBlock, SyncTableEntry, SyncBlockCache), threads.h
 * (WaitEventLink), System.Private.CoreLib Lock.cs.
 */
#ifndef HEAP_LOCKS_SYNC_BLOCKS_H
#define HEAP_LOCKS_SYNC_BLOCKS_H

#include "heap/heap.h"

struct clr_thread;

struct sync_layout {
	struct field table_block, table_object;               /* SyncTableEntry */
	struct field free_index, table_size, cleanup;         /* SyncBlockCache */
	struct field monitor, interop, link, lock, thin_lock; /* SyncBlock */
	struct field state, recursion, thread, thread_id;     /* AwareLock */
	struct field wait_block, wait_thread, wait_link;      /* WaitEventLink */
	struct field header;                                  /* ObjectHeader */
	uint32_t entry_size, header_size;
	uint64_t thread_mask, recursion_mask, recursion_shift, not_thin, hash_bit, index_mask;
};

struct sync_blocks {
	struct heap *heap; /* borrowed */
	struct sync_layout layout;
	uint64_t entries, cache; /* the table; the SyncBlockCache */
	uint32_t count;          /* of sync blocks: indices 1 .. count */
};

struct sync_block {
	uint32_t index;
	bool is_free;                   /* its object has died: nothing else is set */
	uint64_t address;               /* of the SyncBlock; 0: none was made */
	uint64_t object;                /* that has the block */
	bool is_held;                   /* a thread has entered the monitor */
	uint32_t recursion;             /* how often it has: 1 and more; 0 when not held */
	uint32_t waiters;               /* threads that wait to enter */
	const struct clr_thread *owner; /* NULL: not held, or by no thread that there is */
	uint64_t owner_id;              /* of that: its managed id, or the Thread's address */
	uint64_t lock;                  /* a System.Threading.Lock; 0: it needs none */
	bool has_interop;
};

/* ERROR_UNSUPPORTED when this runtime's layouts lack the table, ERROR_FAULT when it is not in the
 * target, ERROR_BAD_DATA when it counts more blocks than it has room for. */
MUST_CHECK struct error *sync_blocks_open(struct heap *heap, struct sync_blocks *ret);

/* Index 1 .. count. ERROR_FAULT when the entry or its block cannot be read. */
MUST_CHECK struct error *sync_block_read(const struct sync_blocks *blocks, uint32_t index,
					 struct sync_block *ret);

/* The threads in Monitor.Wait on the block's object, first come first: at most `room` of them go to
 * `threads` (NULL entries: not known; since .NET 11 none is). *ret_count is how many there are;
 * *ret_known false: the list could not be followed. */
void sync_block_waiting(const struct sync_blocks *blocks, const struct sync_block *block,
			const struct clr_thread **threads, size_t room, uint32_t *ret_count,
			bool *ret_known);

/* The blocks that wait to be cleaned up by the finalizer thread: their addresses, in arena. */
MUST_CHECK struct error *sync_blocks_cleanup(const struct sync_blocks *blocks, struct arena *arena,
					     uint64_t **ret, size_t *ret_count);

struct thin_lock {
	uint32_t thread_id;              /* managed */
	uint32_t recursion;              /* entered again: 0 when entered once */
	const struct clr_thread *thread; /* NULL: no thread that there is has this id */
};

/* What the header of the object at `object` says; false: no thin lock, or unreadable. `reader`: the
 * walk's own, or the heap's. Needs an opened table for its layout only. */
bool thin_lock_read(const struct sync_blocks *blocks, struct reader *reader, uint64_t object,
		    struct thin_lock *ret);
/* Only the layout, for thin locks where the table itself is not there. */
MUST_CHECK struct error *thin_locks_open(struct heap *heap, struct sync_blocks *ret);

/* A monitor's state (AwareLock::LockState), and that of a System.Threading.Lock (its State: one bit
 * more below the count of waiters). */
static inline bool lock_state_is_held(uint32_t state)
{
	return state & 1;
}
static inline uint32_t monitor_state_waiters(uint32_t state)
{
	enum { WAITER_SHIFT = 6 };
	return state >> WAITER_SHIFT;
}
static inline uint32_t lock_state_waiters(uint32_t state)
{
	enum { WAITER_SHIFT = 7 };
	return state >> WAITER_SHIFT;
}

#endif
