/* name2ee: types, methods and fields by name. */
#include "commands/command.h"

#include "commands/shared/ee_blocks.h"

static struct error *module_search(struct ee_blocks *blocks, const struct ee_name *name,
				   struct clr_module *module, bool all)
{
	bool found;
	TRY(ee_find_name(&blocks->call->question, name, module, ee_block_match, blocks, &found));
	if (!found && all)
		blocks->missed++;
	else if (!found)
		ee_block_none(blocks, module, NULL);
	return NULL;
}

/* MODULE!NAME in one word, or MODULE NAME in two. */
static struct error *words_read(struct command_call *call, const char **ret_module,
				const char **ret_name)
{
	const char *first = arguments_positional(call->arguments, 0);
	const char *bang = first ? strchr(first, '!') : NULL;
	*ret_module = first;
	*ret_name = arguments_positional(call->arguments, 1);
	if (!*ret_name && bang && bang != first) {
		*ret_module =
			arena_copy_text(call->question.scratch, first, (size_t)(bang - first));
		if (!*ret_module)
			return &error_no_memory;
		*ret_name = bang + 1;
	}
	if (!*ret_name || !**ret_name)
		return error_new(ERROR_USAGE, "name2ee needs a module and a name: MODULE NAME, "
					      "MODULE!NAME or *!NAME");
	return NULL;
}

static struct error *name2ee_run(struct command_call *call)
{
	struct clr_modules *modules = call->question.heap->modules;
	struct ee_blocks blocks = { .call = call };
	struct ee_name name;
	const char *module, *text;
	struct error *error = NULL;
	bool any = false;
	TRY(words_read(call, &module, &text));
	TRY(ee_name_make(&call->question, text, arguments_has(call->arguments, "-exact"), &name));
	ee_blocks_begin(&blocks);
	for (size_t i = 0; i < modules->count && !error; i++) {
		if (!ee_module_named(call->question.heap, modules->modules[i], module))
			continue;
		any = true;
		error = module_search(&blocks, &name, modules->modules[i], !strcmp(module, "*"));
	}
	ee_blocks_end(&blocks);
	if (!error && !any)
		error = error_new(ERROR_NOT_FOUND,
				  "Failed to find module matching '%s'; "
				  "clrmodules lists them",
				  module);
	return error;
}

static const struct option options[] = {
	{ "-exact", NULL, "only types whose whole name is NAME, letter by letter", NULL },
	{ 0 },
};
static const char *const positionals[] = { "MODULE|*", "NAME", NULL };
static const char *const examples[] = { "name2ee System.Private.CoreLib.dll System.String.Concat",
					"name2ee -exact *!System.String", NULL };
const struct command command_name2ee = {
	.name = "name2ee",
	.summary = "find types, methods (Type.Method) and fields (Type.Field) by name",
	.usage = "name2ee [-exact] MODULE NAME | MODULE!NAME | *!NAME", /* a name in three forms */
	.description =
		"Looks through the types that the process has loaded. Types match whose name contains NAME in any case, as SOS has it; members by their whole name. Nested types are written Outer+Inner. Every overload of a method is listed.",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = name2ee_run,
};
