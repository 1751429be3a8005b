/* dumpassembly: an Assembly and its module. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/types/clr_domain.h"
#include "heap/types/clr_module.h"

static const struct column columns[] = {
	{ "parent_domain", "Parent Domain:      ", CELL_ADDRESS_WIDE, 0 },
	{ "name", "Name:               ", CELL_TEXT, 0 },
	{ "assembly", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "assembly_name", NULL, CELL_TEXT, 0 },
	{ "module", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "path", IN_WORDS, CELL_TEXT, 0 },
	{ "is_dynamic", NULL, CELL_VALUE, 0 },
	{ "is_collectible", NULL, CELL_VALUE, 0 },
};

static struct error *dumpassembly_run(struct command_call *call)
{
	struct clr_module *module;
	struct output *out = call->out;
	uint64_t address = call->subject.address;
	TRY(clr_module_of_assembly(call->question.heap, address, &module));
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_address(out, clr_domain_address(call->question.heap));
	output_text(out, *module->path ? module->path : "Unknown");
	output_address(out, address);
	output_text_or_null(out, clr_module_assembly_name(call->question.heap, module));
	output_address(out, module->address);
	output_text_as(out, module->path, clr_module_title(module));
	output_bool(out, module->is_dynamic);
	output_bool(out, module->is_collectible);
	output_sentence(out, "  Module\n  {module}    {path}");
	output_record_end(out);
	return NULL;
}

static const char *const examples[] = { "dumpassembly 562d34a2c550", NULL };
const struct command command_dumpassembly = {
	.name = "dumpassembly",
	.summary = "show an assembly: its domain, file and module",
	.subject = { .kind = SUBJECT_ADDRESS, .what = "an assembly", .word = "ASSEMBLY" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpassembly_run,
};
