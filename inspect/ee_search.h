/* What the runtime has made of a name or a metadata token, module by module: name2ee, token2ee. */
#ifndef INSPECT_EE_SEARCH_H
#define INSPECT_EE_SEARCH_H

#include "heap/types/type.h"
#include "inspect/question.h"

enum ee_kind { EE_TYPE, EE_METHOD, EE_FIELD };

struct ee_match {
	enum ee_kind kind;
	struct clr_module *module;
	uint32_t token;       /* in the module */
	uint64_t handle;      /* of the type, or of the one that has the field; 0: not loaded */
	const char *name;     /* of a field */
	uint32_t owner_token; /* of the type that has the field, when its name was looked for; else
				 0 */
};

typedef struct error *(*ee_visitor)(const struct ee_match *match, void *context);

/* A type's name, or Type.Member. */
struct ee_name {
	const char *whole;          /* with '+' before nested types */
	const char *owner, *member; /* taken apart; NULL: no member */
	bool exact;                 /* else a part of a name will do, in any case */
};

/* In scratch; ERROR_NO_MEMORY only. */
MUST_CHECK struct error *ee_name_make(const struct question *question, const char *text, bool exact,
				      struct ee_name *ret);

/* Visits what has the name among the loaded types of a module and their members. What cannot be
 * read is counted with question_missing(). */
MUST_CHECK struct error *ee_find_name(const struct question *question, const struct ee_name *name,
				      struct clr_module *module, ee_visitor visit, void *context,
				      bool *ret_found);

/* The same for what a TypeRef, TypeDef, Field or MethodDef token names in the module.
 * `only_loaded`: only when the process has loaded it. */
MUST_CHECK struct error *ee_find_token(const struct question *question, uint32_t token,
				       bool only_loaded, struct clr_module *module,
				       ee_visitor visit, void *context, bool *ret_found);

#endif
