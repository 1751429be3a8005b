/*
 * The runtime's own threads (ThreadStore's list; dotnet/runtime
 * docs/design/datacontracts/Thread.md): read at open, because their allocation contexts cut the
 * walk of generation 0 and their thread-local data hold thread statics. What their handles lead to
 * is read when asked for (heap/values/exception.h).
 */
#ifndef HEAP_CLR_THREADS_H
#define HEAP_CLR_THREADS_H

#include "attach/target/reader.h"
#include "base/arena.h"

struct contract;

struct clr_thread {
	uint64_t address;
	uint32_t managed_id;
	uint64_t os_id;
	uint32_t state;
	uint64_t alloc_pointer, alloc_limit; /* both 0: no allocation context */
	bool is_cooperative;                 /* in GC mode "cooperative", else "preemptive" */
	uint64_t managed_object;             /* a handle of its System.Threading.Thread; 0: none */
	uint64_t last_thrown;                /* a handle of an exception; 0: none */
	uint64_t exception_tracker;          /* ExceptionInfo of the exception in flight; 0: none */
};

/* Thread.State (src/coreclr/vm/threads.h: ThreadState; Thread.md). */
enum {
	/* TS_Dead: has ended, and is listed as long as its managed object is kept. What its fields
	 * lead to may belong to another thread by now. */
	THREAD_STATE_DEAD = 0x800,
	THREAD_STATE_WORKER = 0x01000000,          /* of the thread pool */
	THREAD_STATE_WAITING = 0x02000000,         /* in a wait, a sleep or a join */
	THREAD_STATE_COMPLETION_PORT = 0x08000000, /* of the thread pool, before .NET 9 */
};

struct clr_threads {
	struct clr_thread *threads;
	size_t count;
	uint64_t expected_count;                       /* ThreadStore.ThreadCount */
	uint64_t unstarted, background, pending, dead; /* as the store counts them */
	uint64_t store_variable;       /* where the runtime keeps the pointer to its thread store */
	uint64_t finalizer, suspender; /* addresses of special threads; 0: none, or unreadable */
};

/* ERROR_BAD_DATA when the list is not as long as the store says. */
MUST_CHECK struct error *clr_threads_read(struct reader *reader, const struct contract *contract,
					  struct arena *arena, struct clr_threads **ret);

#endif
