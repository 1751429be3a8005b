/*
 * A heap of many spans for a fake runtime, whatever its own GC says: small ones and a large one,
 * empty ones, damaged ones, some that cannot be read in part or at all, in turn. Its objects are of
 * some fifty types.
 */
#ifndef TESTS_UNIT_FAKE_HEAP_H
#define TESTS_UNIT_FAKE_HEAP_H

#include "heap/gc/gc_heap.h"
#include "tests/unit/fake_question.h"

enum {
	FAKE_HEAP_SPANS = 24,
	FAKE_HEAP_TYPES = 40, /* beside the runtime's own */
	FAKE_HEAP_BASE = 0x10000000,
	FAKE_HEAP_APART = 0x400000, /* bytes from one span's start to the next one's */
};

struct fake_heap {
	struct gc_span spans[FAKE_HEAP_SPANS];
	struct region readable[FAKE_HEAP_SPANS * 2];
	size_t readable_count;
	uint64_t types[FAKE_HEAP_TYPES]; /* MethodTables */
};

/* Puts it into the runtime's target. `objects`: of the large span; a small one has an eighth. */
void fake_heap_put(struct fake_heap *fake, struct fake_runtime *runtime, unsigned objects);

/* Makes it the heap that is walked; `fake` lives as long as `heap`. */
void fake_heap_use(struct fake_heap *fake, struct heap *heap);

/* A question to such a heap, walked by just so many threads; `fake` lives as long as `question`,
 * which is to be cleaned up in any case. */
MUST_CHECK struct error *fake_heap_ask(struct fake_heap *fake, unsigned objects, unsigned threads,
				       bool is_concurrent, struct fake_question *question);

#endif
