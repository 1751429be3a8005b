/* clrmodules: the managed modules. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/types/clr_module.h"
#include "inspect/name_pattern.h"

#include <inttypes.h>

/* In text a module is one line, or with -v several. */
static const struct column columns[] = {
	{ "image_base", IN_WORDS, CELL_POINTER, 0 }, { "size", IN_WORDS, CELL_HEX_UPPER, 8 },
	{ "path", IN_WORDS, CELL_TEXT, 0 },          { "assembly_name", IN_WORDS, CELL_TEXT, 0 },
	{ "module", IN_WORDS, CELL_POINTER, 0 },     { "assembly", IN_WORDS, CELL_POINTER, 0 },
	{ "is_dynamic", IN_WORDS, CELL_VALUE, 0 },
};

static const struct column detail_columns[] = {
	{ "is_collectible", NULL, CELL_VALUE, 0 },
	{ "layout", IN_WORDS, CELL_TEXT, 0 },
	{ "metadata_address", IN_WORDS, CELL_POINTER, 0 },
	{ "metadata_size", IN_WORDS, CELL_HEX_UPPER, 16 },
	{ "version", IN_WORDS, CELL_TEXT, 0 },
};

static const char *clrmodules_layout(const struct clr_module *module)
{
	return module->image_mapped || module->is_dynamic ? "Mapped" : "Flat";
}

static void cells_print(struct command_call *call, struct clr_module *module)
{
	struct output *out = call->out;
	output_address(out, module->image_base);
	output_unsigned(out, module->image_size);
	output_text(out, module->path);
	output_text_or(out, clr_module_assembly_name(call->question.heap, module), "<unknown>");
	output_address(out, module->address);
	output_address(out, module->assembly);
	output_bool_as(out, module->is_dynamic, module->is_dynamic ? "(Dynamic)" : "");
}

/* The row's own cells in words, as -v has them. */
static void lines_print(struct output *out, const struct clr_module *module)
{
	output_sentence(out, "{path}{is_dynamic}\n"
			     "    AssemblyName:    {assembly_name}\n"
			     "    ImageBase:       {image_base}\n"
			     "    Size:            {size}\n"
			     "    ModuleAddress:   {module}\n"
			     "    AssemblyAddress: {assembly}");
	output_sentence(out, module->image_base ? "    IsPEFile:        True"
						: "    IsPEFile:        False");
}

/* The place of its metadata: a module that was emitted has none; that of one whose image's headers
 * cannot be read is not known. */
static void place_cells(struct command_call *call, const struct clr_module *module, bool found,
			uint64_t address, uint32_t size)
{
	struct output *out = call->out;
	if (found || !module->image_base) {
		output_address(out, address);
		output_unsigned(out, size);
		return;
	}
	call->question.heap->met_unnamed = true;
	output_nothing(out, "<unknown>");
	output_nothing(out, "<unknown>");
}

static struct error *version_read(struct command_call *call, struct clr_module *module,
				  const char **ret)
{
	struct metadata *metadata;
	*ret = NULL;
	TRY(clr_module_metadata_or_none(call->question.heap, module, &metadata));
	if (metadata)
		*ret = metadata_assembly_attribute(metadata, "AssemblyFileVersionAttribute",
						   call->question.scratch);
	if (!*ret)
		*ret = metadata && !metadata_missing_bytes(metadata) ? "<none>" : "<unknown>";
	return NULL;
}

static struct error *details_print(struct command_call *call, struct clr_module *module)
{
	struct output *out = call->out;
	uint64_t address = 0;
	uint32_t size = 0;
	const char *version;
	bool found = clr_module_metadata_place(call->question.heap, module, &address, &size);
	TRY(version_read(call, module, &version));
	TRY(task_check(call->question.task, "reading the modules"));
	lines_print(out, module);
	output_record_begin(out, NULL, detail_columns, COUNT_OF(detail_columns));
	output_bool(out, module->is_collectible);
	output_text(out, clrmodules_layout(module));
	place_cells(call, module, found, found ? address : 0, found ? size : 0);
	if (*version == '<')
		output_nothing(out, version);
	else
		output_text(out, version);
	output_sentence(out, "    Layout:          {layout}");
	output_sentence(out, module->is_dynamic ? "    IsDynamic:       True"
						: "    IsDynamic:       False");
	output_sentence(out, "    MetadataAddress: {metadata_address}\n"
			     "    MetadataSize:    {metadata_size}\n"
			     "    Version:         {version}");
	output_record_end(out);
	return NULL;
}

static struct error *clrmodules_row(struct command_call *call, struct clr_module *module)
{
	struct output *out = call->out;
	struct error *error = NULL;
	output_row_begin(out);
	cells_print(call, module);
	if (arguments_has(call->arguments, "-verbose"))
		error = details_print(call, module);
	else
		output_sentence(out, "{image_base} {size} {path}{is_dynamic}");
	output_row_end(out);
	return error;
}

/* A dynamic module has no file: the name it was given is shown. */
static const char *name_of(struct command_call *call, struct clr_module *module)
{
	const char *name = module->path;
	if (!*name)
		name = clr_module_assembly_name(call->question.heap, module);
	return name ? name : "";
}

static struct error *clrmodules_list(struct command_call *call, const struct name_pattern *pattern)
{
	const struct clr_modules *modules = call->question.heap->modules;
	struct error *error = NULL;
	output_table_begin(call->out, "modules", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < modules->count && !error && !output_broken(call->out); i++) {
		error = task_check(call->question.task, "reading the modules");
		if (!error && name_pattern_matches(pattern, name_of(call, modules->modules[i])))
			error = clrmodules_row(call, modules->modules[i]);
	}
	output_table_end(call->out);
	return error;
}

static struct error *clrmodules_run(struct command_call *call)
{
	const struct clr_modules *modules = call->question.heap->modules;
	struct name_pattern pattern;
	TRY(name_pattern_init(&pattern, arguments_value(call->arguments, "-name")));
	struct error *error = clrmodules_list(call, &pattern);
	name_pattern_deinit(&pattern);
	if (modules->lost)
		question_missing(&call->question, 0,
				 "%" PRIu64 " assemblies of the list could not be read",
				 modules->lost);
	if (modules->list_cut)
		question_missing(&call->question, 0,
				 "the list of assemblies ends in memory that cannot be read");
	return error;
}

static const char *const aliases[] = { "assemblies", NULL };
static const char *const name_aliases[] = { "-n", NULL };
static const char *const verbose_aliases[] = { "-v", NULL };
static const struct option options[] = {
	{ "-name", "REGEX", "only modules whose file name REGEX (POSIX extended, any case) matches",
	  name_aliases },
	{ "-verbose", NULL, "addresses, layout, metadata and version too", verbose_aliases },
	{ 0 },
};
static const char *const examples[] = { "clrmodules", "clrmodules -name CoreLib",
					"clrmodules -v -n '^sample'", NULL };
const struct command command_clrmodules = {
	.name = "clrmodules",
	.aliases = aliases,
	.summary = "list the managed modules: image base, size, path",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = clrmodules_run,
};
