/* verifyheap: every object of the heap, and where its references lead. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/verify_rows.h"

#include <inttypes.h>

enum { NAME_COLUMN = -32 };

static const struct column columns[] = {
	{ "heap", "Heap", CELL_INTEGER, -4 },      { "segment", "Segment", CELL_ADDRESS, -12 },
	{ "object", "Object", CELL_ADDRESS, -12 }, { "failure", "Failure", CELL_TEXT, NAME_COLUMN },
	{ "description", "", CELL_TEXT, 0 },
};
static const struct column totals[] = {
	{ "objects_verified", NULL, CELL_COUNT, 0 },
	{ "errors", NULL, CELL_COUNT, 0 },
	{ "unreadable", NULL, CELL_COUNT, 0 },
};

struct verification {
	struct command_call *call;
	struct object_verifier verifier;
	uint64_t expected; /* where the next object has to stand */
	uint64_t objects;
	struct verify_count count;
	struct arena row; /* reset after each: a damaged heap has many */
	bool open;        /* the table */
	size_t skip;      /* columns: workstation GC has no column for the heap */
};

static struct error *report(const struct corruption *corruption, void *context)
{
	struct verification *verification = context;
	struct output *out = verification->call->out;
	const struct gc_segment *segment =
		gc_segment_of(verification->call->question.heap->gc, corruption->object);
	verify_count_add(&verification->count, corruption);
	if (!verification->open)
		output_table_begin(out, "failures", columns + verification->skip,
				   COUNT_OF(columns) - verification->skip, true);
	verification->open = true;
	output_row_begin(out);
	if (!verification->skip)
		output_unsigned(out, segment ? segment->heap : 0);
	output_address(out, segment ? segment->address : 0);
	output_address(out, corruption->object);
	output_text(out, corruption_name(corruption->kind));
	output_text(out, corruption_message(corruption, &verification->row));
	output_row_end(out);
	arena_reset(&verification->row);
	return output_broken(out) ? &error_stop : NULL;
}

/* The walk steps over what is no object: here that is what is looked for. */
static struct error *visit(struct gc_object *objects, size_t count, void *context)
{
	struct verification *verification = context;
	struct object_verifier *verifier = &verification->verifier;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		if (object->address != verification->expected)
			TRY(address_verify(verifier, verification->expected));
		verification->expected = object->address + align_up(object->size, sizeof(uint64_t));
		verification->objects++;
		/* What it refers to may be anywhere, and slow to be read. */
		TRY(task_check(verification->call->question.task, "verifying the heap"));
		TRY(object_verify(verifier, object));
	}
	return NULL;
}

static struct error *walk(struct verification *verification)
{
	struct heap *heap = verification->call->question.heap;
	const struct gc_heap *gc = heap->gc;
	CLEANUP(walker_deinit) struct walker walker = { 0 };
	struct error *error = NULL;
	TRY(walker_init(&walker, heap));
	for (size_t i = 0; i < gc->span_count && !error; i++) {
		const struct gc_span *span = &gc->spans[i];
		task_progress(verification->call->question.task, "verifying the heap", i,
			      gc->span_count);
		verification->expected = span->start;
		error = walker_span(&walker, span, verification->call->question.task, visit,
				    verification);
		if (!error && verification->expected < span->end)
			error = address_verify(&verification->verifier, verification->expected);
	}
	error_take_stop(&error);
	question_missing_of_gc(&verification->call->question);
	if (walker.damage.unreadable_bytes)
		question_missing(&verification->call->question, walker.damage.unreadable_bytes,
				 "%" PRIu64 " bytes of the heap %s", walker.damage.unreadable_bytes,
				 target_lacks_them(heap->target));
	return error;
}

static void verification_deinit(struct verification *verification)
{
	object_verifier_deinit(&verification->verifier);
	arena_deinit(&verification->row);
}

static struct error *verifyheap_run(struct command_call *call)
{
	CLEANUP(verification_deinit)
	struct verification verification = { .call = call,
					     .skip = call->question.heap->gc->is_server ? 0 : 1 };
	const struct verify_count *count = &verification.count;
	TRY(object_verifier_init(&verification.verifier, call->question.heap,
				 call->question.scratch, report, &verification));
	TRY(walk(&verification));
	if (verification.open)
		output_table_end(call->out);
	output_record_begin(call->out, NULL, totals, COUNT_OF(totals));
	output_unsigned(call->out, verification.objects);
	output_unsigned(call->out, count->damaged);
	output_unsigned(call->out, count->unreadable);
	output_record_end(call->out);
	if (verification.open)
		output_line(call->out, "%s", "");
	output_line_total(call->out, "", verification.objects, " objects verified, ",
			  count->damaged, count->damaged == 1 ? " error." : " errors.");
	if (!count->damaged)
		output_line(call->out, "No heap corruption detected.");
	if (count->damaged)
		output_note(
			call->out,
			"A process that is stopped, or dumped, as it runs may be just making an "
			"object, or a background collection be sweeping: damage is what another "
			"dump or refresh shows again.");
	verify_count_tell(call, count, &verification.verifier);
	return NULL;
}

static const char *const examples[] = { "verifyheap", NULL };
const struct command command_verifyheap = {
	.name = "verifyheap",
	.summary = "check every object of the heap, and where its references lead",
	.usage = "verifyheap",
	.description =
		"An object has to stand where the one before it ends, its MethodTable has to be "
		"one, and each of its references has to lead to an object of the heap. Damage is "
		"exit status 4; what cannot be read is counted apart, and is status 5.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = verifyheap_run,
};
