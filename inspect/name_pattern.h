/* -name REGEX of the commands that list modules: a POSIX extended regular expression, whatever the
 * case, looked for in the file name. */
#ifndef INSPECT_NAME_PATTERN_H
#define INSPECT_NAME_PATTERN_H

#include "base/error.h"

#include <regex.h>

struct name_pattern {
	bool any; /* no pattern: everything matches */
	regex_t regex;
};

/* `text` NULL: everything matches. ERROR_USAGE says what is wrong with the expression. */
MUST_CHECK struct error *name_pattern_init(struct name_pattern *pattern, const char *text);
void name_pattern_deinit(struct name_pattern *pattern);
bool name_pattern_matches(const struct name_pattern *pattern, const char *path);

#endif
