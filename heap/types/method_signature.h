/*
 * The parameters of a method as the runtime writes them for debuggers
 * (src/coreclr/vm/typestring.cpp, sigformat.cpp): (Int32, System.String ByRef,
 * System.Collections.Generic.List`1<Int32>[]).
 */
#ifndef HEAP_TYPES_METHOD_SIGNATURE_H
#define HEAP_TYPES_METHOD_SIGNATURE_H

#include "base/text.h"
#include "heap/types/type.h"

/* Where a signature is read: the module of its tokens, and what VAR and MVAR mean. */
struct method_context {
	struct clr_module *module; /* may be NULL: then it must name no tokens */
	const struct type *owner;  /* may be NULL: then it must have no VAR */
	const uint64_t *arguments; /* type handles */
	uint32_t argument_count;
};

/* Appends to text. *ret_known false: a type in it cannot be named, or it is damaged; the text is
 * then unfinished. ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *method_parameters_append(struct heap *heap,
						  const struct signature *signature,
						  const struct method_context *context,
						  struct text *text, bool *ret_known);

#endif
