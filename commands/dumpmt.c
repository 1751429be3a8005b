/* dumpmt: a MethodTable. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/method_table_rows.h"
#include "heap/code/method_code.h"
#include "heap/types/type.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "mt", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "parent", "Parent:              ", CELL_ADDRESS_WIDE, 0 },
	{ "canonical", "Canonical:           ", CELL_ADDRESS_WIDE, 0 },
	{ "ee_class", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "module", "Module:              ", CELL_ADDRESS_WIDE, 0 },
	{ "type", "Name:                ", CELL_TEXT, 0 },
	{ "token", "mdToken:             ", CELL_TOKEN_WIDE, 0 },
	{ "file", "File:                ", CELL_TEXT, 0 },
	{ "assembly_load_context", "AssemblyLoadContext: ", CELL_POINTER, 0 },
	{ "base_size", "BaseSize:            0x", CELL_HEX, 0 },
	{ "component_size", IN_WORDS, CELL_HEX, 0 },
	{ "has_gc_pointers", "Has GC Pointers:     ", CELL_VALUE, 0 },
	{ "method_count", "Number of Methods:   ", CELL_INTEGER, 0 },
	{ "interface_count", "Number of IFaces in IFaceMap: ", CELL_INTEGER, 0 },
};

/* As SOS has it; nothing where it cannot be read. */
static struct error *context_cell(struct command_call *call, const struct type *type)
{
	uint64_t context = 0;
	struct error *error =
		type->module ? clr_module_load_context(call->question.heap, type->module, &context)
			     : error_new(ERROR_FAULT, "no module");
	if (error_is_fatal(error))
		return error;
	if (error)
		output_skip(call->out);
	else if (context)
		output_address(call->out, context);
	else
		output_nothing(call->out, "Default ALC - The managed instance of this context "
					  "doesn't exist yet.");
	error_free(error);
	return NULL;
}

/* Only MethodTables have methods: not pointers, nor type variables. */
static struct error *count_cells(struct command_call *call, const struct type *type)
{
	struct method_slots slots = { 0 };
	uint32_t count;
	bool is_table = !(type->handle & TYPE_HANDLE_TYPE_DESC);
	if (is_table)
		TRY(method_slots_read(call->question.heap, type, &slots));
	if (is_table && method_count_of_class(call->question.heap, type, &count))
		output_unsigned(call->out, count);
	else
		output_skip(call->out);
	if (is_table)
		output_unsigned(call->out, slots.interface_count);
	else
		output_skip(call->out);
	return NULL;
}

static struct error *dumpmt_run(struct command_call *call)
{
	const struct type *type = call->subject.type;
	struct output *out = call->out;
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_address(out, type->handle);
	output_address(out, type->parent_handle);
	if (type->canonical != type->handle)
		output_address(out, type->canonical);
	else
		output_skip(out);
	output_address(out, type->ee_class);
	output_address(out, type->module ? type->module->address : 0);
	output_text_as(out, type_name(call->question.heap, type, NULL),
		       type_sos_name(call->question.heap, type));
	output_unsigned(out, type->token);
	output_text(out, type_file(type));
	TRY(context_cell(call, type));
	output_unsigned(out, type->base_size);
	output_unsigned(out, type->component_size);
	if (type->component_size)
		output_sentence(out, "ComponentSize:       0x{component_size}");
	output_bool_as(out, type->contains_pointers, type->contains_pointers ? "true" : "false");
	struct error *error = count_cells(call, type);
	output_record_end(out);
	if (error_take(&error, ERROR_FAULT) || error_take(&error, ERROR_UNSUPPORTED))
		question_missing(&call->question, 0, "the counts of the type's methods %s",
				 target_lacks_them(call->question.target));
	TRY(error);
	bool lists =
		arguments_has(call->arguments, "-md") && !(type->handle & TYPE_HANDLE_TYPE_DESC);
	return lists ? method_table_rows(call, type) : NULL;
}

static const struct option options[] = {
	{ "-md", NULL, "also its methods: where calls go, whether they are compiled, their names",
	  NULL },
	{ 0 },
};
static const char *const examples[] = { "dumpmt 7f74b62fcb98", "dumpmt -md 7f74b62fcb98", NULL };
const struct command command_dumpmt = {
	.name = "dumpmt",
	.summary = "show a MethodTable: name, parent, module, sizes",
	.usage = "dumpmt [-md] MT",
	.description =
		"-md lists virtual slots first, inherited ones too, then the other methods. JIT: "
		"made "
		"by the JIT; PreJIT: compiled ahead of time (ReadyToRun); FCALL: a function of the "
		"runtime; NONE: not compiled yet. Entry is where calls go: often a stub, also of a "
		"method that has code.",
	.options = options,
	.subject = { .kind = SUBJECT_METHOD_TABLE },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpmt_run,
};
