/* gcwhere: where in the GC heap an address is. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/gc/gc_heap.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, -16 },
	{ "heap", "Heap", CELL_INTEGER, -6 },
	{ "segment", "Segment", CELL_ADDRESS, -16 },
	{ "generation", "Generation", CELL_TEXT, -10 },
	{ "start", IN_WORDS, CELL_ADDRESS, 0 },
	{ "end", IN_WORDS, CELL_ADDRESS, 0 },
	{ "committed_end", IN_WORDS, CELL_ADDRESS, 0 },
	{ "reserved_end", IN_WORDS, CELL_ADDRESS, 0 },
	{ NULL, "Allocated", CELL_TEXT, -25 },
	{ NULL, "Committed", CELL_TEXT, -25 },
	{ NULL, "Reserved", CELL_TEXT, -25 },
};

/* As SOS writes them: 0, 1, 2, and the others by name. */
static const char *generation_title(enum gc_generation generation)
{
	static const char *const titles[] = { "0", "1", "2", "Large", "Pinned", "Frozen", "" };
	return titles[generation];
}

static void gcwhere_print(struct output *out, uint64_t address, const struct gc_segment *segment,
			  enum gc_generation generation)
{
	output_table_begin(out, "segments", columns, COUNT_OF(columns), true);
	output_row_begin(out);
	output_address(out, address);
	output_unsigned(out, segment->heap);
	output_address(out, segment->address);
	output_text_as(out, gc_generation_name(generation), generation_title(generation));
	output_address(out, segment->start);
	output_address(out, segment->end);
	output_address(out, segment->committed);
	output_address(out, segment->reserved);
	output_words(out, "{start}-{end}");
	output_textf(out, "%012" PRIx64 "-%012" PRIx64, gc_segment_base(segment),
		     segment->committed);
	output_words(out, "{committed_end}-{reserved_end}");
	output_row_end(out);
	output_table_end(out);
}

static struct error *gcwhere_run(struct command_call *call)
{
	const struct gc_heap *gc = call->question.heap->gc;
	uint64_t address = call->subject.address;
	for (size_t i = 0; i < gc->segment_count; i++) {
		const struct gc_segment *segment = &gc->segments[i];
		if (address < gc_segment_base(segment) || address >= segment->reserved)
			continue;
		gcwhere_print(call->out, address, segment, gc_generation_of(gc, segment, address));
		if (address >= segment->end)
			output_note(call->out,
				    "%#" PRIx64 " lies behind the last object of the segment.",
				    address);
		return NULL;
	}
	return error_new(ERROR_NOT_FOUND,
			 "%#" PRIx64 " is not in the managed heap; eeheap -gc lists its segments",
			 address);
}

static const char *const examples[] = { "gcwhere 7f68dd012fd8", NULL };
const struct command command_gcwhere = {
	.name = "gcwhere",
	.summary = "show the heap, segment and generation of an address",
	.description = "Reserved is what lies behind the committed memory, as SOS shows it.",
	.subject = { .kind = SUBJECT_OBJECT, .what = "an address" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = gcwhere_run,
};
