/* listnearobj: the objects before, at and behind an address. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"

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

struct search {
	struct command_call *call;
	uint64_t address;
	struct gc_object before, at, next; /* address 0: none */
	uint64_t end;                      /* of the object seen last */
	bool consistent;                   /* every object stood where the one before ended */
};

static struct error *visit(struct gc_object *objects, size_t count, void *context)
{
	struct search *search = context;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		uint64_t end = object->address + align_up(object->size, sizeof(uint64_t));
		bool near = end >= search->address;
		if (near && search->end != object->address)
			search->consistent = false;
		search->end = end;
		if (object->address < search->address)
			search->before = *object;
		else if (object->address == search->address)
			search->at = *object;
		else
			search->next = *object;
		if (search->next.address)
			return &error_stop;
	}
	return NULL;
}

static void row(struct search *search, const char *which, const struct gc_object *object)
{
	struct output *out = search->call->out;
	struct heap *heap = search->call->question.heap;
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

/* Between spans of one segment lies what a thread has set aside to allocate from. */
static void gap(struct search *search, uint64_t start, uint64_t end)
{
	output_note(search->call->out,
		    "From %#" PRIx64 " to %#" PRIx64
		    " lies an allocation context: a gap that is to be there.",
		    start, end);
}

static struct error *walk(struct search *search, const struct gc_segment *segment)
{
	struct heap *heap = search->call->question.heap;
	CLEANUP(walker_deinit) struct walker walker = { 0 };
	struct error *error = NULL;
	TRY(walker_init(&walker, heap));
	for (size_t i = 0; i < heap->gc->span_count && !error; i++) {
		const struct gc_span *span = &heap->gc->spans[i];
		if (&heap->gc->segments[span->segment] != segment)
			continue;
		if (search->end && search->end < span->start && search->address >= search->end &&
		    search->address < span->start)
			gap(search, search->end, span->start);
		search->end = span->start;
		error = walker_span(&walker, span, search->call->question.task, visit, search);
	}
	error_take_stop(&error);
	return error;
}

static struct error *listnearobj_run(struct command_call *call)
{
	struct search search = { .call = call, .consistent = true };
	search.address = call->subject.address & ~(uint64_t)(sizeof(uint64_t) - 1);
	const struct gc_segment *segment = gc_segment_of(call->question.heap->gc, search.address);
	if (!segment)
		return error_new(ERROR_NOT_FOUND,
				 "%#" PRIx64
				 " is in no segment of the managed heap; eeheap -gc lists them",
				 search.address);
	TRY(walk(&search, segment));
	output_table_begin(call->out, "objects", columns, COUNT_OF(columns), false);
	row(&search, "Before:", &search.before);
	row(&search, "Current:", &search.at);
	row(&search, "Next:", &search.next);
	output_table_end(call->out);
	if (!search.next.address)
		output_line(call->out, "%" PRIx64 " is the last object on the segment",
			    search.at.address ? search.at.address : search.before.address);
	output_record_begin(call->out, NULL, summary, COUNT_OF(summary));
	output_bool(call->out, search.consistent);
	output_sentence(call->out, search.consistent ? "Heap local consistency confirmed."
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
	.usage = "listnearobj ADDRESS|PATH",
	.subject = { .kind = SUBJECT_OBJECT, .what = "an address" },
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = listnearobj_run,
};
