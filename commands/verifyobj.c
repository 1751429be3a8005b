/* verifyobj: is this object whole? */
#include "commands/command.h"

#include "commands/get_resolve.h"
#include "commands/verify_rows.h"

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
	bool open;
};

static bool visit(const struct corruption *corruption, void *context)
{
	struct listing *listing = context;
	struct output *out = listing->call->out;
	if (!listing->open)
		output_table_begin(out, "issues", columns, sizeof(columns) / sizeof(*columns),
				   true);
	listing->open = true;
	output_row_begin(out);
	output_unsigned(out, corruption->offset);
	output_text(out, corruption_name(corruption->kind));
	output_text(out, corruption_message(corruption, listing->call->scratch));
	output_row_end(out);
	return !output_broken(out);
}

static struct error *verifyobj_run(struct command_call *call)
{
	struct listing listing = { call, false };
	struct object_verifier verifier;
	uint64_t address;
	TRY(get_object_argument(call, "an object", &address));
	struct error *error =
		object_verifier_init(&verifier, call->heap, call->scratch, visit, &listing);
	if (!error)
		error = address_verify(&verifier, address);
	object_verifier_deinit(&verifier);
	TRY(error);
	if (listing.open)
		output_table_end(call->out);
	output_record_begin(call->out, NULL, summary, 2);
	output_address(call->out, address);
	output_bool(call->out, !listing.open);
	output_record_end(call->out);
	if (!listing.open)
		output_line(call->out, "object 0x%" PRIx64 " is a valid object", address);
	return NULL;
}

static const char *const positionals[] = { "ADDRESS|PATH", NULL };
static const char *const examples[] = { "verifyobj 7f68dd012fd8", NULL };
const struct command command_verifyobj = {
	.name = "verifyobj",
	.summary = "check one object: its type, its size, where its references lead",
	.usage = "verifyobj ADDRESS|PATH",
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = verifyobj_run,
};
