/*
 * Which words of a type's objects are references: the type's GCDesc (heap/types/gc_description.h),
 * read once and kept. The plans are one thread's, with a reader of their own, so they need no lock;
 * of a target they read nothing but descriptions and, for heap/gc/references.h, objects.
 */
#ifndef HEAP_GC_REFERENCE_PLAN_H
#define HEAP_GC_REFERENCE_PLAN_H

#include "base/id_map.h"
#include "heap/heap.h"
#include "heap/types/gc_description.h"

enum reference_plan_kind {
	PLAN_EMPTY,    /* the type has no references */
	PLAN_SERIES,   /* series[first .. first + count) of each object */
	PLAN_ELEMENTS, /* runs[first .. first + count), from `start` on, to the object's end */
};

enum reference_plan_end {
	PLAN_WHOLE,
	PLAN_UNREADABLE, /* what follows the parts above cannot be read, at `end_address` */
	PLAN_TOO_LONG,   /* there are no parts: more than LIMIT_GC_SERIES */
};

struct reference_plan {
	enum reference_plan_kind kind;
	enum reference_plan_end end;
	uint32_t base_size, component_size; /* bytes, the type's */
	uint32_t first, count;
	uint64_t start; /* bytes, from the object's address */
	uint64_t end_address;
};

struct reference_plans {
	struct heap *heap; /* borrowed */
	const struct task *task;
	struct reader reader;
	struct id_map by_type; /* type index + 1 -> index in plans */
	struct reference_plan *plans;
	size_t count, capacity;
	struct gc_series *series;
	size_t series_count, series_capacity;
	struct gc_element_run *runs;
	size_t run_count, run_capacity;
};

/* The task is looked at while references are visited; borrowed. ERROR_NO_MEMORY only. In any case
 * they are to be given back. */
MUST_CHECK struct error *reference_plans_init(struct reference_plans *plans, struct heap *heap,
					      const struct task *task);
void reference_plans_deinit(struct reference_plans *plans);

/* The plan of a type, by its index; valid until the next call. A description that cannot be read is
 * no error here: the plan ends with it. At most LIMIT_REFERENCE_PLANS are kept, and about
 * LIMIT_REFERENCE_PARTS of series and runs; then they are made anew. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *reference_plan_of(struct reference_plans *plans, uint32_t type,
					   const struct reference_plan **ret);

#endif
