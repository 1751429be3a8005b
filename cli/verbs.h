/* The table of verbs: help, completion and the manual are made from it. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/options.h"

/* In the order of --help; each in the file of its name. */
// clang-format off
#define VERBS(VERB) \
	VERB(analyze) \
	VERB(collect) \
	VERB(ps) \
	VERB(diff)
// clang-format on

#define VERB_TABLE(name) extern const struct verb verb_##name;
VERBS(VERB_TABLE)
#undef VERB_TABLE

extern const struct verb *const all_verbs[]; /* NULL-terminated */

const struct verb *verb_find(const char *name); /* NULL: unknown */

#endif
