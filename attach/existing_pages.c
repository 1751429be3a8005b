#include "attach/existing_pages.h"

#include "attach/page_map.h"
#include "attach/proc_file.h"

struct existing_pages {
	const struct process_maps *maps;
	struct page_map *page_map; /* NULL: it cannot be read */
	struct shared_memory *memory;
	bool surveyed;
	bool inherited; /* it has run no program since it was forked */
};

struct error *existing_pages_open(int memory_id, const struct process_maps *maps,
				  struct existing_pages **ret)
{
	struct existing_pages *pages = calloc(1, sizeof(*pages));
	if (!pages)
		return &error_no_memory;
	pages->maps = maps;
	pages->inherited = !proc_has_executed(memory_id);
	struct error *error = shared_memory_open(memory_id, &pages->memory);
	if (!error)
		error = page_map_open(memory_id, &pages->page_map);
	if (error == &error_no_memory) {
		existing_pages_close(pages);
		return error;
	}
	error_free(error);
	*ret = pages;
	return NULL;
}

void existing_pages_close(struct existing_pages *pages)
{
	if (!pages)
		return;
	page_map_close(pages->page_map);
	shared_memory_close(pages->memory);
	free(pages);
}

struct shared_memory *existing_pages_memory(struct existing_pages *pages)
{
	return pages->memory;
}

/* When the first of them is asked for. Without memory of our own none is found. */
static bool select_file(struct existing_pages *pages, const struct process_map *map)
{
	if (!pages->surveyed)
		error_free(shared_memory_survey(pages->memory, pages->maps));
	pages->surveyed = true;
	return shared_memory_select(pages->memory, map);
}

/* anon_inode:[perf_event] and the like: pages that a driver gives. */
static bool is_drivers(const struct process_map *map)
{
	return map->path[0] && map->path[0] != '[' && map->path[0] != '/';
}

/* What the page table has not. Huge pages of a copy may have been taken from it. */
static enum page_state absence_in(const struct existing_pages *pages, const struct process_map *map)
{
	return pages->inherited && process_map_is_huge(map) ? PAGES_UNKNOWN : PAGES_UNTOUCHED;
}

/* By the process's own page table. */
static enum page_state look_in_table(struct existing_pages *pages, uint64_t address, uint64_t end,
				     enum page_state otherwise, uint64_t *ret_end)
{
	uint64_t start = 0, run_end = 0;
	struct error *error =
		pages->page_map ? page_map_first(pages->page_map, address, end, &start, &run_end)
				: &error_no_memory;
	if (error) {
		error_free(error);
		return otherwise == PAGES_UNTOUCHED ? PAGES_EXIST : otherwise;
	}
	bool exists = start < run_end && start <= address;
	if (start < run_end)
		*ret_end = exists ? run_end : start;
	if (*ret_end > end)
		*ret_end = end;
	return exists ? PAGES_EXIST : otherwise;
}

enum page_state existing_pages_look(struct existing_pages *pages, uint64_t address, uint64_t end,
				    uint64_t *ret_end)
{
	const struct process_map *map = process_maps_from(pages->maps, address);
	*ret_end = end;
	if (!map || map->start > address) {
		if (map && map->start < end)
			*ret_end = map->start;
		return PAGES_EXIST;
	}
	if (map->end < end)
		*ret_end = end = map->end;
	if (map->kind == PROCESS_MAP_ANONYMOUS && !is_drivers(map))
		return look_in_table(pages, address, end, absence_in(pages, map), ret_end);
	if (!shared_memory_holds(pages->memory, map) && !shared_memory_may_grow(pages->memory, map))
		return PAGES_EXIST;
	if (!select_file(pages, map))
		return look_in_table(pages, address, end, PAGES_UNKNOWN, ret_end);
	uint64_t start, run_end;
	shared_memory_next(pages->memory, map, address, &start, &run_end);
	if (start <= address) {
		*ret_end = run_end < end ? run_end : end;
		return PAGES_EXIST;
	}
	/* A private mapping may have pages of its own where its file has a hole. */
	if (start < end)
		*ret_end = end = start;
	return map->shared ? PAGES_UNTOUCHED
			   : look_in_table(pages, address, end, PAGES_UNTOUCHED, ret_end);
}

bool existing_pages_of_file(struct existing_pages *pages, uint64_t address)
{
	const struct process_map *map = process_maps_from(pages->maps, address);
	return map && map->start <= address && map->kind == PROCESS_MAP_FILE &&
	       !shared_memory_holds(pages->memory, map);
}
