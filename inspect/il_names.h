/* What the tokens of IL name, as dumpil shows them. */
#ifndef INSPECT_IL_NAMES_H
#define INSPECT_IL_NAMES_H

#include "base/text.h"
#include "heap/types/clr_module.h"
#include "heap/types/type.h"
#include "inspect/question.h"

/* Where the IL is: the module of its tokens, and the class that VAR means. */
struct il_context {
	struct clr_module *module;
	const struct type *owner; /* may be NULL */
	struct metadata *metadata;
};

/* Appends Namespace.Type, Namespace.Type::Field, Namespace.Type::Method(Int32); <unknown token
 * 0a000001> when a name cannot be read. Fails only of what error_is_fatal(). */
MUST_CHECK struct error *il_token_append(const struct question *question,
					 const struct il_context *context, uint32_t token,
					 struct text *text);

#endif
