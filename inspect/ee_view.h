/* What name2ee and token2ee find: a type, a method or a field, with what the runtime has of it. */
#ifndef INSPECT_EE_VIEW_H
#define INSPECT_EE_VIEW_H

#include "heap/types/clr_module.h"
#include "heap/types/type.h"
#include "inspect/question.h"

struct ee_view {
	const char *kind; /* "type", "method", "field" */
	const char *name; /* as SOS names it; NULL: unknown */
	uint32_t token;
	const struct type *type;    /* itself, or a field's; NULL: not loaded, or unreadable */
	const char *owner_name;     /* of a field, when its owner was named */
	uint64_t method_desc, code; /* 0: none */
	bool code_known;            /* false: whether there is code cannot be read */
};

/* By the token in its module; `handle` is the loaded type, 0: none. Names are in the question's
 * scratch arena, or the heap's. What cannot be read is counted with question_missing(). */
MUST_CHECK struct error *ee_view_type(const struct question *question, struct clr_module *module,
				      uint32_t token, uint64_t handle, struct ee_view *ret);
MUST_CHECK struct error *ee_view_method(const struct question *question, struct clr_module *module,
					uint32_t token, struct ee_view *ret);
/* `owner` is its loaded type (0: none), by this token; owner_token 0: that is not to be named. */
MUST_CHECK struct error *ee_view_field(const struct question *question, struct clr_module *module,
				       uint32_t token, const char *name, uint32_t owner_token,
				       uint64_t owner, struct ee_view *ret);

#endif
