/* Sums and orders of the ranges of an address space: maddress. */
#ifndef INSPECT_MEMORY_GROUPS_H
#define INSPECT_MEMORY_GROUPS_H

#include "heap/address_space.h"

/* Ranges of one name: a kind, or a mapped file. */
struct memory_group {
	const char *name;
	uint64_t count, size; /* ranges; bytes */
};

/* By kind, or by file (then ranges without one are left out); the largest group first. In arena;
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *memory_groups_by_kind(const struct address_space *space,
					       struct arena *arena, struct memory_group **ret,
					       size_t *ret_count);
MUST_CHECK struct error *memory_groups_by_file(const struct address_space *space,
					       struct arena *arena, struct memory_group **ret,
					       size_t *ret_count);

/* The sum of the ranges of a kind; the kind's name is taken in any case. */
struct memory_group memory_group_of_kind(const struct address_space *space, const char *kind);
bool memory_range_is(const struct memory_range *range, const char *kind);

/* The largest range first. */
void memory_ranges_by_size(struct address_space *space);
/* Takes out address space without memory. */
void memory_ranges_drop_reserved(struct address_space *space);

#endif
