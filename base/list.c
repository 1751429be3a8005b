#include "base/list.h"

enum { FIRST_CAPACITY = 16 };

static size_t bigger(size_t capacity)
{
	return capacity ? 2 * capacity : FIRST_CAPACITY;
}

struct error *list_grow(void **items, size_t size, size_t count, size_t *capacity)
{
	if (count < *capacity)
		return NULL;
	void *grown = reallocarray(*items, bigger(*capacity), size);
	if (!grown)
		return &error_no_memory;
	*items = grown;
	*capacity = bigger(*capacity);
	return NULL;
}

struct error *list_grow_in(struct arena *arena, void **items, size_t size, size_t count,
			   size_t *capacity)
{
	if (count < *capacity)
		return NULL;
	void *grown = arena_allocate_array(arena, bigger(*capacity), size);
	if (!grown)
		return &error_no_memory;
	if (count)
		memcpy(grown, *items, count * size);
	*items = grown;
	*capacity = bigger(*capacity);
	return NULL;
}
