/* sizestats: how many objects, and how much free space, of each size, by generation. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/size_counts.h"

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

static void list_print(struct output *out, size_t which, const struct size_list *list, bool is_free)
{
	uint64_t size = 0, count = 0;
	output_line(out, "Size Statistics for %s %sobjects", generations[which].title,
		    is_free ? "free " : "");
	output_line(out, "%s", "");
	output_table_titles(out);
	for (size_t i = 0; i < list->count && !output_broken(out); i++) {
		const struct size_count *group = &list->items[i];
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

static void counts_print(struct output *out, const struct size_counts *counts)
{
	output_table_begin(out, "sizes", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < COUNT_OF(generations); i++)
		list_print(out, i, &counts->generations[generations[i].generation].objects, false);
	/* The NonGC heap is never swept: it has no free space. */
	for (size_t i = 0; i < COUNT_OF(generations); i++)
		if (generations[i].generation != GENERATION_FROZEN)
			list_print(out, i,
				   &counts->generations[generations[i].generation].free_space,
				   true);
	output_table_end(out);
}

static struct error *sizestats_run(struct command_call *call)
{
	CLEANUP(size_counts_deinit) struct size_counts counts = { 0 };
	TRY(size_counts_read(&call->question, &counts));
	counts_print(call->out, &counts);
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
