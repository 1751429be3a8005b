#include "base/id_map.h"

enum { FIRST_CAPACITY_BITS = 6 };

void id_map_deinit(struct id_map *map)
{
	free(map->slots);
	*map = (struct id_map){ 0 };
}

static void insert(struct id_map *map, uint64_t key, uint32_t id)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> map->shift);
	while (map->slots[i].key && map->slots[i].key != key)
		i = (i + 1) & (map->capacity - 1);
	if (!map->slots[i].key)
		map->count++;
	map->slots[i] = (struct id_map_slot){ .key = key, .id = id };
}

static struct error *grow(struct id_map *map)
{
	struct id_map bigger = { .capacity = map->capacity ? map->capacity * 2
							   : (size_t)1 << FIRST_CAPACITY_BITS };
	bigger.shift = map->capacity ? map->shift - 1 : 64 - FIRST_CAPACITY_BITS;
	bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots));
	if (!bigger.slots)
		return &error_no_memory;
	for (size_t i = 0; i < map->capacity; i++)
		if (map->slots[i].key)
			insert(&bigger, map->slots[i].key, map->slots[i].id);
	free(map->slots);
	*map = bigger;
	return NULL;
}

struct error *id_map_put(struct id_map *map, uint64_t key, uint32_t id)
{
	if (!key)
		return error_new(ERROR_BAD_DATA, "address 0 cannot be a key");
	if (map->count * 2 >= map->capacity)
		TRY(grow(map));
	insert(map, key, id);
	return NULL;
}
