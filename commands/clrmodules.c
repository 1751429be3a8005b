/* clrmodules: the managed modules. */
#include "commands/command.h"

#include "heap/types/clr_module.h"

static const struct column columns[] = {
	{ "image_base", "", CELL_ADDRESS_WIDE, 0 },
	{ "size", "", CELL_VALUE, 0 },
	{ "path", "", CELL_TEXT, 0 },
	{ "assembly_name", NULL, CELL_TEXT, 0 },
	{ "module", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "assembly", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "is_dynamic", NULL, CELL_VALUE, 0 },
};

static bool is_wanted(struct command_call *call, struct clr_module *module, const char *name)
{
	return !name || strstr(module->path, name) ||
	       strstr(clr_module_assembly_name(call->heap, module), name);
}

static void row(struct command_call *call, struct clr_module *module)
{
	struct output *out = call->out;
	char text[32], json[32];
	snprintf(text, sizeof(text), "%08llX", (unsigned long long)module->image_size);
	snprintf(json, sizeof(json), "%llu", (unsigned long long)module->image_size);
	output_row_begin(out);
	output_address(out, module->image_base);
	output_value(out, text, json);
	if (module->is_dynamic)
		output_text(out, *module->path ? module->path : "(Dynamic)");
	else
		output_text(out, module->path);
	output_text(out, clr_module_assembly_name(call->heap, module));
	output_address(out, module->address);
	output_address(out, module->assembly);
	output_bool(out, module->is_dynamic);
	output_row_end(out);
}

static struct error *clrmodules_run(struct command_call *call)
{
	const struct clr_modules *modules = call->heap->modules;
	const char *name = arguments_value(call->arguments, "-name");
	output_table_begin(call->out, "modules", columns, sizeof(columns) / sizeof(*columns),
			   false);
	for (size_t i = 0; i < modules->count; i++)
		if (is_wanted(call, modules->modules[i], name))
			row(call, modules->modules[i]);
	output_table_end(call->out);
	if (modules->lost)
		call_missing(call, 0, "%llu assemblies of the list could not be read",
			     (unsigned long long)modules->lost);
	if (modules->list_cut)
		call_missing(call, 0, "the list of assemblies ends in memory that cannot be read");
	return NULL;
}

static const char *const aliases[] = { "assemblies", NULL };
static const char *const name_aliases[] = { "-n", NULL };
static const struct option options[] = {
	{ "-name", "TEXT", "only modules whose path or name contains TEXT", name_aliases },
	{ 0 },
};
static const char *const examples[] = { "clrmodules", "clrmodules -name CoreLib", NULL };
const struct command command_clrmodules = {
	.name = "clrmodules",
	.aliases = aliases,
	.summary = "list the managed modules: image base, size, path",
	.usage = "clrmodules [-name TEXT]",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = clrmodules_run,
};
