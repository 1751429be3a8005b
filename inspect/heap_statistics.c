#include "inspect/heap_statistics.h"

#include "inspect/heap_filter.h"

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

struct error *heap_statistics_add_walked(struct heap_statistics *statistics,
					 const struct gc_object *objects, size_t count)
{
	uint64_t size_bytes = 0;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		if (__builtin_expect(object->type >= statistics->capacity, 0))
			TRY(heap_statistics_grow(statistics, object->type));
		struct type_statistic *type = &statistics->types[object->type];
		if (__builtin_expect(!type->count, 0)) {
			type->order = object->address;
			statistics->met++;
		}
		type->count++;
		type->size_bytes += object->size;
		size_bytes += object->size;
	}
	statistics->count += count;
	statistics->size_bytes += size_bytes;
	return NULL;
}

struct error *heap_statistics_merge(struct heap_statistics *to, const struct heap_statistics *from)
{
	for (size_t i = 0; i < from->capacity; i++) {
		const struct type_statistic *more = &from->types[i];
		if (!more->count)
			continue;
		if (i >= to->capacity)
			TRY(heap_statistics_grow(to, (uint32_t)i));
		struct type_statistic *type = &to->types[i];
		to->met += !type->count;
		if (!type->count || more->order < type->order)
			type->order = more->order;
		type->count += more->count;
		type->size_bytes += more->size_bytes;
	}
	to->count += from->count;
	to->size_bytes += from->size_bytes;
	return NULL;
}

static struct error *part_add(struct walk_worker *worker, const struct gc_object *objects,
			      size_t count)
{
	return heap_statistics_add_walked(worker->part, objects, count);
}

static struct error *part_sum(void *part, void *statistics)
{
	return heap_statistics_merge(statistics, part);
}

static void part_deinit(void *part)
{
	heap_statistics_deinit(part);
}

struct error *heap_statistics_count(struct heap_statistics *statistics, struct heap_filter *filter)
{
	const struct filtered_work work = { .part_bytes = sizeof(*statistics),
					    .part_sum = part_sum,
					    .part_deinit = part_deinit,
					    .objects = part_add,
					    .context = statistics };
	return heap_filter_work(filter, &work);
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
