/*
 * What each GC heap remembers of the last allocation that it had to refuse (src/coreclr/gc/
 * gcinterface.dac.h: oom_reason, failure_get_memory, dac_oom_history;
 * docs/design/datacontracts/GC.md: GetOomData).
 */
#ifndef HEAP_GC_OOM_HISTORY_H
#define HEAP_GC_OOM_HISTORY_H

#include "heap/gc/gc_heap.h"

enum oom_reason {
	OOM_NONE,
	OOM_BUDGET,
	OOM_CANT_COMMIT,
	OOM_CANT_RESERVE,
	OOM_LOH,
	OOM_LOW_MEMORY,
	OOM_UNPRODUCTIVE_FULL_GC,
};

enum memory_failure {
	MEMORY_FAILURE_NONE,
	MEMORY_FAILURE_RESERVE_SEGMENT,
	MEMORY_FAILURE_COMMIT_SEGMENT_BEGIN,
	MEMORY_FAILURE_COMMIT_EPHEMERAL,
	MEMORY_FAILURE_GROW_TABLE,
	MEMORY_FAILURE_COMMIT_TABLE,
};

struct oom_history {
	uint32_t heap;
	uint32_t reason;          /* enum oom_reason, or one that is not known */
	uint32_t memory_failure;  /* enum memory_failure, or one that is not known */
	uint64_t allocation_size; /* bytes that were asked for */
	uint64_t gc_index;        /* number of the collection */
	uint64_t size;            /* bytes that could not be reserved or committed */
	uint64_t available_commit_mb;
	bool is_large; /* for the large object heap */
};

/* gc->heap_count of them, in arena. ERROR_UNSUPPORTED when this runtime's layouts lack them,
 * ERROR_FAULT when one cannot be read. */
MUST_CHECK struct error *oom_histories_read(struct heap *heap, struct arena *arena,
					    struct oom_history **ret);

#endif
