/*
 * Types by number: append-only, in chunks that never move, so that any thread may ask for a number
 * that it was given while another thread, under the heap's lock, adds types (heap/heap.h:
 * heap_lock). Beside each type are the few words of it that a walk needs.
 */
#ifndef HEAP_TYPES_TYPE_INDEX_H
#define HEAP_TYPES_TYPE_INDEX_H

#include "base/error.h"
#include "base/limits.h"

struct type;

/* What a walk asks a type for: the rule of its objects' size. */
struct type_walk_entry {
	uint32_t base_size;      /* bytes */
	uint16_t component_size; /* bytes; 0: all objects have one size */
	bool valid;              /* it is a type: its EEClass led back to it */
	bool is_free;            /* free space of the GC heap */
	uint32_t index;          /* its number */
};

enum { TYPE_INDEX_CHUNK = 1024 };

struct type_index_chunk {
	struct type *types[TYPE_INDEX_CHUNK];
	struct type_walk_entry entries[TYPE_INDEX_CHUNK];
};

struct type_index {
	struct type_index_chunk **chunks; /* room for LIMIT_TYPES */
	uint32_t count;                   /* published: what is below it stays as it is */
};

/* ERROR_NO_MEMORY only. */
MUST_CHECK struct error *type_index_init(struct type_index *index);
void type_index_deinit(struct type_index *index); /* not the types */

/* Makes room for one more. ERROR_BAD_DATA above LIMIT_TYPES, ERROR_NO_MEMORY. */
MUST_CHECK struct error *type_index_reserve(struct type_index *index);

/* Into the room that was made; the type's number is the count before. */
void type_index_add(struct type_index *index, struct type *type,
		    const struct type_walk_entry *entry);

static inline uint32_t type_index_count(const struct type_index *index)
{
	return __atomic_load_n(&index->count, __ATOMIC_ACQUIRE);
}

/* NULL: there is no such number. */
static inline struct type *type_index_at(const struct type_index *index, uint32_t number)
{
	if (number >= type_index_count(index))
		return NULL;
	return index->chunks[number / TYPE_INDEX_CHUNK]->types[number % TYPE_INDEX_CHUNK];
}

/* Of a number that there is. */
static inline const struct type_walk_entry *type_index_entry(const struct type_index *index,
							     uint32_t number)
{
	return &index->chunks[number / TYPE_INDEX_CHUNK]->entries[number % TYPE_INDEX_CHUNK];
}

#endif
