/* verifyheap: every object of the heap, and where its references lead. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/verify_rows.h"
#include "inspect/heap_verification.h"

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
	struct heap_verification found;
	struct arena row; /* reset after each: a damaged heap has many */
	bool open;        /* the table */
	size_t skip;      /* columns: workstation GC has no column for the heap */
};

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

static struct error *corruption_show(const struct corruption *corruption, void *context)
{
	struct verification *verification = context;
	struct output *out = verification->call->out;
	if (!verification->open)
		output_table_begin(out, "failures", columns + verification->skip,
				   COUNT_OF(columns) - verification->skip, true);
	verification->open = true;
	row_print(verification, corruption);
	return output_broken(out) ? &error_stop : NULL;
}

static void verification_deinit(struct verification *verification)
{
	arena_deinit(&verification->row);
}

static void totals_print(const struct verification *verification)
{
	struct output *out = verification->call->out;
	const struct verify_count *count = &verification->found.count;
	output_record_begin(out, NULL, totals, COUNT_OF(totals));
	output_unsigned(out, verification->found.objects);
	output_unsigned(out, count->damaged);
	output_unsigned(out, count->unreadable);
	output_record_end(out);
	if (verification->open)
		output_line(out, "%s", "");
	output_line_total(out, "", verification->found.objects, " objects verified, ",
			  count->damaged, count->damaged == 1 ? " error." : " errors.");
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
	TRY(heap_verify(&call->question, corruption_show, &verification, &verification.found));
	if (verification.open)
		output_table_end(call->out);
	totals_print(&verification);
	verify_count_tell(call, &verification.found.count);
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
