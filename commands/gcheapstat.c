/* gcheapstat: bytes allocated, free and committed, by heap and generation. */
#include "commands/command.h"

#include "base/list.h"
#include "inspect/heap_sizes.h"

enum { HEAP_COLUMN = -8, SIZE_COLUMN = -10 };

static const struct column columns[] = {
	{ "heap", "Heap", CELL_TEXT, HEAP_COLUMN },
	{ "ephemeral", "EPH", CELL_INTEGER, SIZE_COLUMN },
	{ "gen0", "Gen0", CELL_INTEGER, SIZE_COLUMN },
	{ "gen1", "Gen1", CELL_INTEGER, SIZE_COLUMN },
	{ "gen2", "Gen2", CELL_INTEGER, SIZE_COLUMN },
	{ "loh", "LOH", CELL_INTEGER, SIZE_COLUMN },
	{ "poh", "POH", CELL_INTEGER, SIZE_COLUMN },
	{ "foh", "FRZ", CELL_INTEGER, SIZE_COLUMN },
	{ NULL, "", CELL_TEXT, HEAP_COLUMN },
	{ NULL, "", CELL_TEXT, HEAP_COLUMN },
	{ NULL, "", CELL_TEXT, HEAP_COLUMN },
};
struct heap_table {
	struct output *out;
	struct heap_sizes *heaps;
	uint32_t heap_count;
	bool has_ephemeral;
};

enum { COLUMNS = COUNT_OF(columns), PERCENTAGES = 3 };

/* Free space as a part of what is allocated, "SOH:4%", after the sizes as SOS has it. */
static void percentage(struct output *out, const char *title, uint64_t part, uint64_t whole)
{
	if (whole)
		output_textf(out, "%s:%llu%%", title,
			     (unsigned long long)((double)part * 100 / (double)whole));
	else
		output_text(out, "");
}

static void percentages(struct output *out, const struct heap_sizes *sizes)
{
	const uint64_t *part = sizes->free_space, *whole = sizes->allocated;
	percentage(out, "SOH", part[GENERATION_0] + part[GENERATION_1] + part[GENERATION_2],
		   whole[GENERATION_0] + whole[GENERATION_1] + whole[GENERATION_2]);
	percentage(out, "LOH", part[GENERATION_LARGE], whole[GENERATION_LARGE]);
	percentage(out, "POH", part[GENERATION_PINNED], whole[GENERATION_PINNED]);
}

static const uint64_t *allocated(const struct heap_sizes *sizes)
{
	return sizes->allocated;
}

static const uint64_t *free_space(const struct heap_sizes *sizes)
{
	return sizes->free_space;
}

static const uint64_t *committed(const struct heap_sizes *sizes)
{
	return sizes->committed;
}

typedef const uint64_t *(*part_of)(const struct heap_sizes *sizes);

static void row_print(const struct heap_table *table, const char *name,
		      const struct heap_sizes *sizes, part_of part, bool with_percentages)
{
	struct output *out = table->out;
	output_row_begin(out);
	output_text(out, name);
	if (table->has_ephemeral)
		output_unsigned(out, part(sizes)[GENERATION_EPHEMERAL]);
	for (unsigned i = 0; i < GENERATION_COUNT; i++)
		output_unsigned(out, part(sizes)[i]);
	if (with_percentages)
		percentages(out, sizes);
	output_row_end(out);
}

/* The heaps, then their total. */
static void table_print(const struct heap_table *table, const char *key, part_of part)
{
	struct heap_sizes total = { 0 };
	bool is_free = part == free_space;
	size_t skip = table->has_ephemeral ? 0 : 1;
	struct column shown[COLUMNS];
	memcpy(shown, columns, sizeof(shown));
	shown[skip] = columns[0];
	output_table_begin(table->out, key, shown + skip,
			   COLUMNS - skip - (is_free ? 0 : PERCENTAGES), true);
	for (uint32_t i = 0; i < table->heap_count; i++) {
		char name[32];
		snprintf(name, sizeof(name), "Heap%u", i);
		row_print(table, name, &table->heaps[i], part, is_free);
		heap_sizes_add(&total, &table->heaps[i]);
	}
	row_print(table, "Total", &total, part, false); /* as SOS: shares of the heaps only */
	output_table_end(table->out);
	output_line(table->out, "%s", "");
}

static struct error *gcheapstat_run(struct command_call *call)
{
	const struct gc_heap *gc = call->question.heap->gc;
	if (arguments_has(call->arguments, "-unreachable"))
		return error_new(ERROR_UNSUPPORTED,
				 "gcheapstat cannot tell yet which objects are unrooted: leave "
				 "-unreachable out, and live and dead ones are counted together");
	struct heap_table table = { .out = call->out, .heap_count = gc->heap_count };
	TRY(heap_sizes_read(&call->question, &table.heaps));
	for (uint32_t i = 0; i < gc->heap_count; i++)
		table.has_ephemeral |= table.heaps[i].committed[GENERATION_EPHEMERAL] != 0;
	table_print(&table, "allocated", allocated);
	output_line(call->out, "Free space:");
	table_print(&table, "free", free_space);
	output_line(call->out, "Committed space:");
	table_print(&table, "committed", committed);
	return NULL;
}

static const char *const unreachable_aliases[] = { "-inclUnrooted", "-iu", NULL };
static const struct option options[] = {
	{ "-unreachable", NULL, "refused: needs roots, which are not looked for yet",
	  unreachable_aliases },
	{ 0 },
};
static const char *const examples[] = { "gcheapstat", NULL };
const struct command command_gcheapstat = {
	.name = "gcheapstat",
	.summary = "sum up allocated, free and committed bytes by heap and generation",
	.description =
		"Allocated is what the segments of a generation hold, free space included; of an ephemeral segment (EPH), which holds several generations, each one's is the bytes of its objects. FRZ is the NonGC heap.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = gcheapstat_run,
};
