/* sizestats: how many objects, and how much free space, of each size, by generation. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/id_map.h"
#include "base/list.h"
#include "inspect/heap_filter.h"

struct size_group {
	uint64_t size, count; /* bytes, rounded up to the GC's alignment as SOS does */
};

struct size_list {
	struct id_map by_size; /* size -> index in groups */
	struct size_group *groups;
	size_t count, capacity;
};

/* The sizes of one generation. */
struct generation_sizes {
	struct size_list objects, free_space;
};

/* One thread's. */
struct heap_sizes {
	struct generation_sizes generations[GENERATION_COUNT];
};

static const struct column columns[] = {
	{ "generation", NULL, CELL_TEXT, 0 },
	{ "free", NULL, CELL_VALUE, 0 },
	{ "size", "Size", CELL_COUNT, 14 },
	{ "count", "Count", CELL_COUNT, 14 },
	{ "cumulative_size", "Cumulative Size", CELL_COUNT, 15 },
	{ "cumulative_count", "Cumulative Count", CELL_COUNT, 16 },
};

/* In SOS's order, with its names. */
static const struct {
	enum gc_generation generation;
	const char *title;
} generations[] = {
	{ GENERATION_0, "generation0" }, { GENERATION_1, "generation1" },
	{ GENERATION_2, "generation2" }, { GENERATION_LARGE, "large" },
	{ GENERATION_PINNED, "pinned" }, { GENERATION_FROZEN, "frozen" },
};

static struct error *list_add(struct size_list *list, uint64_t size, uint64_t count)
{
	uint32_t index;
	if (id_map_find(&list->by_size, size, &index)) {
		list->groups[index].count += count;
		return NULL;
	}
	TRY(LIST_GROW(list->groups, list->count, list->capacity));
	TRY(id_map_put(&list->by_size, size, (uint32_t)list->count));
	list->groups[list->count++] = (struct size_group){ size, count };
	return NULL;
}

static struct error *sizes_add(struct walk_worker *worker, const struct gc_object *objects,
			       size_t count)
{
	struct heap_sizes *heap = worker->part;
	if (worker->span->generation >= GENERATION_COUNT)
		return NULL;
	struct generation_sizes *sizes = &heap->generations[worker->span->generation];
	for (size_t i = 0; i < count; i++) {
		struct size_list *list = objects[i].is_free ? &sizes->free_space : &sizes->objects;
		TRY(list_add(list, align_up(objects[i].size, sizeof(uint64_t)), 1));
	}
	return NULL;
}

static struct error *list_merge(struct size_list *to, const struct size_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		TRY(list_add(to, from->groups[i].size, from->groups[i].count));
	return NULL;
}

static struct error *sizes_sum(void *part, void *context)
{
	const struct heap_sizes *from = part;
	struct heap_sizes *to = context;
	for (size_t i = 0; i < GENERATION_COUNT; i++) {
		TRY(list_merge(&to->generations[i].objects, &from->generations[i].objects));
		TRY(list_merge(&to->generations[i].free_space, &from->generations[i].free_space));
	}
	return NULL;
}

static int by_size(const void *left, const void *right)
{
	const struct size_group *a = left, *b = right;
	return a->size < b->size ? -1 : a->size > b->size;
}

static void list_print(struct output *out, size_t which, struct size_list *list, bool is_free)
{
	uint64_t size = 0, count = 0;
	if (list->count)
		qsort(list->groups, list->count, sizeof(*list->groups), by_size);
	output_line(out, "Size Statistics for %s %sobjects", generations[which].title,
		    is_free ? "free " : "");
	output_line(out, "%s", "");
	output_table_titles(out);
	for (size_t i = 0; i < list->count; i++) {
		const struct size_group *group = &list->groups[i];
		output_row_begin(out);
		output_text(out, gc_generation_name(generations[which].generation));
		output_bool(out, is_free);
		output_unsigned(out, group->size);
		output_unsigned(out, group->count);
		output_unsigned(out, size);
		output_unsigned(out, count);
		output_row_end(out);
		size += group->size * group->count;
		count += group->count;
	}
	output_line(out, "%s", "");
}

static void list_deinit(struct size_list *list)
{
	id_map_deinit(&list->by_size);
	free(list->groups);
}

static void sizes_deinit(void *part)
{
	struct heap_sizes *sizes = part;
	for (size_t i = 0; i < GENERATION_COUNT; i++) {
		list_deinit(&sizes->generations[i].objects);
		list_deinit(&sizes->generations[i].free_space);
	}
}

static void sizes_print(struct output *out, struct heap_sizes *sizes)
{
	output_table_begin(out, "sizes", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < COUNT_OF(generations); i++)
		list_print(out, i, &sizes->generations[generations[i].generation].objects, false);
	/* The NonGC heap is never swept: it has no free space. */
	for (size_t i = 0; i < COUNT_OF(generations); i++)
		if (generations[i].generation != GENERATION_FROZEN)
			list_print(out, i,
				   &sizes->generations[generations[i].generation].free_space, true);
	output_table_end(out);
}

static struct error *sizestats_run(struct command_call *call)
{
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	CLEANUP(sizes_deinit) struct heap_sizes sizes = { 0 };
	const struct filtered_work work = { .part_bytes = sizeof(sizes),
					    .part_sum = sizes_sum,
					    .part_deinit = sizes_deinit,
					    .objects = sizes_add,
					    .context = &sizes };
	heap_filter_init_all(&filter, &call->question);
	TRY(heap_filter_work(&filter, &work));
	sizes_print(call->out, &sizes);
	return NULL;
}

static const char *const examples[] = { "sizestats", NULL };
const struct command command_sizestats = {
	.name = "sizestats",
	.summary = "count objects, and free space, by size in each generation",
	.description =
		"Sizes are rounded up to 8 bytes. The cumulative columns count what stands in the rows above.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = sizestats_run,
};
