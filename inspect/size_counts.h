/* How many objects, and free blocks, of each size, by generation. */
#ifndef INSPECT_SIZE_COUNTS_H
#define INSPECT_SIZE_COUNTS_H

#include "base/id_map.h"
#include "heap/gc/gc_heap.h"
#include "inspect/question.h"

struct size_count {
	uint64_t size, count; /* bytes, rounded up to the GC's alignment as SOS does */
};

struct size_list {
	struct id_map by_size; /* size -> index in items */
	struct size_count *items;
	size_t count, capacity;
};

struct size_counts {
	struct {
		struct size_list objects, free_space; /* the smallest size first */
	} generations[GENERATION_COUNT];
};

/* Walks the heap on all threads. Begins zeroed. Errors as of heap_filter_walk(). */
MUST_CHECK struct error *size_counts_read(const struct question *question, struct size_counts *ret);
void size_counts_deinit(struct size_counts *counts);

#endif
