#include "inspect/heap_statistics.h"

void heap_statistics_deinit(struct heap_statistics *statistics)
{
	free(statistics->types);
	*statistics = (struct heap_statistics){ 0 };
}

struct error *heap_statistics_grow(struct heap_statistics *statistics, uint32_t type)
{
	size_t capacity = ((size_t)type + 1) * 2;
	struct type_statistic *types = realloc(statistics->types, capacity * sizeof(*types));
	if (!types)
		return &error_no_memory;
	memset(types + statistics->capacity, 0, (capacity - statistics->capacity) * sizeof(*types));
	statistics->types = types;
	statistics->capacity = capacity;
	return NULL;
}

static int by_order(const struct statistic_row *a, const struct statistic_row *b)
{
	return a->statistic->order < b->statistic->order ? -1 : 1;
}

static int compare_sizes(const void *left, const void *right)
{
	const struct statistic_row *a = left, *b = right;
	if (a->statistic->size_bytes != b->statistic->size_bytes)
		return a->statistic->size_bytes < b->statistic->size_bytes ? -1 : 1;
	return by_order(a, b);
}

static int compare_counts(const void *left, const void *right)
{
	const struct statistic_row *a = left, *b = right;
	if (a->statistic->count != b->statistic->count)
		return a->statistic->count < b->statistic->count ? -1 : 1;
	return by_order(a, b);
}

struct error *heap_statistics_sorted(const struct question *question,
				     const struct heap_statistics *statistics, bool by_count,
				     struct statistic_row **ret)
{
	struct statistic_row *rows =
		arena_allocate_array(question->scratch, statistics->met, sizeof(*rows));
	if (!rows)
		return &error_no_memory;
	size_t count = 0;
	for (size_t i = 0; i < statistics->capacity; i++)
		if (statistics->types[i].count)
			rows[count++] =
				(struct statistic_row){ &statistics->types[i], (uint32_t)i };
	qsort(rows, count, sizeof(*rows), by_count ? compare_counts : compare_sizes);
	*ret = rows;
	return NULL;
}
