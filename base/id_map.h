/*
 * A map from 64-bit keys (addresses) to 32-bit numbers: open addressing, grows, never forgets. Made
 * for the heap walk: id_map_find() is inline and touches one cache line in the common case. Key 0
 * is not allowed (no object, no MethodTable is at address 0).
 */
#ifndef BASE_ID_MAP_H
#define BASE_ID_MAP_H

#include "base/error.h"

#include <stddef.h>

struct id_map_slot {
	uint64_t key;
	uint32_t id;
};

struct id_map {
	struct id_map_slot *slots;
	size_t count, capacity; /* capacity: 0 or a power of two */
	unsigned shift;
};

void id_map_deinit(struct id_map *map);

/* key -> id, replacing what was there. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *id_map_put(struct id_map *map, uint64_t key, uint32_t id);

static inline bool id_map_find(const struct id_map *map, uint64_t key, uint32_t *ret)
{
	if (!map->capacity || !key)
		return false;
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> map->shift);
	while (map->slots[i].key != key) {
		if (!map->slots[i].key)
			return false;
		i = (i + 1) & (map->capacity - 1);
	}
	*ret = map->slots[i].id;
	return true;
}

#endif
