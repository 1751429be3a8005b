/* dumpmt: a MethodTable. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/method_table_rows.h"
#include "inspect/type_view.h"

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
static void context_cell(struct output *out, const struct load_context *context)
{
	if (!context->is_known)
		output_skip(out);
	else if (context->object)
		output_address(out, context->object);
	else
		output_nothing(out, "Default ALC - The managed instance of this context "
				    "doesn't exist yet.");
}

static void count_cell(struct output *out, bool is_known, uint32_t count)
{
	if (is_known)
		output_unsigned(out, count);
	else
		output_skip(out);
}

static void size_cells(struct output *out, const struct type *type)
{
	output_unsigned(out, type->base_size);
	output_unsigned(out, type->component_size);
	if (type->component_size)
		output_sentence(out, "ComponentSize:       0x{component_size}");
	output_bool_as(out, type->contains_pointers, type->contains_pointers ? "true" : "false");
}

static void record_print(struct command_call *call, const struct type *type,
			 const struct load_context *context, const struct type_counts *counts)
{
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
	context_cell(out, context);
	size_cells(out, type);
	count_cell(out, counts->has_methods, counts->methods);
	count_cell(out, counts->has_interfaces, counts->interfaces);
	output_record_end(out);
}

static struct error *dumpmt_run(struct command_call *call)
{
	const struct type *type = call->subject.type;
	struct load_context context;
	struct type_counts counts;
	TRY(type_load_context(&call->question, type, &context));
	TRY(type_counts_read(&call->question, type, &counts));
	record_print(call, type, &context, &counts);
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
	.description =
		"-md lists virtual slots first, inherited ones too, then the other methods. JIT: made by the JIT; PreJIT: compiled ahead of time (ReadyToRun); FCALL: a function of the runtime; NONE: not compiled yet. Entry is where calls go: often a stub, also of a method that has code.",
	.options = options,
	.subject = { .kind = SUBJECT_METHOD_TABLE },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpmt_run,
};
