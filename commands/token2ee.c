/* token2ee: what the runtime has made of a metadata token. */
#include "commands/command.h"

#include "commands/shared/ee_blocks.h"
#include "heap/code/method_code.h"
#include "heap/metadata/metadata.h"

struct search {
	struct ee_blocks blocks;
	uint32_t token;
	uint32_t row;    /* looked for by type_visited() */
	uint64_t handle; /* what was found; 0: nothing */
};

static struct error *type_visited(uint32_t row, uint64_t handle, void *context)
{
	struct search *search = context;
	if (row == search->row)
		search->handle = handle;
	return NULL;
}

/* The handle that stands for the token: of the type itself, or of the one that owns the field. */
static struct error *handle_find(struct search *search, const struct clr_module *module,
				 const struct metadata *metadata)
{
	struct heap *heap = search->blocks.call->question.heap;
	search->handle = 0;
	search->row = token_row(search->token);
	if (token_table(search->token) == TABLE_TYPE_REF)
		return type_references_visit(heap, module, type_visited, search);
	if (token_table(search->token) == TABLE_FIELD)
		search->row = metadata_field_owner(metadata, search->row);
	return type_definitions_visit(heap, module, type_visited, search);
}

/* Has the process loaded what the token stands for? */
static struct error *is_loaded(struct search *search, const struct clr_module *module,
			       const struct metadata *metadata, bool *ret)
{
	if (token_table(search->token) == TABLE_METHOD_DEF)
		TRY(method_of_token(search->blocks.call->question.heap, module, search->token,
				    &search->handle));
	else
		TRY(handle_find(search, module, metadata));
	*ret = search->handle != 0;
	return NULL;
}

/* A token that the module has. */
static struct error *block_print(struct search *search, struct clr_module *module,
				 const struct metadata *metadata)
{
	struct member field;
	switch (token_table(search->token)) {
	case TABLE_METHOD_DEF:
		return ee_block_method(&search->blocks, module, search->token);
	case TABLE_FIELD:
		if (!metadata_field(metadata, token_row(search->token), &field))
			field.name = "<unknown>";
		return ee_block_field(&search->blocks, module, search->token, field.name, 0,
				      search->handle);
	default:
		return ee_block_type(&search->blocks, module, search->token, search->handle);
	}
}

static struct error *module_search(struct search *search, struct clr_module *module, bool all)
{
	struct metadata *metadata;
	uint32_t row = token_row(search->token);
	bool loaded = false;
	TRY(task_check(search->blocks.call->question.task, "the modules"));
	TRY(clr_module_metadata_or_none(search->blocks.call->question.heap, module, &metadata));
	if (!metadata) {
		question_missing(&search->blocks.call->question, 0,
				 "the metadata of %s could not be read", clr_module_title(module));
	} else if (row && row <= metadata_rows(metadata, token_table(search->token))) {
		TRY(is_loaded(search, module, metadata, &loaded));
		if (loaded || !all)
			return block_print(search, module, metadata);
	}
	if (all)
		search->blocks.missed++;
	else
		ee_block_none(&search->blocks, module, "<invalid module token>");
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
	const char *token = arguments_positional(call->arguments, 1);
	struct search search = { .blocks = { .call = call, .token_first = true } };
	struct error *error = NULL;
	bool any = false;
	if (!name || !token)
		return error_new(ERROR_USAGE, "token2ee needs a module, or *, and a token");
	TRY(token_parse(token, &search.token));
	ee_blocks_begin(&search.blocks);
	for (size_t i = 0; i < modules->count && !error; i++) {
		if (!ee_module_named(call->question.heap, modules->modules[i], name))
			continue;
		any = true;
		error = module_search(&search, modules->modules[i], !strcmp(name, "*"));
	}
	ee_blocks_end(&search.blocks);
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
	.usage = "token2ee MODULE|* TOKEN",
	.description = "Tokens are TypeRef (01…), TypeDef (02…), Field (04…) and MethodDef (06…), "
		       "in hex. MODULE is a file name, with or without its extension, or a path; * "
		       "are all of them: then only what the process has loaded is shown.",
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = token2ee_run,
};
