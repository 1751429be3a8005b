/* dumpclass: a class with its fields and the values of its statics. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/field_table.h"
#include "heap/types/field.h"
#include "inspect/type_named.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "type", "Class Name:      ", CELL_TEXT, 0 },
	{ "token", "mdToken:         ", CELL_TOKEN_WIDE, 0 },
	{ "file", "File:            ", CELL_TEXT, 0 },
	{ "parent", "Parent:    ", CELL_ADDRESS_WIDE, 0 },
	{ "module", "Module:          ", CELL_ADDRESS_WIDE, 0 },
	{ "mt", "Method Table:    ", CELL_ADDRESS_WIDE, 0 },
	{ "canonical", "Canonical:       ", CELL_ADDRESS_WIDE, 0 },
	{ "attributes", "Class Attributes:    ", CELL_INTEGER, 0 },
	{ "instance_fields", "NumInstanceFields:   ", CELL_INTEGER, 0 },
	{ "static_fields", "NumStaticFields:     ", CELL_INTEGER, 0 },
};

/* ECMA-335 II.23.1.15, those that SOS names. */
static const struct attribute {
	uint32_t flag;
	const char *name;
} attribute_names[] = {
	{ 0x20, "Interface" },
	{ 0x80, "Abstract" },
	{ 0x100, "Sealed" },
	{ 0x1000, "ComImport" },
};
enum { ATTRIBUTES_BYTES = 64 };

static void attributes_cell(struct output *out, uint32_t attributes)
{
	char text[ATTRIBUTES_BYTES];
	int used = snprintf(text, sizeof(text), "%08x ", attributes);
	for (size_t i = 0; i < COUNT_OF(attribute_names); i++)
		if (attributes & attribute_names[i].flag)
			used += snprintf(text + used, sizeof(text) - (size_t)used, " %s",
					 attribute_names[i].name);
	if (text[used - 1] == ' ')
		text[used - 1] = '\0';
	output_number_as(out, attributes, text);
}

static struct error *dumpclass_run(struct command_call *call)
{
	const struct type *type;
	const struct type_field **fields;
	size_t count, statics = 0, own_statics = 0;
	struct output *out = call->out;
	const char *text = arguments_positional(call->arguments, 0);
	if (!text)
		return error_new(ERROR_USAGE, "dumpclass needs a MethodTable or a type's name");
	TRY(type_named(&call->question, text, &type));
	TRY(type_all_fields(call->question.heap, type, true, call->question.scratch, &fields,
			    &count));
	for (size_t i = 0; i < count; i++) {
		statics += fields[i]->is_static;
		own_statics += fields[i]->is_static && fields[i]->declaring == type;
	}
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text_as(out, type_name(call->question.heap, type, NULL),
		       type_sos_name(call->question.heap, type));
	output_unsigned(out, type->token);
	output_text(out, type_file(type));
	output_address(out, type->parent_handle);
	output_address(out, type->module ? type->module->address : 0);
	output_address(out, type->handle);
	if (type->canonical != type->handle)
		output_address(out, type->canonical);
	else
		output_skip(out);
	attributes_cell(out, type->attributes);
	output_unsigned(out, count - statics);
	output_unsigned(out, own_statics);
	output_record_end(out);
	struct field_table table = { .type = type, .is_object = true, .untitled = true };
	if (type->kind == TYPE_STRUCT || type->kind == TYPE_ENUM || type->kind == TYPE_PRIMITIVE)
		table.is_object = false;
	return field_table_print(call, &table);
}

static const char *const positionals[] = { "MT|NAME", NULL };
static const char *const examples[] = { "dumpclass System.String", NULL };
const struct command command_dumpclass = {
	.name = "dumpclass",
	.summary = "show a class: its fields and the values of its statics",
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpclass_run,
};
