/* runtimes: the .NET runtime of the process, and how it was found. */
#include "commands/command.h"

#include "base/list.h"
#include "inspect/native_modules.h"
#include "inspect/runtime_version.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "id", IN_WORDS, CELL_INTEGER, 0 },         { "version", IN_WORDS, CELL_TEXT, 0 },
	{ "image_base", IN_WORDS, CELL_POINTER, 0 }, { "size", IN_WORDS, CELL_HEX_UPPER, 8 },
	{ "build_id", IN_WORDS, CELL_TEXT, 0 },      { "path", IN_WORDS, CELL_TEXT, 0 },
	{ "is_single_file", NULL, CELL_VALUE, 0 },   { "found_by", IN_WORDS, CELL_TEXT, 0 },
	{ "layouts", IN_WORDS, CELL_TEXT, 0 },       { "has_descriptor", NULL, CELL_VALUE, 0 },
};

/* In text alone. */
static void exports_print(struct output *out, const struct native_module *module)
{
	output_line(out, "    Exports:");
	for (size_t i = 0; i < RUNTIME_SYMBOLS; i++) {
		if (module->symbols[i])
			output_line(out, "        %s: %016" PRIX64, runtime_symbol_names[i],
				    module->symbols[i]);
		else
			output_line(out, "        %s: <NO SYMBOL>", runtime_symbol_names[i]);
	}
}

static void sentences(struct output *out, const struct native_module *module,
		      const struct contract *contract)
{
	output_sentence(out, "#{id} .NET Core runtime {version} at {image_base} size {size} index "
			     "{build_id}\n    Runtime module path: {path}");
	exports_print(out, module);
	output_sentence(out, "    Found by: {found_by}");
	if (!contract_major(contract))
		output_sentence(out, "    Layouts: its own descriptor");
	else if (contract_has_descriptor(contract))
		output_sentence(out, "    Layouts: {layouts}, and the runtime's own descriptor");
	else
		output_sentence(out, "    Layouts: {layouts}");
}

static struct error *list(struct command_call *call)
{
	struct native_modules modules;
	struct output *out = call->out;
	const struct contract *contract = call->question.heap->contract;
	const char *version;
	TRY(runtime_version(&call->question, &version));
	TRY(native_modules_read(&call->question, &modules));
	struct native_module *module = native_modules_runtime(&call->question, &modules);
	if (!module)
		return error_new(ERROR_NOT_FOUND, "no module of the process holds the runtime's "
						  "tables; modules lists them");
	TRY(native_module_describe(&call->question, module));
	output_table_begin(out, "runtimes", columns, COUNT_OF(columns), false);
	output_row_begin(out);
	output_unsigned(out, 0);
	output_text_or(out, version, contract_layouts(contract));
	output_address(out, module->base);
	output_unsigned(out, module->size);
	output_text_or(out, module->build_id, "<none>");
	output_text(out, module->path);
	output_bool(out, contract_single_file(contract) != NULL);
	output_text(out, contract_found_by(contract));
	output_text(out, contract_layouts(contract));
	output_bool(out, contract_has_descriptor(contract));
	sentences(out, module, contract);
	output_row_end(out);
	output_table_end(out);
	return NULL;
}

static struct error *runtimes_run(struct command_call *call)
{
	const char *id = arguments_positional(call->arguments, 0);
	uint64_t number;
	if (arguments_has(call->arguments, "-netfx"))
		return error_new(ERROR_NOT_FOUND,
				 "the desktop .NET Framework runtime is not loaded");
	if (!id)
		return list(call);
	TRY(parse_number(id, &number));
	if (number)
		return error_new(ERROR_NOT_FOUND, "there is no runtime #%" PRIu64 ", only #0",
				 number);
	output_note(call->out, "Switched to runtime #0 successfully");
	return NULL;
}

static const char *const aliases[] = { "setruntime", NULL };
static const char *const netcore_aliases[] = { "-c", NULL };
static const char *const netfx_aliases[] = { "-f", NULL };
static const char *const all_aliases[] = { "-a", NULL };
static const struct option options[] = {
	{ "-netcore", NULL, "accepted: there is no other runtime on Linux", netcore_aliases },
	{ "-netfx", NULL, "the .NET Framework's: never there", netfx_aliases },
	{ "-all", NULL, "accepted: all are listed anyway", all_aliases },
	{ 0 },
};
static const char *const positionals[] = { "[ID]", NULL };
static const char *const examples[] = { "runtimes", "setruntime 0", NULL };
const struct command command_runtimes = {
	.name = "runtimes",
	.aliases = aliases,
	.summary = "show the .NET runtime of the process and how it was found",
	.description =
		"Found by: symbols in the memory of the process, its file, or a scan of the runtime's memory. No DAC is used: its libraries are not listed.",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = runtimes_run,
};
