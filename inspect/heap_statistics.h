/* Count and size by type, over a walk. */
#ifndef INSPECT_HEAP_STATISTICS_H
#define INSPECT_HEAP_STATISTICS_H

#include "heap/gc/object_walk.h"
#include "inspect/question.h"

struct type_statistic {
	uint64_t count, size_bytes;
	uint64_t order; /* in which the types were first met: ties are listed so */
};

struct heap_statistics {
	struct type_statistic *types; /* by type index */
	size_t capacity;
	uint32_t met;
	uint64_t count, size_bytes; /* of all */
};

void heap_statistics_deinit(struct heap_statistics *statistics);

/* ERROR_NO_MEMORY only. */
MUST_CHECK struct error *heap_statistics_grow(struct heap_statistics *statistics, uint32_t type);

/* ERROR_NO_MEMORY only: nothing is counted then. */
MUST_CHECK static inline struct error *heap_statistics_add(struct heap_statistics *statistics,
							   const struct gc_object *object)
{
	if (__builtin_expect(object->type >= statistics->capacity, 0))
		TRY(heap_statistics_grow(statistics, object->type));
	struct type_statistic *type = &statistics->types[object->type];
	if (__builtin_expect(!type->count, 0))
		type->order = statistics->met++;
	type->count++;
	type->size_bytes += object->size;
	statistics->count++;
	statistics->size_bytes += object->size;
	return NULL;
}

/* Objects of a walk, in ascending order of their addresses, which is the order in which their types
 * are met then: statistics that several workers counted of parts of one walk can be merged. Not to
 * be mixed with heap_statistics_add(). ERROR_NO_MEMORY only. */
MUST_CHECK struct error *heap_statistics_add_walked(struct heap_statistics *statistics,
						    const struct gc_object *objects, size_t count);
/* Adds `from` to `to`. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *heap_statistics_merge(struct heap_statistics *to,
					       const struct heap_statistics *from);

/* Count and size by type of the objects that pass the filter, walked on all threads. Begins zeroed.
 * Errors as of heap_filter_walk(). */
struct heap_filter;
MUST_CHECK struct error *heap_statistics_count(struct heap_statistics *statistics,
					       struct heap_filter *filter);

/* One type's, in the order in which they are shown. */
struct statistic_row {
	const struct type_statistic *statistic;
	uint32_t type; /* index */
};

/* The types met: ascending by size, or by count; ties as they were met. `met` of them, in scratch.
 */
MUST_CHECK struct error *heap_statistics_sorted(const struct question *question,
						const struct heap_statistics *statistics,
						bool by_count, struct statistic_row **ret);

#endif
