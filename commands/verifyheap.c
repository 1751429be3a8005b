/* verifyheap: every object of the heap, and where its references lead. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/verify_rows.h"
#include "heap/gc/heap_walk.h"

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
	uint64_t objects; /* verified */
	struct verify_count count;
	struct arena row; /* reset after each: a damaged heap has many */
	bool open;        /* the table */
	size_t skip;      /* columns: workstation GC has no column for the heap */
};

/* One thread's. */
struct part {
	struct object_verifier verifier;
	struct walk_worker *worker;
	uint64_t expected; /* where the next object has to be */
	uint64_t objects;
};

static struct error *corruption_put(const struct corruption *corruption, void *context)
{
	const struct part *part = context;
	return walk_put(part->worker, corruption);
}

static struct error *part_init(struct walk_worker *worker)
{
	struct part *part = worker->part;
	part->worker = worker;
	return object_verifier_init(&part->verifier, worker->walker.heap, worker->task,
				    corruption_put, part);
}

static struct error *part_sum(struct walk_worker *worker)
{
	const struct part *part = worker->part;
	struct verification *verification = worker->context;
	verification->objects += part->objects;
	verification->count.unreadable_references += part->verifier.unreadable_references;
	return NULL;
}

static void part_deinit(void *context)
{
	struct part *part = context;
	object_verifier_deinit(&part->verifier);
}

static struct error *span_begins(struct walk_worker *worker)
{
	struct part *part = worker->part;
	part->expected = worker->span->start;
	return NULL;
}

/* The walk steps over what is no object: here that is what is looked for. */
static struct error *objects_verify(struct walk_worker *worker, struct gc_object *objects,
				    size_t count)
{
	struct part *part = worker->part;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		if (object->address != part->expected)
			TRY(address_verify(&part->verifier, part->expected));
		part->expected = object->address + align_up(object->size, sizeof(uint64_t));
		part->objects++;
		/* What it refers to may be anywhere, and slow to be read. */
		TRY(task_check(worker->task, "verifying the heap"));
		TRY(object_verify(&part->verifier, object));
	}
	return NULL;
}

static struct error *span_ended(struct walk_worker *worker)
{
	struct part *part = worker->part;
	return part->expected < worker->span->end ? address_verify(&part->verifier, part->expected)
						  : NULL;
}

static void row_print(struct verification *verification, const struct corruption *corruption)
{
	struct output *out = verification->call->out;
	const struct gc_segment *segment =
		gc_segment_of(verification->call->question.heap->gc, corruption->object);
	output_row_begin(out);
	if (!verification->skip)
		output_unsigned(out, segment ? segment->heap : 0);
	output_address(out, segment ? segment->address : 0);
	output_address(out, corruption->object);
	output_text(out, corruption_name(corruption->kind));
	output_text(out, corruption_message(corruption, &verification->row));
	output_row_end(out);
	arena_reset(&verification->row);
}

static struct error *rows_print(const void *rows, size_t count, void *context)
{
	struct verification *verification = context;
	struct output *out = verification->call->out;
	const struct corruption *corruption = rows;
	if (!verification->open)
		output_table_begin(out, "failures", columns + verification->skip,
				   COUNT_OF(columns) - verification->skip, true);
	verification->open = true;
	for (size_t i = 0; i < count && !output_broken(out); i++) {
		verify_count_add(&verification->count, &corruption[i]);
		row_print(verification, &corruption[i]);
	}
	return output_broken(out) ? &error_stop : NULL;
}

static struct error *walk(struct verification *verification)
{
	const struct question *question = &verification->call->question;
	const struct heap_walk_plan plan = { .spans = question->heap->gc->spans,
					     .span_count = question->heap->gc->span_count,
					     .threads = question_threads(question),
					     .task = question->task,
					     .what = "verifying the heap",
					     .unit_bytes = question_thread_bytes(question),
					     .row_bytes = sizeof(struct corruption),
					     .part_bytes = sizeof(struct part),
					     .part_init = part_init,
					     .part_sum = part_sum,
					     .part_deinit = part_deinit,
					     .context = verification,
					     .span_begins = span_begins,
					     .objects = objects_verify,
					     .span_ended = span_ended,
					     .rows = rows_print };
	struct walk_damage damage;
	struct error *error = heap_walk(question->heap, &plan, &damage);
	question_missing_of_gc(question);
	if (damage.unreadable_bytes)
		question_missing(question, damage.unreadable_bytes,
				 "%" PRIu64 " bytes of the heap %s", damage.unreadable_bytes,
				 target_lacks_them(question->target));
	return error;
}

static void verification_deinit(struct verification *verification)
{
	arena_deinit(&verification->row);
}

static void totals_print(const struct verification *verification)
{
	struct output *out = verification->call->out;
	const struct verify_count *count = &verification->count;
	output_record_begin(out, NULL, totals, COUNT_OF(totals));
	output_unsigned(out, verification->objects);
	output_unsigned(out, count->damaged);
	output_unsigned(out, count->unreadable);
	output_record_end(out);
	if (verification->open)
		output_line(out, "%s", "");
	output_line_total(out, "", verification->objects, " objects verified, ", count->damaged,
			  count->damaged == 1 ? " error." : " errors.");
	if (!count->damaged)
		output_line(out, "No heap corruption detected.");
	if (count->damaged)
		output_note(
			out,
			"A process that is stopped, or dumped, as it runs may be just making an "
			"object, or a background collection be sweeping: damage is what another "
			"dump or refresh shows again.");
}

static struct error *verifyheap_run(struct command_call *call)
{
	CLEANUP(verification_deinit)
	struct verification verification = { .call = call,
					     .skip = call->question.heap->gc->is_server ? 0 : 1 };
	TRY(walk(&verification));
	if (verification.open)
		output_table_end(call->out);
	totals_print(&verification);
	verify_count_tell(call, &verification.count);
	return NULL;
}

static const char *const examples[] = { "verifyheap", NULL };
const struct command command_verifyheap = {
	.name = "verifyheap",
	.summary = "check every object of the heap, and where its references lead",
	.description =
		"An object has to stand where the one before it ends, its MethodTable has to be one, and each of its references has to lead to an object of the heap. Damage is exit status 4; what cannot be read is counted apart, and is status 5.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = verifyheap_run,
};
