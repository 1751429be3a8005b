/* ephrefs: objects of older generations that refer to younger ones. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/types/type.h"
#include "inspect/young_references.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "object", "Object", CELL_ADDRESS, 16 },
	{ "mt", "MethodTable", CELL_ADDRESS, 16 },
	{ "size", "Size", CELL_COUNT, 14 },
	{ "generation", "Obj Gen", CELL_TEXT, -11 },
	{ "reference_generation", "Ref Gen", CELL_TEXT, -11 },
	{ "reference_count", "Obj Count", CELL_COUNT, 14 },
	{ "reference_size", "Obj Size", CELL_COUNT, 14 },
	{ "type", "Type", CELL_TEXT, 0 },
};
static const struct column total_columns[] = {
	{ "objects", IN_WORDS, CELL_COUNT, 0 },
	{ "referenced", IN_WORDS, CELL_COUNT, 0 },
	{ "referenced_size", IN_WORDS, CELL_COUNT, 0 },
};

/* By ClrMD's names. */
static const struct {
	const char *name, *title;
} generations[GENERATION_COUNT] = {
	[GENERATION_0] = { "generation0", "Generation0" },
	[GENERATION_1] = { "generation1", "Generation1" },
	[GENERATION_2] = { "generation2", "Generation2" },
	[GENERATION_LARGE] = { "large", "Large" },
	[GENERATION_PINNED] = { "pinned", "Pinned" },
};

struct listing {
	struct command_call *call;
	struct young_references found;
	uint64_t total; /* rows shown */
};

static void listing_deinit(struct listing *listing)
{
	young_references_deinit(&listing->found);
}

static struct error *row_print(struct listing *listing, const struct young_reference *row,
			       enum gc_generation to)
{
	struct output *out = listing->call->out;
	const struct type *type;
	TRY(type_at(listing->call->question.heap, row->object.method_table, &type));
	output_row_begin(out);
	output_address(out, row->object.address);
	output_address(out, row->object.method_table);
	output_unsigned(out, row->object.size);
	output_text_as(out, gc_generation_name(row->generation),
		       generations[row->generation].title);
	output_text_as(out, gc_generation_name(to), generations[to].title);
	output_unsigned(out, row->count[to]);
	output_unsigned(out, row->size[to]);
	output_text(out, type_name(listing->call->question.heap, type, NULL));
	output_row_end(out);
	listing->total++;
	return NULL;
}

/* The rows from one generation to another, from the first of them on. */
static struct error *group_print(struct listing *listing, size_t first, enum gc_generation to)
{
	struct output *out = listing->call->out;
	enum gc_generation from = listing->found.rows[first].generation;
	if (listing->total)
		output_line(out, "%s", "");
	output_line(out, "References from %s to %s:", generations[from].name, generations[to].name);
	output_line(out, "%s", "");
	output_table_titles(out);
	for (size_t i = first; i < listing->found.count && !output_broken(out); i++)
		if (listing->found.rows[i].generation == from && listing->found.rows[i].count[to])
			TRY(row_print(listing, &listing->found.rows[i], to));
	return NULL;
}

/* As SOS: by pairs of generations, in the order in which the first of each is in the heap. */
static struct error *groups_print(struct listing *listing)
{
	bool shown[GENERATION_COUNT][2] = { 0 };
	for (size_t i = 0; i < listing->found.count && !output_broken(listing->call->out); i++) {
		const struct young_reference *row = &listing->found.rows[i];
		for (enum gc_generation to = GENERATION_0; to <= GENERATION_1; to++) {
			if (!row->count[to] || shown[row->generation][to])
				continue;
			shown[row->generation][to] = true;
			TRY(group_print(listing, i, to));
		}
	}
	return NULL;
}

static void total_print(const struct listing *listing)
{
	const struct young_references *found = &listing->found;
	struct output *out = listing->call->out;
	output_record_begin(out, "total", total_columns, COUNT_OF(total_columns));
	output_unsigned(out, listing->total);
	output_unsigned(out, found->referenced_count);
	output_unsigned(out, found->referenced_size);
	output_sentence(out, "\n{objects} older generation objects referenced {referenced} younger "
			     "objects ({referenced_size} bytes)");
	output_record_end(out);
}

static struct error *ephrefs_run(struct command_call *call)
{
	CLEANUP(listing_deinit) struct listing listing = { .call = call };
	TRY(young_references_find(&call->question, &listing.found));
	output_table_begin(call->out, "references", columns, COUNT_OF(columns), false);
	TRY(groups_print(&listing));
	output_table_end(call->out);
	total_print(&listing);
	return NULL;
}

static const char *const examples[] = { "ephrefs", NULL };
const struct command command_ephrefs = {
	.name = "ephrefs",
	.summary = "list objects of older generations that refer to generation 0 or 1",
	.description =
		"What makes a young collection look into older generations. Obj Count and Obj Size are of the references into Ref Gen, an object that is met twice counted twice; the last line counts each once.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = ephrefs_run,
};
