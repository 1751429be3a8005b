/* dumpdelegate: what a delegate calls. */
#include "commands/command.h"

#include "base/list.h"
#include "inspect/delegate_view.h"

static const struct column columns[] = {
	{ "delegate", NULL, CELL_ADDRESS, 0 },  { "target", "Target", CELL_ADDRESS_WIDE, -16 },
	{ "target_type", NULL, CELL_VALUE, 0 }, { "method_desc", "Method", CELL_ADDRESS_WIDE, -16 },
	{ "method", "Name", CELL_TEXT, 0 },
};

static struct error *dumpdelegate_row(const struct delegate_call *called, void *context)
{
	struct command_call *call = context;
	struct output *out = call->out;
	const struct type *type = called->target_type;
	output_row_begin(out);
	output_address(out, called->delegate);
	output_address(out, called->target);
	output_text_or_null(out, type ? type_name(call->question.heap, type, NULL) : NULL);
	output_address(out, called->method);
	output_text_or(out, called->method_name, "(unknown)");
	output_row_end(out);
	return NULL;
}

static struct error *dumpdelegate_run(struct command_call *call)
{
	uint64_t delegate = call->subject.address;
	TRY(delegate_check(&call->question, delegate));
	output_table_begin(call->out, "delegates", columns, COUNT_OF(columns), true);
	struct error *error = delegate_visit(&call->question, delegate, dumpdelegate_row, call);
	output_table_end(call->out);
	return error;
}

static const char *const examples[] = { "dumpdelegate 7f68dd011a30", NULL };
const struct command command_dumpdelegate = {
	.name = "dumpdelegate",
	.summary = "show what a delegate calls: object and method",
	.description =
		"Of a delegate of several methods each has a line, in the order in which they are called. A method is (unknown) when the delegate leads to it through a stub of another kind than the runtime's entry points.",
	.subject = { .kind = SUBJECT_OBJECT, .what = "a delegate" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpdelegate_run,
};
