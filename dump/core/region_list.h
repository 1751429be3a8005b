/*
 * A list of stretches of addresses, to ask whether an address is in one: what a core lacks.
 */
#ifndef DUMP_CORE_REGION_LIST_H
#define DUMP_CORE_REGION_LIST_H

#include "attach/target/target.h"

struct region_list {
	struct region *regions; /* allocated */
	size_t count;
};

/* Regions in any order, which may overlap, become ascending and apart. */
void region_list_join(struct region_list *list);

/* Is the address in one? Of a joined list. */
bool region_list_holds(const struct region_list *list, uint64_t address);

#endif
