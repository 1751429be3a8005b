/* A type as a user names it: dumpclass. */
#ifndef INSPECT_TYPE_NAMED_H
#define INSPECT_TYPE_NAMED_H

#include "heap/types/type.h"
#include "inspect/question.h"

/* By MethodTable (or EEClass), or by name, as type_find() takes it. ERROR_NOT_FOUND when no loaded
 * type has the name, or several have: names them, or those that are near. */
MUST_CHECK struct error *type_named(const struct question *question, const char *text,
				    const struct type **ret);

#endif
