/* token2ee: what the runtime has made of a metadata token. */
#include "commands/command.h"

#include "commands/shared/ee_blocks.h"
#include "heap/metadata/metadata.h"

static struct error *module_search(struct ee_blocks *blocks, uint32_t token,
				   struct clr_module *module, bool all)
{
	bool found;
	TRY(ee_find_token(&blocks->call->question, token, all, module, ee_block_match, blocks,
			  &found));
	if (!found && all)
		blocks->missed++;
	else if (!found)
		ee_block_none(blocks, module, "<invalid module token>");
	return NULL;
}

static struct error *token_parse(const char *text, uint32_t *ret)
{
	uint64_t token;
	TRY(parse_address(text, &token));
	if (token > UINT32_MAX)
		return error_new(ERROR_USAGE, "%s is no token: 8 hex digits at most", text);
	*ret = (uint32_t)token;
	switch (token_table(*ret)) {
	case TABLE_TYPE_REF:
	case TABLE_TYPE_DEF:
	case TABLE_FIELD:
	case TABLE_METHOD_DEF:
		return NULL;
	default:
		return error_new(ERROR_USAGE,
				 "This token type is not supported: %08x is no "
				 "TypeRef (01), TypeDef (02), Field (04) or "
				 "MethodDef (06)",
				 *ret);
	}
}

static struct error *token2ee_run(struct command_call *call)
{
	struct clr_modules *modules = call->question.heap->modules;
	const char *name = arguments_positional(call->arguments, 0);
	const char *text = arguments_positional(call->arguments, 1);
	struct ee_blocks blocks = { .call = call, .token_first = true };
	uint32_t token = 0;
	struct error *error = NULL;
	bool any = false;
	if (!name || !text)
		return error_new(ERROR_USAGE, "token2ee needs a module, or *, and a token");
	TRY(token_parse(text, &token));
	ee_blocks_begin(&blocks);
	for (size_t i = 0; i < modules->count && !error; i++) {
		if (!ee_module_named(call->question.heap, modules->modules[i], name))
			continue;
		any = true;
		error = module_search(&blocks, token, modules->modules[i], !strcmp(name, "*"));
	}
	ee_blocks_end(&blocks);
	if (!error && !any)
		error = error_new(ERROR_NOT_FOUND, "no module is called %s; clrmodules lists them",
				  name);
	return error;
}

static const char *const positionals[] = { "MODULE|*", "TOKEN", NULL };
static const char *const examples[] = { "token2ee System.Private.CoreLib.dll 02000003",
					"token2ee * 06000001", NULL };
const struct command command_token2ee = {
	.name = "token2ee",
	.summary = "show the type, method or field of a metadata token",
	.description =
		"Tokens are TypeRef (01…), TypeDef (02…), Field (04…) and MethodDef (06…), in hex. MODULE is a file name, with or without its extension, or a path; * are all of them: then only what the process has loaded is shown.",
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = token2ee_run,
};
