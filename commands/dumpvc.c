/* dumpvc: a value of a struct type, where it stands. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/field_table.h"
#include "heap/types/type.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "address", NULL, CELL_ADDRESS_WIDE, 0 },
	{ NULL, "Name:        ", CELL_TEXT, 0 },
	{ "type", NULL, CELL_TEXT, 0 },
	{ "mt", "MethodTable: ", CELL_ADDRESS_WIDE, 0 },
	{ "canonical", "Canonical: ", CELL_ADDRESS_WIDE, 0 },
	{ "size", "Size:        ", CELL_BYTES_SOS, 0 },
	{ "file", "File:        ", CELL_TEXT, 0 },
};

static struct error *dumpvc_run(struct command_call *call)
{
	uint64_t address;
	const struct type *type = call->subject.type;
	struct output *out = call->out;
	TRY(arguments_positional_address(call->arguments, 1, "a value", &address));
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_ENUM && type->kind != TYPE_PRIMITIVE)
		return error_new(ERROR_USAGE,
				 "%s is not a value type: show the object with dumpobj %" PRIx64,
				 type_name(call->question.heap, type, NULL), address);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_address(out, address);
	output_text(out, type_sos_name(call->question.heap, type));
	output_text(out, type_name(call->question.heap, type, NULL));
	output_address(out, type->handle);
	if (type->canonical != type->handle)
		output_address(out, type->canonical);
	else
		output_skip(out);
	output_unsigned(out, type->base_size);
	output_text(out, type_file(type));
	output_record_end(out);
	struct field_table table = { .type = type, .base = address };
	return field_table_print(call, &table);
}

static const char *const positionals[] = { "ADDRESS", NULL };
static const char *const examples[] = { "dumpvc 7f74b62f5310 7f68dd00e268", NULL };
const struct command command_dumpvc = {
	.name = "dumpvc",
	.summary = "show a struct at an address: its type and fields",
	.usage = "dumpvc MT ADDRESS",
	.description = "MT and ADDRESS stand in the row of the field (dumpobj) or element "
		       "(dumparray) that "
		       "holds the struct. Offsets are from the struct's first byte; the size is "
		       "that of a boxed "
		       "one, as in SOS.",
	.subject = { .kind = SUBJECT_METHOD_TABLE },
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpvc_run,
};
