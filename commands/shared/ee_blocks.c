#include "commands/shared/ee_blocks.h"

#include "base/list.h"
#include "dump/images/module_list.h"
#include "heap/code/method_code.h"

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
	if (!*module->path)
		return !strcasecmp(clr_module_assembly_name(heap, module), word);
	return !strcasecmp(name, word) || !strcasecmp(module->path, word) ||
	       (dot && (size_t)(dot - name) == length && !strncasecmp(name, word, length));
}

/* Opens a block's row; the lines follow, then its end. `method_desc` and `type` may be none. */
struct cells {
	const char *kind, *name;
	uint32_t token;
	const struct type *type;
	uint64_t method_desc, code; /* 0: none */
	bool code_known;
};

static void block_begin(struct ee_blocks *blocks, struct clr_module *module,
			const struct cells *cells)
{
	struct output *out = blocks->call->out;
	bool same = blocks->module == module;
	if (blocks->count++)
		output_line(out, "%s", same ? short_rule : rule);
	blocks->module = module;
	output_row_begin(out);
	output_address(out, module->address);
	output_text(out, file_name(module));
	output_text(out, cells->kind);
	output_unsigned(out, cells->token);
	if (cells->type) {
		output_address(out, cells->type->handle);
		output_address(out, cells->type->ee_class);
	} else {
		output_nothing(out, "<not loaded yet>");
		output_null(out);
	}
	if (cells->method_desc)
		output_address(out, cells->method_desc);
	else
		output_nothing(out, "<not loaded yet>");
	if (cells->code)
		output_address(out, cells->code);
	else
		output_null(out);
	output_text_or(out, cells->name, "<unknown>");
	if (!same)
		output_sentence(out, "Module:      {module}\nAssembly:    {assembly}");
}

static void token_line(struct ee_blocks *blocks)
{
	output_sentence(blocks->call->out, blocks->token_first ? "Token:       {token}"
							       : "Token:       00000000{token}");
}

/* *ret NULL: not loaded, or not a type that can be read. */
static struct error *type_read(struct ee_blocks *blocks, uint64_t handle, const struct type **ret)
{
	*ret = NULL;
	struct error *error = handle ? type_at(blocks->call->question.heap, handle, ret) : NULL;
	if (error_take_damage(&error)) {
		*ret = NULL;
		question_missing(&blocks->call->question, 0,
				 "the type %#" PRIx64 " could not be read", handle);
	}
	return error;
}

/* As SOS names types here: Demo.Shapes.Pair<TFirst, TSecond>. */
static struct error *type_title(struct ee_blocks *blocks, struct clr_module *module, uint32_t token,
				const struct type *type, const char **ret)
{
	if (!type)
		TRY(type_of_token(blocks->call->question.heap, module, token, &type));
	TRY(type_name_prepare(blocks->call->question.heap, type));
	*ret = type_name(blocks->call->question.heap, type, NULL);
	return NULL;
}

struct error *ee_block_type(struct ee_blocks *blocks, struct clr_module *module, uint32_t token,
			    uint64_t handle)
{
	struct cells cells = { .kind = "type", .token = token };
	TRY(type_read(blocks, handle, &cells.type));
	TRY(type_title(blocks, module, token, cells.type, &cells.name));
	block_begin(blocks, module, &cells);
	token_line(blocks);
	output_sentence(blocks->call->out, "MethodTable: {mt}\nName:        {name}");
	output_row_end(blocks->call->out);
	return NULL;
}

/* Code that cannot be read is neither there nor not there: the block has no line about it. */
static struct error *code_find(struct ee_blocks *blocks, const struct method *method,
			       struct cells *cells)
{
	enum method_state state;
	struct error *error =
		method_native_code(blocks->call->question.heap, method, &cells->code, &state);
	cells->code_known = !error;
	if (!error || error_is_fatal(error))
		return error;
	question_missing(&blocks->call->question, 0, "the code of the method %#" PRIx64 ": %s",
			 method->address, error->message);
	error_free(error);
	cells->code = 0;
	return NULL;
}

/* The method's name with its parameters; without a MethodDesc its name alone. */
static struct error *method_title(struct ee_blocks *blocks, struct clr_module *module,
				  struct cells *cells)
{
	struct heap *heap = blocks->call->question.heap;
	struct metadata *metadata;
	struct member member;
	struct method method;
	if (cells->method_desc) {
		struct error *error = method_at(heap, cells->method_desc, &method);
		if (!error && method.token == cells->token) {
			TRY(code_find(blocks, &method, cells));
			return method_name(heap, &method, blocks->call->question.scratch,
					   &cells->name);
		}
		if (error_is_fatal(error))
			return error;
		error_free(error);
		question_missing(&blocks->call->question, 0,
				 "the method %#" PRIx64 " could not be read", cells->method_desc);
		cells->method_desc = 0;
	}
	TRY(clr_module_metadata(heap, module, &metadata));
	if (metadata_method(metadata, token_row(cells->token), &member))
		cells->name = member.name;
	return NULL;
}

struct error *ee_block_method(struct ee_blocks *blocks, struct clr_module *module, uint32_t token)
{
	struct output *out = blocks->call->out;
	struct cells cells = { .kind = "method", .token = token };
	TRY(method_of_token(blocks->call->question.heap, module, token, &cells.method_desc));
	TRY(method_title(blocks, module, &cells));
	block_begin(blocks, module, &cells);
	token_line(blocks);
	output_sentence(out, "MethodDesc:  {method_desc}\nName:        {name}");
	if (cells.code)
		output_sentence(out, "JITTED Code Address: {code_address}");
	else if (!cells.method_desc || cells.code_known)
		output_line(out, "Not JITTED yet.");
	output_row_end(out);
	return NULL;
}

struct error *ee_block_field(struct ee_blocks *blocks, struct clr_module *module, uint32_t token,
			     const char *name, uint32_t owner_token, uint64_t owner)
{
	struct output *out = blocks->call->out;
	struct cells cells = { .kind = "field", .token = token, .name = name };
	const char *title = NULL;
	TRY(type_read(blocks, owner, &cells.type));
	if (owner_token)
		TRY(type_title(blocks, module, owner_token, cells.type, &title));
	block_begin(blocks, module, &cells);
	if (owner_token) {
		/* Whose field it is text alone says. */
		output_sentence(out, "Field {name} (mdToken {token}) of");
		output_line(out, "Token:       %0*" PRIx32, blocks->token_first ? 8 : 16,
			    owner_token);
		output_sentence(out, "MethodTable: {mt}");
		output_line(out, "Name:        %s", title);
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
