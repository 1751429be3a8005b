/* The filters that there are: what is found by its name after ` |> `. */
#ifndef CLI_FILTERS_H
#define CLI_FILTERS_H

#include "cli/filter.h"

/* Each in its kind's file: filter_lines.c, filter_sort.c. */
extern const struct filter_kind filter_grep, filter_head, filter_sort, filter_tail, filter_wc,
	filter_wide;

const struct filter_kind *filter_find(const char *name, size_t length); /* NULL: unknown */

#endif
