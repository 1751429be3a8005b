/* dumpdomain: the domains and their assemblies. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/types/clr_domain.h"
#include "heap/types/clr_module.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "id", IN_WORDS, CELL_INTEGER, 0 },
	{ "is_system", NULL, CELL_VALUE, 0 },
	{ "low_frequency_heap", "LowFrequencyHeap:   ", CELL_POINTER, 0 },
	{ "high_frequency_heap", "HighFrequencyHeap:  ", CELL_POINTER, 0 },
	{ "stub_heap", "StubHeap:           ", CELL_POINTER, 0 },
	{ "stage", "Stage:              ", CELL_TEXT, 0 },
	{ "name", "Name:               ", CELL_TEXT, 0 },
};

static const struct column assembly_columns[] = {
	{ "assembly", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "module", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "path", IN_WORDS, CELL_TEXT, 0 },
	{ "assembly_name", NULL, CELL_TEXT, 0 },
	{ "is_dynamic", IN_WORDS, CELL_VALUE, 0 },
};

static void assembly_print(struct command_call *call, struct clr_module *module)
{
	struct output *out = call->out;
	output_row_begin(out);
	output_address(out, module->assembly);
	output_address(out, module->address);
	output_text_as(out, module->path, clr_module_title(module));
	output_text_or_null(out, clr_module_assembly_name(call->question.heap, module));
	output_bool_as(out, module->is_dynamic, module->is_dynamic ? " (Dynamic)" : "");
	output_sentence(out, *module->path ? "Assembly:           {assembly}{is_dynamic} [{path}]"
					   : "Assembly:           {assembly}{is_dynamic} []");
	output_sentence(out, "  Module\n  {module}    {path}\n");
	output_row_end(out);
}

static void assemblies_print(struct command_call *call)
{
	const struct clr_modules *modules = call->question.heap->modules;
	output_table_begin(call->out, "assemblies", assembly_columns, COUNT_OF(assembly_columns),
			   false);
	for (size_t i = 0; i < modules->count; i++)
		assembly_print(call, modules->modules[i]);
	output_table_end(call->out);
	if (modules->lost)
		question_missing(&call->question, 0,
				 "%" PRIu64 " assemblies of the list could not be read",
				 modules->lost);
	if (modules->list_cut)
		question_missing(&call->question, 0,
				 "the list of assemblies ends in memory that cannot be read");
}

static void domain_print(struct command_call *call, const struct clr_domain *domain)
{
	struct output *out = call->out;
	output_line(out, "--------------------------------------");
	output_row_begin(out);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_address(out, domain->address);
	output_unsigned(out, domain->id);
	output_bool(out, !domain->id);
	output_sentence(out, domain->id ? "Domain {id}:           {address}"
					: "System Domain:      {address}");
	output_address(out, domain->low_frequency_heap);
	output_address(out, domain->high_frequency_heap);
	output_address(out, domain->stub_heap);
	output_text(out, domain->stage);
	output_text_as(out, domain->name, *domain->name ? domain->name : "None");
	output_record_end(out);
	if (domain->id)
		assemblies_print(call);
	output_row_end(out);
}

static struct error *dumpdomain_run(struct command_call *call)
{
	struct clr_domain domains[CLR_DOMAINS];
	uint64_t address = call->subject.address;
	bool found = false, one = call->subject.given;
	TRY(clr_domains_read(call->question.heap, call->question.scratch, domains));
	output_table_begin(call->out, "domains", NULL, 0, false);
	for (size_t i = 0; i < CLR_DOMAINS; i++) {
		if (one && domains[i].address != address)
			continue;
		domain_print(call, &domains[i]);
		found = true;
	}
	output_table_end(call->out);
	return found ? NULL
		     : error_new(ERROR_NOT_FOUND,
				 "there is no domain at %#" PRIx64 ", only %#" PRIx64
				 " (system) and %#" PRIx64,
				 address, domains[0].address, domains[1].address);
}

static const char *const examples[] = { "dumpdomain", "dumpdomain 562d3493e6e0", NULL };
const struct command command_dumpdomain = {
	.name = "dumpdomain",
	.summary = "list the domains, their heaps and assemblies",
	.description = "Since .NET Core there is one domain beside the runtime's own.",
	.subject = { .kind = SUBJECT_ADDRESS,
		     .what = "a domain",
		     .word = "DOMAIN",
		     .optional = true },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpdomain_run,
};
