/* listnearobj: the objects before, at and after an address. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/types/type.h"
#include "inspect/near_objects.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "which", "", CELL_TEXT, -9 },
	{ "address", "", CELL_ADDRESS, 16 },
	{ "size", "", CELL_INTEGER, -32 },
	{ "type", "", CELL_TEXT, 0 },
};
static const struct column summary[] = {
	{ "consistent", NULL, CELL_VALUE, 0 },
};

enum { SIZE_BYTES = 48 };

static void listnearobj_row(struct command_call *call, const char *which,
			    const struct gc_object *object)
{
	struct output *out = call->out;
	struct heap *heap = call->question.heap;
	char size[SIZE_BYTES];
	if (!object->address)
		return;
	snprintf(size, sizeof(size), "%" PRIu64 " (0x%" PRIx64 ")", object->size, object->size);
	output_row_begin(out);
	output_text(out, which);
	output_address(out, object->address);
	output_number_as(out, (int64_t)object->size, size);
	output_text(out, type_name(heap, type_by_index(heap, object->type), NULL));
	output_row_end(out);
}

static void listnearobj_rows(struct command_call *call, const struct near_objects *near)
{
	output_table_begin(call->out, "objects", columns, COUNT_OF(columns), false);
	listnearobj_row(call, "Before:", &near->before);
	listnearobj_row(call, "Current:", &near->at);
	listnearobj_row(call, "Next:", &near->next);
	output_table_end(call->out);
	if (!near->next.address && !near->cut)
		output_line(call->out, "%" PRIx64 " is the last object on the segment",
			    near->at.address ? near->at.address : near->before.address);
}

static struct error *listnearobj_run(struct command_call *call)
{
	struct near_objects near;
	uint64_t address = call->subject.address & ~(uint64_t)(sizeof(uint64_t) - 1);
	TRY(near_objects_find(&call->question, address, &near));
	if (near.gap_end)
		output_note(call->out,
			    "From %#" PRIx64 " to %#" PRIx64
			    " lies an allocation context: a gap that is to be there.",
			    near.gap_start, near.gap_end);
	listnearobj_rows(call, &near);
	output_record_begin(call->out, NULL, summary, COUNT_OF(summary));
	output_bool(call->out, near.consistent);
	output_sentence(call->out, near.consistent ? "Heap local consistency confirmed."
						   : "Heap local consistency not confirmed.");
	output_record_end(call->out);
	return NULL;
}

static const char *const aliases[] = { "lno", NULL };
static const char *const examples[] = { "listnearobj 7f68dd012fd8", "lno 7f68dd012fe0", NULL };
const struct command command_listnearobj = {
	.name = "listnearobj",
	.aliases = aliases,
	.summary = "show the objects before, at and behind an address of the heap",
	.subject = { .kind = SUBJECT_OBJECT, .what = "an address" },
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = listnearobj_run,
};
