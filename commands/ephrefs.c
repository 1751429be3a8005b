/* ephrefs: objects of older generations that refer to younger ones. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/id_map.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/gc/references.h"
#include "heap/types/type.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "object", "Object", CELL_ADDRESS, 16 },
	{ "mt", "MethodTable", CELL_ADDRESS, 16 },
	{ "size", "Size", CELL_COUNT, 14 },
	{ "generation", NULL, CELL_TEXT, 0 },
	{ NULL, "Obj Gen", CELL_TEXT, -11 },
	{ "reference_generation", NULL, CELL_TEXT, 0 },
	{ NULL, "Ref Gen", CELL_TEXT, -11 },
	{ "reference_count", "Obj Count", CELL_COUNT, 14 },
	{ "reference_size", "Obj Size", CELL_COUNT, 14 },
	{ "type", "Type", CELL_TEXT, 0 },
};
static const struct column total_columns[] = {
	{ "objects", NULL, CELL_INTEGER, 0 },
	{ "referenced", NULL, CELL_INTEGER, 0 },
	{ "referenced_size", NULL, CELL_INTEGER, 0 },
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

/* What one object refers to in generation 0 and 1. */
struct row {
	struct gc_object object;
	enum gc_generation generation;
	uint64_t count[2], size[2];
};

struct search {
	struct command_call *call;
	struct reference_plans references;
	enum gc_generation generation; /* of the objects walked */
	struct row *rows, row;
	size_t count, capacity;
	struct id_map referenced;
	uint64_t referenced_count, referenced_size, total;
	uint64_t skipped; /* objects whose references cannot be told */
};

static void search_cleanup(struct search *search)
{
	reference_plans_deinit(&search->references);
	id_map_deinit(&search->referenced);
	free(search->rows);
}

static struct error *reference_visit(uint32_t offset, uint64_t target, void *context)
{
	struct search *search = context;
	const struct gc_heap *gc = search->call->question.heap->gc;
	const struct gc_segment *segment = gc_segment_of(gc, target);
	struct gc_object object;
	uint32_t seen;
	(void)offset;
	if (!segment)
		return NULL;
	enum gc_generation generation = gc_generation_of(gc, segment, target);
	if (generation > GENERATION_1 || generation >= search->generation)
		return NULL;
	struct error *error = object_read(search->call->question.heap, target, &object);
	if (error_take_damage(&error))
		return NULL;
	TRY(error);
	if (object.is_free)
		return NULL;
	search->row.count[generation]++;
	search->row.size[generation] += object.size;
	if (id_map_find(&search->referenced, target, &seen))
		return NULL;
	search->referenced_count++;
	search->referenced_size += object.size;
	return id_map_put(&search->referenced, target, 0);
}

static struct error *object_visit(const struct gc_object *object, void *context)
{
	struct search *search = context;
	search->row = (struct row){ .object = *object, .generation = search->generation };
	if (object->is_free)
		return NULL;
	struct error *error =
		object_visit_references(&search->references, object, reference_visit, search);
	if (error_take_damage(&error))
		search->skipped++;
	TRY(error);
	if (!search->row.count[0] && !search->row.count[1])
		return NULL;
	TRY(LIST_GROW(search->rows, search->count, search->capacity));
	search->rows[search->count++] = search->row;
	return NULL;
}

static int by_address(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	return a->object.address < b->object.address ? -1 : a->object.address > b->object.address;
}

static struct error *row_print(struct search *search, const struct row *row, enum gc_generation to)
{
	struct output *out = search->call->out;
	const struct type *type;
	TRY(type_at(search->call->question.heap, row->object.method_table, &type));
	output_row_begin(out);
	output_address(out, row->object.address);
	output_address(out, row->object.method_table);
	output_unsigned(out, row->object.size);
	output_text(out, gc_generation_name(row->generation));
	output_text(out, generations[row->generation].title);
	output_text(out, gc_generation_name(to));
	output_text(out, generations[to].title);
	output_unsigned(out, row->count[to]);
	output_unsigned(out, row->size[to]);
	output_text(out, type_name(search->call->question.heap, type, NULL));
	output_row_end(out);
	search->total++;
	return NULL;
}

/* The rows from one generation to another, from the first of them on. */
static struct error *group_print(struct search *search, size_t first, enum gc_generation to)
{
	struct output *out = search->call->out;
	enum gc_generation from = search->rows[first].generation;
	if (search->total)
		output_line(out, "%s", "");
	output_line(out, "References from %s to %s:", generations[from].name, generations[to].name);
	output_line(out, "%s", "");
	output_line(out, "%16s %16s %14s %-11s %-11s %14s %14s %s", "Object", "MethodTable", "Size",
		    "Obj Gen", "Ref Gen", "Obj Count", "Obj Size", "Type");
	for (size_t i = first; i < search->count && !output_broken(out); i++)
		if (search->rows[i].generation == from && search->rows[i].count[to])
			TRY(row_print(search, &search->rows[i], to));
	return NULL;
}

/* As SOS: by pairs of generations, in the order in which the first of each stands in the heap. */
static struct error *groups_print(struct search *search)
{
	bool shown[GENERATION_COUNT][2] = { 0 };
	if (search->count)
		qsort(search->rows, search->count, sizeof(*search->rows), by_address);
	for (size_t i = 0; i < search->count && !output_broken(search->call->out); i++) {
		const struct row *row = &search->rows[i];
		for (enum gc_generation to = GENERATION_0; to <= GENERATION_1; to++) {
			if (!row->count[to] || shown[row->generation][to])
				continue;
			shown[row->generation][to] = true;
			TRY(group_print(search, i, to));
		}
	}
	return NULL;
}

static struct error *generation_search(struct search *search, enum gc_generation generation)
{
	struct heap_filter filter;
	heap_filter_init_all(&filter, &search->call->question);
	filter.generation = search->generation = generation;
	struct error *error = heap_filter_walk(&filter, object_visit, search);
	heap_filter_deinit(&filter);
	return error;
}

static struct error *ephrefs_run(struct command_call *call)
{
	static const enum gc_generation older[] = { GENERATION_1, GENERATION_2, GENERATION_LARGE,
						    GENERATION_PINNED };
	CLEANUP(search_cleanup) struct search search = { .call = call };
	CLEANUP(text_deinit) struct text line = { 0 };
	struct output *out = call->out;
	TRY(reference_plans_init(&search.references, call->question.heap));
	output_table_begin(out, "references", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < COUNT_OF(older); i++)
		TRY(generation_search(&search, older[i]));
	TRY(groups_print(&search));
	output_table_end(out);

	output_line(out, "%s", "");
	text_append_count(&line, search.total);
	text_append(&line, " older generation objects referenced ");
	text_append_count(&line, search.referenced_count);
	text_append(&line, " younger objects (");
	text_append_count(&line, search.referenced_size);
	output_line(out, "%s bytes)", text_string(&line));
	output_record_begin(out, "total", total_columns, COUNT_OF(total_columns));
	output_unsigned(out, search.total);
	output_unsigned(out, search.referenced_count);
	output_unsigned(out, search.referenced_size);
	output_record_end(out);
	if (search.skipped)
		question_missing(&call->question, 0,
				 "the references of %" PRIu64 " objects cannot be read",
				 search.skipped);
	return NULL;
}

static const char *const examples[] = { "ephrefs", NULL };
const struct command command_ephrefs = {
	.name = "ephrefs",
	.summary = "list objects of older generations that refer to generation 0 or 1",
	.usage = "ephrefs",
	.description =
		"What makes a young collection look into older generations. Obj Count and Obj Size "
		"are of the references into Ref Gen, an object that is met twice counted twice; "
		"the last line counts each once.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = ephrefs_run,
};
