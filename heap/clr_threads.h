/*
 * The runtime's own threads (ThreadStore's list; dotnet/runtime
 * docs/design/datacontracts/Thread.md): read at open, because their allocation contexts cut the
 * walk of generation 0 and their thread-local data hold thread statics.
 */
#ifndef HEAP_CLR_THREADS_H
#define HEAP_CLR_THREADS_H

#include "attach/reader.h"
#include "base/arena.h"

struct contract;

struct clr_thread {
	uint64_t address;
	uint32_t managed_id;
	uint64_t os_id;
	uint32_t state;
	uint64_t alloc_pointer, alloc_limit; /* both 0: no allocation context */
};

struct clr_threads {
	struct clr_thread *threads;
	size_t count;
	uint64_t expected_count; /* ThreadStore.ThreadCount */
};

/* ERROR_BAD_DATA when the list is not as long as the store says. */
MUST_CHECK struct error *clr_threads_read(struct reader *reader, const struct contract *contract,
					  struct arena *arena, struct clr_threads **ret);

#endif
