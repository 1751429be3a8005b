/* The table of verbs: help, completion and the manual are made from it. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/options.h"

/* Each in the file of its name. */
extern const struct verb verb_analyze, verb_collect, verb_ps, verb_diff;

extern const struct verb *const all_verbs[]; /* NULL-terminated, in the order of --help */

const struct verb *verb_find(const char *name); /* NULL: unknown */

#endif
