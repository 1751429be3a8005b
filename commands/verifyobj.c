/* verifyobj: is this object whole? */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/verify_rows.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "offset", "Offset", CELL_HEX, -8 },
	{ "issue", "Issue", CELL_TEXT, -32 },
	{ "description", "Description", CELL_TEXT, 0 },
};
static const struct column summary[] = {
	{ "address", NULL, CELL_ADDRESS, 0 },
	{ "valid", NULL, CELL_VALUE, 0 },
};

struct listing {
	struct command_call *call;
	struct verify_count count;
	struct arena row; /* reset after each: an array has many elements */
	bool open;
};

static void listing_deinit(struct listing *listing)
{
	arena_deinit(&listing->row);
}

static struct error *visit(const struct corruption *corruption, void *context)
{
	struct listing *listing = context;
	struct output *out = listing->call->out;
	if (!listing->open)
		output_table_begin(out, "issues", columns, COUNT_OF(columns), true);
	listing->open = true;
	verify_count_add(&listing->count, corruption);
	output_row_begin(out);
	output_unsigned(out, corruption->offset);
	output_text(out, corruption_name(corruption->kind));
	output_text(out, corruption_message(corruption, &listing->row));
	output_row_end(out);
	arena_reset(&listing->row);
	return output_broken(out) ? &error_stop : NULL;
}

static struct error *verifyobj_run(struct command_call *call)
{
	CLEANUP(listing_deinit) struct listing listing = { .call = call };
	CLEANUP(object_verifier_deinit) struct object_verifier verifier = { 0 };
	uint64_t address = call->subject.address;
	TRY(object_verifier_init(&verifier, call->question.heap, call->question.task, visit,
				 &listing));
	struct error *error = address_verify(&verifier, address);
	error_take_stop(&error);
	TRY(error);
	if (listing.open)
		output_table_end(call->out);
	output_record_begin(call->out, NULL, summary, COUNT_OF(summary));
	output_address(call->out, address);
	output_bool(call->out, !listing.open);
	output_record_end(call->out);
	if (!listing.open)
		output_line(call->out, "object 0x%" PRIx64 " is a valid object", address);
	listing.count.unreadable_references = verifier.unreadable_references;
	verify_count_tell(call, &listing.count);
	return NULL;
}

static const char *const examples[] = { "verifyobj 7f68dd012fd8", NULL };
const struct command command_verifyobj = {
	.name = "verifyobj",
	.summary = "check one object: its type, its size, where its references lead",
	.description = "Damage is exit status 4; what cannot be read is status 5.",
	.subject = { .kind = SUBJECT_OBJECT },
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = verifyobj_run,
};
