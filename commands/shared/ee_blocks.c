#include "commands/shared/ee_blocks.h"

#include "base/list.h"
#include "dump/images/module_list.h"
#include "inspect/ee_view.h"

#include <inttypes.h>
#include <strings.h>

/* In text a block is several lines. */
static const struct column columns[] = {
	{ "module", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "assembly", IN_WORDS, CELL_TEXT, 0 },
	{ "kind", NULL, CELL_TEXT, 0 },
	{ "token", IN_WORDS, CELL_TOKEN, 0 },
	{ "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "ee_class", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "method_desc", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "code_address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "name", IN_WORDS, CELL_TEXT, 0 },
};

static const char rule[] = "--------------------------------------";
static const char short_rule[] = "-----------------------";

void ee_blocks_begin(struct ee_blocks *blocks)
{
	output_table_begin(blocks->call->out, "matches", columns, COUNT_OF(columns), false);
}

void ee_blocks_end(struct ee_blocks *blocks)
{
	static const struct column missed[] = { { "modules_without_match", IN_WORDS, CELL_INTEGER,
						  0 } };
	struct output *out = blocks->call->out;
	output_table_end(out);
	output_record_begin(out, NULL, missed, COUNT_OF(missed));
	output_unsigned(out, blocks->missed);
	if (blocks->missed && blocks->count)
		output_line(out, "%s", rule);
	if (blocks->missed == 1)
		output_sentence(out, "\nScanned {modules_without_match} module which had no "
				     "matches.");
	else if (blocks->missed)
		output_sentence(out, "\nScanned {modules_without_match} modules which had no "
				     "matches.");
	output_record_end(out);
}

static const char *file_name(const struct clr_module *module)
{
	if (*module->path)
		return path_file_name(module->path);
	return module->is_dynamic ? "<dynamic>" : "<unknown>";
}

bool ee_module_named(struct heap *heap, struct clr_module *module, const char *word)
{
	const char *name = path_file_name(module->path), *dot = strrchr(name, '.');
	size_t length = strlen(word);
	if (!strcmp(word, "*"))
		return true;
	const char *assembly = *module->path ? NULL : clr_module_assembly_name(heap, module);
	if (!*module->path)
		return assembly && !strcasecmp(assembly, word);
	return !strcasecmp(name, word) || !strcasecmp(module->path, word) ||
	       (dot && (size_t)(dot - name) == length && !strncasecmp(name, word, length));
}

/* Opens a block's row; the lines follow, then its end. */
static void block_begin(struct ee_blocks *blocks, struct clr_module *module,
			const struct ee_view *match)
{
	struct output *out = blocks->call->out;
	bool same = blocks->module == module;
	if (blocks->count++)
		output_line(out, "%s", same ? short_rule : rule);
	blocks->module = module;
	output_row_begin(out);
	output_address(out, module->address);
	output_text(out, file_name(module));
	output_text(out, match->kind);
	output_unsigned(out, match->token);
	if (match->type) {
		output_address(out, match->type->handle);
		output_address(out, match->type->ee_class);
	} else {
		output_nothing(out, "<not loaded yet>");
		output_null(out);
	}
	if (match->method_desc)
		output_address(out, match->method_desc);
	else
		output_nothing(out, "<not loaded yet>");
	if (match->code)
		output_address(out, match->code);
	else
		output_null(out);
	output_text_or(out, match->name, "<unknown>");
	if (!same)
		output_sentence(out, "Module:      {module}\nAssembly:    {assembly}");
}

static void token_line(struct ee_blocks *blocks)
{
	output_sentence(blocks->call->out, blocks->token_first ? "Token:       {token}"
							       : "Token:       00000000{token}");
}

struct error *ee_block_type(struct ee_blocks *blocks, struct clr_module *module, uint32_t token,
			    uint64_t handle)
{
	struct ee_view match;
	TRY(ee_view_type(&blocks->call->question, module, token, handle, &match));
	block_begin(blocks, module, &match);
	token_line(blocks);
	output_sentence(blocks->call->out, "MethodTable: {mt}\nName:        {name}");
	output_row_end(blocks->call->out);
	return NULL;
}

/* Of code that cannot be read there is no line. */
struct error *ee_block_method(struct ee_blocks *blocks, struct clr_module *module, uint32_t token)
{
	struct output *out = blocks->call->out;
	struct ee_view match;
	TRY(ee_view_method(&blocks->call->question, module, token, &match));
	block_begin(blocks, module, &match);
	token_line(blocks);
	output_sentence(out, "MethodDesc:  {method_desc}\nName:        {name}");
	if (match.code)
		output_sentence(out, "JITTED Code Address: {code_address}");
	else if (!match.method_desc || match.code_known)
		output_line(out, "Not JITTED yet.");
	output_row_end(out);
	return NULL;
}

struct error *ee_block_field(struct ee_blocks *blocks, struct clr_module *module, uint32_t token,
			     const char *name, uint32_t owner_token, uint64_t owner)
{
	struct output *out = blocks->call->out;
	struct ee_view match;
	TRY(ee_view_field(&blocks->call->question, module, token, name, owner_token, owner,
			  &match));
	block_begin(blocks, module, &match);
	if (owner_token) {
		/* Only text says which type the field is of. */
		output_sentence(out, "Field {name} (mdToken {token}) of");
		output_line(out, "Token:       %0*" PRIx32, blocks->token_first ? 8 : 16,
			    owner_token);
		output_sentence(out, "MethodTable: {mt}");
		output_line(out, "Name:        %s", match.owner_name);
	} else {
		token_line(blocks);
		output_sentence(out, "Field name:  {name}");
	}
	output_row_end(out);
	return NULL;
}

struct error *ee_block_match(const struct ee_match *match, void *context)
{
	struct ee_blocks *blocks = context;
	switch (match->kind) {
	case EE_METHOD:
		return ee_block_method(blocks, match->module, match->token);
	case EE_FIELD:
		return ee_block_field(blocks, match->module, match->token, match->name,
				      match->owner_token, match->handle);
	case EE_TYPE:
		break;
	}
	return ee_block_type(blocks, match->module, match->token, match->handle);
}

void ee_block_none(struct ee_blocks *blocks, struct clr_module *module, const char *what)
{
	struct output *out = blocks->call->out;
	if (blocks->count++)
		output_line(out, "%s", rule);
	blocks->module = module;
	output_line(out, "Module:      %016" PRIx64, module->address);
	output_line(out, "Assembly:    %s", file_name(module));
	if (what)
		output_line(out, "%s", what);
}
