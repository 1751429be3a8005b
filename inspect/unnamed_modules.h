/* The modules that lack metadata, when a type was met that has no name. */
#ifndef INSPECT_UNNAMED_MODULES_H
#define INSPECT_UNNAMED_MODULES_H

#include "heap/types/clr_module.h"
#include "inspect/question.h"

enum { UNNAMED_MODULES_NAMED = 3 };

struct unnamed_modules {
	size_t files;                                          /* modules that a file would name */
	const struct clr_module *first[UNNAMED_MODULES_NAMED]; /* of them */
	size_t refusals;           /* of those: a file was found and not taken */
	const char *first_refused; /* why; NULL: none was */
	size_t in_memory;          /* modules that no file has */
};

/* false: no type without a name was met since this was asked last. */
bool unnamed_modules_find(const struct question *question, struct unnamed_modules *ret);

#endif
