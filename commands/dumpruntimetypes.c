/* dumpruntimetypes: the System.RuntimeType objects of the heap, and the types they describe. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/types/clr_domain.h"
#include "inspect/runtime_types.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "domain", "Domain", CELL_ADDRESS, 16 },
	{ "mt", "MT", CELL_ADDRESS, 16 },
	{ "type", "Type Name", CELL_TEXT, 0 },
};

struct listing {
	struct command_call *call;
	uint64_t domain, count;
};

static struct error *dumpruntimetypes_row(const struct runtime_type *found, void *context)
{
	struct listing *listing = context;
	struct output *out = listing->call->out;
	const struct type *type = found->type;
	listing->count++;
	output_row_begin(out);
	output_address(out, found->object);
	output_address(out, type && type->module ? listing->domain : 0);
	output_address(out, found->handle);
	if (type)
		output_text(out, type_name(listing->call->question.heap, type, NULL));
	else
		output_textf(out, "<unknown type MT=%" PRIx64 ">", found->handle);
	output_row_end(out);
	return output_broken(out) ? &error_stop : NULL;
}

static struct error *dumpruntimetypes_run(struct command_call *call)
{
	struct listing listing = { .call = call,
				   .domain = clr_domain_address(call->question.heap) };
	output_table_begin(call->out, "runtime_types", columns, COUNT_OF(columns), true);
	struct error *error = runtime_types_visit(&call->question, dumpruntimetypes_row, &listing);
	output_table_end(call->out);
	if (!error && !listing.count)
		output_note(call->out, "No System.RuntimeType objects found.");
	return error;
}

static const char *const examples[] = { "dumpruntimetypes", NULL };
const struct command command_dumpruntimetypes = {
	.name = "dumpruntimetypes",
	.summary = "list the System.RuntimeType objects and the types they stand for",
	.description =
		"MT is the type's handle: its MethodTable, or for pointers, byrefs and type parameters a TypeDesc with bit 1 set.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumpruntimetypes_run,
};
