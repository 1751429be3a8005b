#include "cli/verbs.h"

#define ADDRESS(name) &verb_##name,
const struct verb *const all_verbs[] = { VERBS(ADDRESS) NULL };

const struct verb *verb_find(const char *name)
{
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		if (!strcmp((*verb)->name, name))
			return *verb;
	return NULL;
}
