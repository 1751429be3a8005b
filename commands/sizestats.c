/* sizestats: how many objects, and how much free space, of each size, by generation. */
#include "commands/command.h"

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
enum { GENERATIONS = COUNT_OF(generations) };

static struct error *list_add(struct size_list *list, uint64_t size)
{
	uint32_t index;
	if (id_map_find(&list->by_size, size, &index)) {
		list->groups[index].count++;
		return NULL;
	}
	TRY(LIST_GROW(list->groups, list->count, list->capacity));
	TRY(id_map_put(&list->by_size, size, (uint32_t)list->count));
	list->groups[list->count++] = (struct size_group){ size, 1 };
	return NULL;
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct generation_sizes *sizes = context;
	struct size_list *list = object->is_free ? &sizes->free_space : &sizes->objects;
	return list_add(list, align_up(object->size, sizeof(uint64_t)));
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
	output_line(out, "%14s %14s %15s %16s", "Size", "Count", "Cumulative Size",
		    "Cumulative Count");
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

static struct error *walk(struct command_call *call, enum gc_generation generation,
			  struct generation_sizes *sizes)
{
	struct heap_filter filter;
	heap_filter_init_all(&filter, &call->question);
	filter.generation = generation;
	struct error *error = heap_filter_walk(&filter, visit, sizes);
	heap_filter_deinit(&filter);
	return error;
}

static struct error *sizestats_run(struct command_call *call)
{
	struct generation_sizes sizes[GENERATIONS] = { 0 };
	struct error *error = NULL;
	for (size_t i = 0; i < GENERATIONS && !error; i++)
		error = walk(call, generations[i].generation, &sizes[i]);
	if (!error) {
		output_table_begin(call->out, "sizes", columns, COUNT_OF(columns), false);
		for (size_t i = 0; i < GENERATIONS; i++)
			list_print(call->out, i, &sizes[i].objects, false);
		/* The NonGC heap is never swept: it has no free space. */
		for (size_t i = 0; i < GENERATIONS; i++)
			if (generations[i].generation != GENERATION_FROZEN)
				list_print(call->out, i, &sizes[i].free_space, true);
		output_table_end(call->out);
	}
	for (size_t i = 0; i < GENERATIONS; i++) {
		list_deinit(&sizes[i].objects);
		list_deinit(&sizes[i].free_space);
	}
	return error;
}

static const char *const examples[] = { "sizestats", NULL };
const struct command command_sizestats = {
	.name = "sizestats",
	.summary = "count objects, and free space, by size in each generation",
	.usage = "sizestats",
	.description = "Sizes are rounded up to 8 bytes. The cumulative columns count what stands "
		       "in the rows above.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = sizestats_run,
};
