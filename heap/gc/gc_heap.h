/*
 * The GC heap: heaps, generations, segments or regions, and the spans to walk. Facts:
 * docs/RUNTIME-TABLE.md 1b and 1c; dotnet/runtime src/coreclr/gc/gcinterface.dac.h, gcpriv.h,
 * docs/design/datacontracts/GC.md.
 */
#ifndef HEAP_GC_GC_HEAP_H
#define HEAP_GC_GC_HEAP_H

#include "heap/heap.h"

enum gc_generation {
	GENERATION_0,
	GENERATION_1,
	GENERATION_2,
	GENERATION_LARGE,  /* LOH */
	GENERATION_PINNED, /* POH */
	GENERATION_FROZEN, /* NonGC heap */
	GENERATION_COUNT,
	GENERATION_EPHEMERAL = GENERATION_COUNT, /* of a segment only: holds 0, 1 and perhaps 2 */
};

struct gc_segment {
	uint64_t address;    /* of the heap_segment structure */
	uint64_t start, end; /* objects: mem .. allocated */
	uint64_t committed, reserved;
	uint64_t flags;
	uint32_t heap;
	enum gc_generation generation;
};

/*
 * The unit of a walk: objects follow one another from start to end, all of one generation and one
 * heap; already cut at allocation contexts. Spans are ascending within a segment, segments in the
 * heap's order. Filters cut spans, workers take spans, coverage is a sum over spans.
 */
struct gc_span {
	uint64_t start, end;
	enum gc_generation generation;
	uint32_t heap;
	uint32_t segment; /* index in gc_heap.segments */
};

struct gc_heap {
	bool is_server, has_regions;
	int dynamic_adaptation_mode; /* DATAS; -1: this runtime has none */
	bool structures_invalid;     /* a GC was under way: the heap may not be walkable */
	uint32_t heap_count;
	uint64_t *heap_addresses; /* server: gc_heap structures; workstation: { 0 } */
	struct gc_segment *segments;
	size_t segment_count;
	const struct gc_segment **by_start; /* NULL: some overlap, in a damaged heap */
	struct gc_span *spans;
	size_t span_count;
	uint64_t lost_segments; /* lists that ended in unreadable memory */
	/* What of the target can be read between the first and the last segment, ascending: a walk
	 * steps over what a damaged segment claims beyond. */
	struct region *readable;
	size_t readable_count;
};

/* In the heap's arena. Needs contract and threads. When its tables are not all in the target the
 * answer is ERROR_FAULT, and *ret all the same what could be read of them, not to be walked (one
 * more of lost_segments); with other errors *ret may be left alone. */
MUST_CHECK struct error *gc_heap_open(struct heap *heap, const struct task *task,
				      struct gc_heap **ret);

/* The first address from `address` on at which the target has something; UINT64_MAX: none. */
uint64_t gc_next_readable(const struct gc_heap *gc, uint64_t address);
/* Where that ends, for an address that can be read. */
uint64_t gc_readable_end(const struct gc_heap *gc, uint64_t address);

/* The segment that holds an address; NULL: none. */
const struct gc_segment *gc_segment_of(const struct gc_heap *gc, uint64_t address);

/* Where the segment's memory begins: the page of its first object, as ClrMD's CommittedMemory. */
uint64_t gc_segment_base(const struct gc_segment *segment);

/* The generation of an address in a segment: of an ephemeral one by where its spans begin. */
enum gc_generation gc_generation_of(const struct gc_heap *gc, const struct gc_segment *segment,
				    uint64_t address);

const char *gc_generation_name(enum gc_generation generation); /* "gen0" … "loh", "poh", "foh" */

#endif
