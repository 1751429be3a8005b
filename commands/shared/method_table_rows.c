#include "commands/shared/method_table_rows.h"

#include "base/list.h"
#include "inspect/method_slots.h"

static const struct column columns[] = {
	{ "entry", "Entry", CELL_POINTER, 16 }, { "method_desc", "MethodDesc", CELL_POINTER, 16 },
	{ "jit", "JIT", CELL_TEXT, 6 },         { "slot", "Slot", CELL_HEX_UPPER, -16 },
	{ "method", "Name", CELL_TEXT, 0 },
};

static struct error *method_row(const struct slot_view *slot, void *context)
{
	struct output *out = context;
	output_row_begin(out);
	if (slot->entry_unknown)
		output_nothing(out, "?");
	else
		output_address(out, slot->entry);
	output_address(out, slot->method);
	output_text(out, slot->state);
	output_unsigned(out, slot->slot);
	output_text_or(out, slot->name, "<unknown method>");
	output_row_end(out);
	return NULL;
}

struct error *method_table_rows(struct command_call *call, const struct type *type)
{
	struct method_slots slots;
	TRY(method_slots_read(call->question.heap, type, &slots));
	output_line(call->out, "--------------------------------------");
	output_line(call->out, "MethodDesc Table");
	output_table_begin(call->out, "methods", columns, COUNT_OF(columns), true);
	struct error *error =
		method_slots_visit(&call->question, type, &slots, method_row, call->out);
	output_table_end(call->out);
	return error;
}
