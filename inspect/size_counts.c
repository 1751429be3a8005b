#include "inspect/size_counts.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/heap_filter.h"

static void list_deinit(struct size_list *list)
{
	id_map_deinit(&list->by_size);
	free(list->items);
}

void size_counts_deinit(struct size_counts *counts)
{
	for (size_t i = 0; i < GENERATION_COUNT; i++) {
		list_deinit(&counts->generations[i].objects);
		list_deinit(&counts->generations[i].free_space);
	}
}

static struct error *list_add(struct size_list *list, uint64_t size, uint64_t count)
{
	uint32_t index;
	if (id_map_find(&list->by_size, size, &index)) {
		list->items[index].count += count;
		return NULL;
	}
	TRY(LIST_GROW(list->items, list->count, list->capacity));
	TRY(id_map_put(&list->by_size, size, (uint32_t)list->count));
	list->items[list->count++] = (struct size_count){ size, count };
	return NULL;
}

static struct error *list_merge(struct size_list *to, const struct size_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		TRY(list_add(to, from->items[i].size, from->items[i].count));
	return NULL;
}

static struct error *objects_count(struct walk_worker *worker, const struct gc_object *objects,
				   size_t count)
{
	struct size_counts *counts = worker->part;
	enum gc_generation generation = worker->span->generation;
	if (generation >= GENERATION_COUNT)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct size_list *list = objects[i].is_free
						 ? &counts->generations[generation].free_space
						 : &counts->generations[generation].objects;
		TRY(list_add(list, align_up(objects[i].size, sizeof(uint64_t)), 1));
	}
	return NULL;
}

static struct error *part_sum(void *part, void *context)
{
	const struct size_counts *from = part;
	struct size_counts *to = context;
	for (size_t i = 0; i < GENERATION_COUNT; i++) {
		TRY(list_merge(&to->generations[i].objects, &from->generations[i].objects));
		TRY(list_merge(&to->generations[i].free_space, &from->generations[i].free_space));
	}
	return NULL;
}

static void part_deinit(void *part)
{
	size_counts_deinit(part);
}

static int by_size(const void *left, const void *right)
{
	const struct size_count *a = left, *b = right;
	return a->size < b->size ? -1 : a->size > b->size;
}

/* The map's indexes are of no use then. */
static void list_sort(struct size_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_size);
	id_map_deinit(&list->by_size);
}

struct error *size_counts_read(const struct question *question, struct size_counts *ret)
{
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	const struct filtered_work work = { .part_bytes = sizeof(*ret),
					    .part_sum = part_sum,
					    .part_deinit = part_deinit,
					    .objects = objects_count,
					    .context = ret };
	heap_filter_init_all(&filter, question);
	TRY(heap_filter_work(&filter, &work));
	for (size_t i = 0; i < GENERATION_COUNT; i++) {
		list_sort(&ret->generations[i].objects);
		list_sort(&ret->generations[i].free_space);
	}
	return NULL;
}
