/* Count and size by type, over a walk, and the table that SOS prints of them. */
#ifndef COMMANDS_HEAP_STATISTICS_H
#define COMMANDS_HEAP_STATISTICS_H

#include "commands/command.h"
#include "heap/gc/object_walk.h"

struct type_statistic {
	uint64_t count, size_bytes;
	uint32_t order; /* in which the types were first met: ties are listed so */
};

struct heap_statistics {
	struct type_statistic *types; /* by type index */
	size_t capacity;
	uint32_t met;
	uint64_t count, size_bytes; /* of all */
};

void heap_statistics_deinit(struct heap_statistics *statistics);

/* false: out of memory. */
bool heap_statistics_grow(struct heap_statistics *statistics, uint32_t type);

static inline bool heap_statistics_add(struct heap_statistics *statistics,
				       const struct gc_object *object)
{
	if (__builtin_expect(object->type >= statistics->capacity, 0) &&
	    !heap_statistics_grow(statistics, object->type))
		return false;
	struct type_statistic *type = &statistics->types[object->type];
	if (__builtin_expect(!type->count, 0))
		type->order = statistics->met++;
	type->count++;
	type->size_bytes += object->size;
	statistics->count++;
	statistics->size_bytes += object->size;
	return true;
}

/* "Statistics:", the table (ascending by size, or by count) and the total. Types without a name are
 * counted and explained once. */
MUST_CHECK struct error *heap_statistics_print(struct command_call *call,
					       const struct heap_statistics *statistics,
					       bool by_count);

#endif
