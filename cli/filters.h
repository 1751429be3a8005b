/* The filters that there are: what is found by its name after ` |> `. */
#ifndef CLI_FILTERS_H
#define CLI_FILTERS_H

#include "cli/filter.h"

/* filter_head, filter_sort …: each in its kind's file, filter_lines.c or filter_sort.c. */
#define FILTER_KIND(name) extern const struct filter_kind filter_##name;
FILTERS(FILTER_KIND)
#undef FILTER_KIND

const struct filter_kind *filter_find(const char *name, size_t length); /* NULL: unknown */

#endif
