/*
 * The blocks of name2ee and token2ee: what the runtime has made of a type, a method or a field,
 * under the module it belongs to. Blocks of one module have its name once, as SOS shows them.
 */
#ifndef COMMANDS_SHARED_EE_BLOCKS_H
#define COMMANDS_SHARED_EE_BLOCKS_H

#include "commands/command.h"
#include "inspect/ee_search.h"

struct ee_blocks {
	struct command_call *call;
	struct clr_module *module; /* its blocks are being printed; NULL: none yet */
	size_t count, missed;      /* blocks; modules that had none */
	bool token_first;          /* token2ee's form: tokens have 8 digits */
};

/* The table of all blocks. */
void ee_blocks_begin(struct ee_blocks *blocks);
void ee_blocks_end(struct ee_blocks *blocks);

/* Does the word name this module: its file, with or without its extension, or its path? "*" does
 * always. */
bool ee_module_named(struct heap *heap, struct clr_module *module, const char *word);

/* A type by its TypeDef token and handle (0: not loaded). */
MUST_CHECK struct error *ee_block_type(struct ee_blocks *blocks, struct clr_module *module,
				       uint32_t token, uint64_t handle);
/* A method by its MethodDef token. */
MUST_CHECK struct error *ee_block_method(struct ee_blocks *blocks, struct clr_module *module,
					 uint32_t token);
/* A field by its token; `owner`: of the type it belongs to, shown too when `owner_token`. */
MUST_CHECK struct error *ee_block_field(struct ee_blocks *blocks, struct clr_module *module,
					uint32_t token, const char *name, uint32_t owner_token,
					uint64_t owner);
/* Whichever of them was found; `context`: the struct ee_blocks. */
MUST_CHECK struct error *ee_block_match(const struct ee_match *match, void *context);
/* A module alone: nothing was found in it. `what`: a line below it, or NULL. */
void ee_block_none(struct ee_blocks *blocks, struct clr_module *module, const char *what);

#endif
