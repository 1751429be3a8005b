#include "dump/core/region_list.h"

#include "base/search.h"

#include <stdlib.h>

static int compare_regions(const void *left, const void *right)
{
	const struct region *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

void region_list_join(struct region_list *list)
{
	struct region *regions = list->regions;
	size_t kept = 0;
	if (list->count)
		qsort(regions, list->count, sizeof(*regions), compare_regions);
	for (size_t i = 0; i < list->count; i++) {
		struct region *last = kept ? &regions[kept - 1] : NULL;
		if (!last || regions[i].start > last->end)
			regions[kept++] = regions[i];
		else if (regions[i].end > last->end)
			last->end = regions[i].end;
	}
	list->count = kept;
}

bool region_list_holds(const struct region_list *list, uint64_t address)
{
	size_t at = SEARCH_FIRST(list->count, i, list->regions[i].end > address);
	return at < list->count && list->regions[at].start <= address;
}
