#include "cli/verbs.h"

const struct verb *const all_verbs[] = { &verb_analyze, &verb_collect, &verb_ps, &verb_diff, NULL };

const struct verb *verb_find(const char *name)
{
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		if (!strcmp((*verb)->name, name))
			return *verb;
	return NULL;
}
