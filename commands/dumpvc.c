/* dumpvc: a value of a struct type, by its address. */
#include "commands/command.h"

#include "commands/shared/field_table.h"
#include "commands/shared/object_header.h"
#include "heap/types/type.h"

#include <inttypes.h>

static struct error *dumpvc_run(struct command_call *call)
{
	uint64_t address;
	const struct type *type = call->subject.type;
	TRY(arguments_positional_address(call->arguments, 1, "a value", &address));
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_ENUM && type->kind != TYPE_PRIMITIVE)
		return error_new(ERROR_USAGE,
				 "%s is not a value type: show the object with dumpobj %" PRIx64,
				 type_name(call->question.heap, type, NULL), address);
	struct_header_print(call, type, address);
	struct field_table table = { .type = type, .base = address };
	return field_table_print(call, &table);
}

static const char *const positionals[] = { "ADDRESS", NULL };
static const char *const examples[] = { "dumpvc 7f74b62f5310 7f68dd00e268", NULL };
const struct command command_dumpvc = {
	.name = "dumpvc",
	.summary = "show a struct at an address: its type and fields",
	.description =
		"MT and ADDRESS stand in the row of the field (dumpobj) or element (dumparray) that holds the struct. Offsets are from the struct's first byte; the size is that of a boxed one, as in SOS.",
	.subject = { .kind = SUBJECT_METHOD_TABLE },
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpvc_run,
};
