#include "heap/types/type_index.h"

struct error *type_index_init(struct type_index *index)
{
	index->chunks = calloc(LIMIT_TYPES / TYPE_INDEX_CHUNK, sizeof(struct type_index_chunk *));
	return index->chunks ? NULL : &error_no_memory;
}

void type_index_deinit(struct type_index *index)
{
	for (size_t i = 0; index->chunks && i < LIMIT_TYPES / TYPE_INDEX_CHUNK; i++)
		free(index->chunks[i]);
	free(index->chunks);
	*index = (struct type_index){ 0 };
}

struct error *type_index_reserve(struct type_index *index)
{
	if (index->count >= LIMIT_TYPES)
		return error_new(ERROR_BAD_DATA, "the process has more than %d types", LIMIT_TYPES);
	struct type_index_chunk **chunk = &index->chunks[index->count / TYPE_INDEX_CHUNK];
	if (!*chunk)
		*chunk = calloc(1, sizeof(**chunk));
	return *chunk ? NULL : &error_no_memory;
}

void type_index_add(struct type_index *index, struct type *type,
		    const struct type_walk_entry *entry)
{
	struct type_index_chunk *chunk = index->chunks[index->count / TYPE_INDEX_CHUNK];
	chunk->types[index->count % TYPE_INDEX_CHUNK] = type;
	chunk->entries[index->count % TYPE_INDEX_CHUNK] = *entry;
	__atomic_store_n(&index->count, index->count + 1, __ATOMIC_RELEASE);
}
