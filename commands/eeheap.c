/* eeheap -gc: the GC's heaps, generations and segments. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/gc/gc_heap.h"

#include <inttypes.h>

enum { TEXT_COLUMNS = 6, SIZE_COLUMN = -18 };

/* The same segments twice: as SOS groups them under titles, by generation, with their sizes; and as
 * JSON nests them, in the order of the heap's list. */
static const struct column text_columns[TEXT_COLUMNS] = {
	{ NULL, "segment", CELL_ADDRESS, 16 },
	{ NULL, "begin", CELL_ADDRESS, 16 },
	{ NULL, "allocated", CELL_ADDRESS, 16 },
	{ NULL, "committed", CELL_ADDRESS, 16 },
	{ NULL, "allocated size", CELL_BYTES_HEX, SIZE_COLUMN },
	{ NULL, "committed size", CELL_BYTES_HEX, SIZE_COLUMN },
};
static const struct column heap_columns[] = {
	{ "index", NULL, CELL_INTEGER, 0 },
	{ "address", NULL, CELL_ADDRESS, 0 },
	{ "segments", NULL, CELL_VALUE, 0 },
};
static const struct column segment_columns[] = {
	{ "address", NULL, CELL_ADDRESS, 0 },      { "start", NULL, CELL_ADDRESS, 0 },
	{ "end", NULL, CELL_ADDRESS, 0 },          { "committed_end", NULL, CELL_ADDRESS, 0 },
	{ "reserved_end", NULL, CELL_ADDRESS, 0 }, { "generation", NULL, CELL_TEXT, 0 },
};
static const struct column total_columns[] = {
	{ "total_size", IN_WORDS, CELL_BYTES_HEX, 0 },
	{ "total_committed", IN_WORDS, CELL_BYTES_HEX, 0 },
};

/* How SOS groups segments. */
static const struct group {
	const char *title, *subtitle;
	enum gc_generation generation;
} groups[] = {
	{ NULL, "generation 0:", GENERATION_0 },
	{ NULL, "generation 1:", GENERATION_1 },
	{ NULL, "generation 2:", GENERATION_2 },
	{ NULL, "ephemeral segment (generations 0, 1 and 2):", GENERATION_EPHEMERAL },
	{ "NonGC heap", NULL, GENERATION_FROZEN },
	{ "Large object heap", NULL, GENERATION_LARGE },
	{ "Pinned object heap", NULL, GENERATION_PINNED },
};

struct selection {
	struct command_call *call;
	const struct gc_heap *gc;
	uint64_t heap, segment; /* UINT64_MAX and 0: all */
	uint64_t allocated, committed;
	struct column columns[TEXT_COLUMNS]; /* text_columns, as wide as the sizes need */
};

static bool is_wanted(const struct selection *selection, const struct gc_segment *segment)
{
	uint64_t wanted = selection->segment;
	return !wanted || segment->address == wanted ||
	       (wanted >= segment->start && wanted < segment->reserved);
}

static uint64_t committed_size(const struct gc_segment *segment)
{
	uint64_t begin = gc_segment_base(segment);
	return segment->committed > begin ? segment->committed - begin : 0;
}

static void size_cell(struct output *out, uint64_t size)
{
	if (size)
		output_unsigned(out, size);
	else
		output_skip(out);
}

static void widen(struct column *column, uint64_t size)
{
	int length = snprintf(NULL, 0, "0x%" PRIx64 " (%" PRIu64 ")", size, size);
	if (-length < column->width)
		column->width = -length;
}

static void columns_prepare(struct selection *selection)
{
	memcpy(selection->columns, text_columns, sizeof(text_columns));
	for (size_t i = 0; i < selection->gc->segment_count; i++) {
		const struct gc_segment *segment = &selection->gc->segments[i];
		if (!is_wanted(selection, segment))
			continue;
		widen(&selection->columns[TEXT_COLUMNS - 2], segment->end - segment->start);
		widen(&selection->columns[TEXT_COLUMNS - 1], committed_size(segment));
	}
}

static void text_row(struct selection *selection, const struct gc_segment *segment)
{
	struct output *out = selection->call->out;
	uint64_t allocated = segment->end - segment->start;
	output_row_begin(out);
	output_address(out, segment->address);
	output_address(out, segment->start);
	output_address(out, segment->end);
	output_address(out, segment->committed);
	size_cell(out, allocated);
	size_cell(out, committed_size(segment));
	output_row_end(out);
	selection->allocated += allocated;
	selection->committed += committed_size(segment);
}

static void group_print(struct selection *selection, uint32_t heap, const struct group *group)
{
	struct output *out = selection->call->out;
	bool open = false;
	for (size_t i = 0; i < selection->gc->segment_count && !output_broken(out); i++) {
		const struct gc_segment *segment = &selection->gc->segments[i];
		if (segment->heap != heap || segment->generation != group->generation ||
		    !is_wanted(selection, segment))
			continue;
		if (!open && group->title)
			output_line(out, "%s", group->title);
		if (!open && group->subtitle)
			output_line(out, "%s", group->subtitle);
		if (!open)
			output_table_begin(out, NULL, selection->columns, TEXT_COLUMNS,
					   group->title != NULL);
		open = true;
		text_row(selection, segment);
	}
	if (open)
		output_table_end(out);
}

static void text_print(struct selection *selection)
{
	struct output *out = selection->call->out;
	const struct gc_heap *gc = selection->gc;
	if (gc->dynamic_adaptation_mode >= 0)
		output_line(out, "DATAS = %d", gc->dynamic_adaptation_mode);
	output_line(out, "========================================");
	output_line(out, "Number of GC Heaps: %" PRIu32, gc->heap_count);
	for (uint32_t i = 0; i < gc->heap_count && !output_broken(out); i++) {
		if (selection->heap != UINT64_MAX && selection->heap != i)
			continue;
		output_line(out, "----------------------------------------");
		if (gc->is_server)
			output_line(out, "Heap %" PRIu32 " (%016" PRIx64 ")", i,
				    gc->heap_addresses[i]);
		output_line(out, "Small object heap");
		output_table_begin(out, NULL, selection->columns, TEXT_COLUMNS, true);
		output_table_end(out);
		for (size_t g = 0; g < COUNT_OF(groups); g++)
			group_print(selection, i, &groups[g]);
	}
	output_line(out, "------------------------------");
}

static void record_segments(struct selection *selection, uint32_t heap)
{
	struct output *out = selection->call->out;
	output_table_begin(out, NULL, segment_columns, COUNT_OF(segment_columns), false);
	for (size_t i = 0; i < selection->gc->segment_count && !output_broken(out); i++) {
		const struct gc_segment *segment = &selection->gc->segments[i];
		if (segment->heap != heap || !is_wanted(selection, segment))
			continue;
		output_row_begin(out);
		output_address(out, segment->address);
		output_address(out, segment->start);
		output_address(out, segment->end);
		output_address(out, segment->committed);
		output_address(out, segment->reserved);
		output_text(out, gc_generation_name(segment->generation));
		output_row_end(out);
	}
	output_table_end(out);
}

static void record_print(struct selection *selection)
{
	struct output *out = selection->call->out;
	output_table_begin(out, "heaps", heap_columns, COUNT_OF(heap_columns), false);
	for (uint32_t i = 0; i < selection->gc->heap_count && !output_broken(out); i++) {
		if (selection->heap != UINT64_MAX && selection->heap != i)
			continue;
		output_row_begin(out);
		output_unsigned(out, i);
		output_address(out, selection->gc->heap_addresses[i]);
		record_segments(selection, i);
		output_row_end(out);
	}
	output_table_end(out);
	output_record_begin(out, NULL, total_columns, COUNT_OF(total_columns));
	output_unsigned(out, selection->allocated);
	output_unsigned(out, selection->committed);
	output_sentence(out,
			selection->heap != UINT64_MAX || selection->segment
				? "Partial Allocated Heap Size:   Size: {total_size} bytes.\n"
				  "Partial Committed Heap Size:   Size: {total_committed} bytes."
				: "GC Allocated Heap Size:   Size: {total_size} bytes.\n"
				  "GC Committed Heap Size:   Size: {total_committed} bytes.");
	output_record_end(out);
}

static struct error *eeheap_run(struct command_call *call)
{
	struct selection selection = { .call = call,
				       .gc = call->question.heap->gc,
				       .heap = UINT64_MAX };
	if (!arguments_has(call->arguments, "-gc"))
		return error_new(ERROR_USAGE, "eeheap shows the GC heap only: say eeheap -gc");
	TRY(arguments_number(call->arguments, "-heap", &selection.heap));
	TRY(arguments_address(call->arguments, "-segment", &selection.segment));
	if (selection.heap != UINT64_MAX && selection.heap >= selection.gc->heap_count)
		return error_new(ERROR_USAGE,
				 "there is no GC heap %" PRIu64 ": the process has %" PRIu32,
				 selection.heap, selection.gc->heap_count);
	columns_prepare(&selection);
	text_print(&selection);
	record_print(&selection);
	question_missing_of_gc(&call->question);
	return NULL;
}

static const struct option options[] = {
	{ "-gc", NULL, "the GC heap (the loader's heaps are not shown yet)", NULL },
	{ "-heap", "NUMBER", "only this GC heap (server GC)", NULL },
	{ "-segment", "ADDRESS", "only the segment or region that holds ADDRESS", NULL },
	{ 0 },
};
static const char *const examples[] = { "eeheap -gc", NULL };
const struct command command_eeheap = {
	.name = "eeheap",
	.summary = "list the heaps, generations and segments of the GC",
	.usage = "eeheap -gc [-heap NUMBER] [-segment ADDRESS]", /* -gc has to be said */
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = eeheap_run,
};
