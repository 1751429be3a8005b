#include "inspect/memory_groups.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int group_by_name(const void *left, const void *right)
{
	return strcmp(((const struct memory_group *)left)->name,
		      ((const struct memory_group *)right)->name);
}

static int group_by_size(const void *left, const void *right)
{
	const struct memory_group *a = left, *b = right;
	if (a->size != b->size)
		return a->size < b->size ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* Sums up what has the same name; the largest first. */
static size_t groups_join(struct memory_group *groups, size_t count)
{
	size_t joined = 0;
	if (count)
		qsort(groups, count, sizeof(*groups), group_by_name);
	for (size_t i = 0; i < count; i++) {
		if (joined && !strcmp(groups[joined - 1].name, groups[i].name)) {
			groups[joined - 1].count += groups[i].count;
			groups[joined - 1].size += groups[i].size;
		} else {
			groups[joined++] = groups[i];
		}
	}
	if (joined)
		qsort(groups, joined, sizeof(*groups), group_by_size);
	return joined;
}

/* `name_of` gives the name of a range's group; NULL: it is in none. */
static struct error *groups_make(const struct address_space *space,
				 const char *(*name_of)(const struct memory_range *range),
				 struct arena *arena, struct memory_group **ret, size_t *ret_count)
{
	struct memory_group *groups = arena_allocate_array(arena, space->count, sizeof(*groups));
	size_t count = 0;
	if (!groups)
		return &error_no_memory;
	for (size_t i = 0; i < space->count; i++) {
		const struct memory_range *range = &space->ranges[i];
		const char *name = name_of(range);
		if (name)
			groups[count++] =
				(struct memory_group){ name, 1, range->end - range->start };
	}
	*ret = groups;
	*ret_count = groups_join(groups, count);
	return NULL;
}

struct error *memory_groups_by_kind(const struct address_space *space, struct arena *arena,
				    struct memory_group **ret, size_t *ret_count)
{
	return groups_make(space, memory_kind_name, arena, ret, ret_count);
}

static const char *file_of(const struct memory_range *range)
{
	return range->path;
}

struct error *memory_groups_by_file(const struct address_space *space, struct arena *arena,
				    struct memory_group **ret, size_t *ret_count)
{
	return groups_make(space, file_of, arena, ret, ret_count);
}

bool memory_range_is(const struct memory_range *range, const char *kind)
{
	return !strcasecmp(memory_kind_name(range), kind);
}

struct memory_group memory_group_of_kind(const struct address_space *space, const char *kind)
{
	struct memory_group group = { .name = kind };
	for (size_t i = 0; i < space->count; i++) {
		const struct memory_range *range = &space->ranges[i];
		if (!memory_range_is(range, kind))
			continue;
		group.count++;
		group.size += range->end - range->start;
	}
	return group;
}

static int range_by_size(const void *left, const void *right)
{
	const struct memory_range *a = left, *b = right;
	uint64_t a_size = a->end - a->start, b_size = b->end - b->start;
	if (a_size != b_size)
		return a_size < b_size ? 1 : -1;
	return a->start < b->start ? -1 : a->start > b->start;
}

void memory_ranges_by_size(struct address_space *space)
{
	if (space->count)
		qsort(space->ranges, space->count, sizeof(*space->ranges), range_by_size);
}

void memory_ranges_drop_reserved(struct address_space *space)
{
	size_t kept = 0;
	for (size_t i = 0; i < space->count; i++)
		if (!space->ranges[i].is_reserved)
			space->ranges[kept++] = space->ranges[i];
	space->count = kept;
}
