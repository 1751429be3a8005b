/* What dumpmt and dumpalc show of a type beside what struct type has. */
#ifndef INSPECT_TYPE_VIEW_H
#define INSPECT_TYPE_VIEW_H

#include "heap/types/type.h"
#include "inspect/question.h"

/* The AssemblyLoadContext that loaded the type. */
struct load_context {
	bool is_known;
	uint64_t object; /* 0: the default one, which has no object yet */
};
/* What cannot be read is not known. Fails only of what error_is_fatal(). */
MUST_CHECK struct error *type_load_context(const struct question *question, const struct type *type,
					   struct load_context *ret);

/* The name of a context's object ("Default", or what it was given), in scratch; NULL: it has none.
 */
MUST_CHECK struct error *load_context_name(const struct question *question, uint64_t context,
					   const char **ret);

/* Only MethodTables have methods: not pointers, nor type variables. */
struct type_counts {
	bool has_methods, has_interfaces; /* known, the two below */
	uint32_t methods;                 /* inherited virtual ones included */
	uint32_t interfaces;
};
/* What is not in the target is counted with question_missing(). Fails only of what
 * error_is_fatal(). */
MUST_CHECK struct error *type_counts_read(const struct question *question, const struct type *type,
					  struct type_counts *ret);

#endif
