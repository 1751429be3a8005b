#include "attach/frozen_pages.h"

#include "attach/page_map.h"
#include "attach/proc_file.h"
#include "attach/process_memory.h"
#include "attach/shared_memory.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/search.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>

/* --- reading */

/* The first that ends above the address. */
static const struct frozen_run *run_from(const struct frozen_pages *pages, uint64_t address)
{
	size_t first = SEARCH_FIRST(pages->run_count, i, pages->runs[i].end > address);
	return first < pages->run_count ? &pages->runs[first] : NULL;
}

uint64_t frozen_pages_end(const struct frozen_pages *pages)
{
	const struct frozen_run *last =
		pages->run_count ? &pages->runs[pages->run_count - 1] : NULL;
	return last ? last->offset + (last->end - last->start) : 0;
}

const struct frozen_area *frozen_pages_area(const struct frozen_pages *pages, uint64_t address)
{
	size_t count = pages ? pages->area_count : 0;
	size_t first = SEARCH_FIRST(count, i, pages->areas[i].end > address);
	return first < count && pages->areas[first].start <= address ? &pages->areas[first] : NULL;
}

bool frozen_pages_hold(const struct frozen_pages *pages, const struct process_map *map)
{
	const struct frozen_area *area = frozen_pages_area(pages, map->start);
	return area && area->start == map->start && area->state == FROZEN_WHOLE;
}

size_t frozen_pages_read(const struct frozen_pages *pages, uint64_t address, void *buffer,
			 size_t size, uint64_t *ret_next)
{
	const struct frozen_run *run = run_from(pages, address);
	if (!run || run->start > address) {
		*ret_next = run ? run->start : UINT64_MAX;
		return 0;
	}
	if (size > run->end - address)
		size = (size_t)(run->end - address);
	memcpy(buffer, pages->bytes + run->offset + (address - run->start), size);
	return size;
}

struct error *frozen_pages_visit(const struct frozen_pages *pages, uint64_t start, uint64_t end,
				 struct error *(*visit)(uint64_t, uint64_t, void *), void *context)
{
	const struct frozen_run *run = run_from(pages, start);
	for (; run && run < pages->runs + pages->run_count && run->start < end; run++)
		TRY(visit(run->start > start ? run->start : start, run->end < end ? run->end : end,
			  context));
	return NULL;
}

/* --- what is wiped */

struct wiped_list {
	struct frozen_area *areas;
	size_t count, capacity;
};

static struct error *add_area(struct wiped_list *list, struct arena *arena, uint64_t start,
			      uint64_t end)
{
	TRY(LIST_GROW_IN(arena, list->areas, list->count, list->capacity));
	list->areas[list->count++] = (struct frozen_area){ .start = start, .end = end };
	return NULL;
}

/* One mapping, of which lines were read. */
struct smaps_area {
	unsigned long long start, end, huge_bytes;
};

static struct error *end_area(struct wiped_list *list, struct arena *arena, const char *flags,
			      struct smaps_area *area, uint64_t *huge_bytes)
{
	bool huge = strstr(flags, " ht") && !strstr(flags, " sh");
	if (huge)
		*huge_bytes += area->huge_bytes;
	area->huge_bytes = 0;
	return huge || strstr(flags, " wf") ? add_area(list, arena, area->start, area->end) : NULL;
}

/* Each mapping: its line of maps, then "Name: value" lines, of which "VmFlags: rd wr … wf …" is the
 * last. */
struct error *wiped_areas_read(int pid, struct arena *arena, struct wiped_areas *ret)
{
	char path[64];
	CLEANUP(free_cleanup) char *line = NULL;
	size_t capacity = 0;
	struct wiped_list list = { 0 };
	struct smaps_area area = { 0 };
	uint64_t huge_bytes = 0;
	unsigned long long kibibytes;
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	CLEANUP(fd_cleanup) int fd = proc_open(path, O_RDONLY);
	CLEANUP(file_cleanup) FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (file)
		fd = -1; /* the stream's */
	while (file && getline(&line, &capacity, file) > 0) {
		if (sscanf(line, "Private_Hugetlb: %llu kB", &kibibytes) == 1 ||
		    sscanf(line, "Shared_Hugetlb: %llu kB", &kibibytes) == 1)
			area.huge_bytes += kibibytes * 1024;
		else if (!strncmp(line, "VmFlags:", 8))
			TRY(end_area(&list, arena, line, &area, &huge_bytes));
		else if (line[0] < 'A' || line[0] > 'Z')
			(void)!sscanf(line, "%llx-%llx ", &area.start, &area.end);
	}
	*ret = (struct wiped_areas){ .areas = list.areas,
				     .count = list.count,
				     .huge_bytes = huge_bytes };
	return NULL;
}

/* --- copying */

enum { COPY_BYTES = 256 * 1024 };

struct written_file {
	uint64_t device, inode;
};

struct copier {
	struct target *target;
	int fd;
	uint64_t offset;       /* end of the file */
	uint64_t left_bytes;   /* that may still be copied of a mapping */
	uint64_t unread_bytes; /* that are there, and could not be read */
	struct arena *arena;
	struct page_map *pages; /* NULL: not readable */
	struct shared_memory *memory;
	struct frozen_run *runs;
	size_t run_count, run_capacity;
	struct wiped_list areas;
	struct written_file *written; /* that the process has mapped to write to, ascending */
	size_t written_count;
	uint8_t buffer[COPY_BYTES];
};

static struct error *add_run(struct copier *copier, uint64_t start, uint64_t end)
{
	TRY(LIST_GROW_IN(copier->arena, copier->runs, copier->run_count, copier->run_capacity));
	copier->runs[copier->run_count++] =
		(struct frozen_run){ .start = start, .end = end, .offset = copier->offset };
	return NULL;
}

/* Pages that cannot be read (beyond the end of their file) end a run. */
static struct error *copy_run(uint64_t start, uint64_t end, void *context)
{
	struct copier *copier = context;
	uint64_t page = copier->target->page_size;
	for (uint64_t at = start; at < end;) {
		size_t size = end - at > COPY_BYTES ? (size_t)COPY_BYTES : (size_t)(end - at);
		size = target_read_some(copier->target, at, copier->buffer, size);
		size -= size % page;
		if (!size) {
			copier->unread_bytes += page;
			at += page;
			continue;
		}
		if (size > copier->left_bytes)
			return error_new(ERROR_OS,
					 "shared memory of process %d grows while it is "
					 "copied: try again",
					 copier->target->pid);
		copier->left_bytes -= size;
		struct frozen_run *last =
			copier->run_count ? &copier->runs[copier->run_count - 1] : NULL;
		if (last && last->end == at)
			last->end = at + size;
		else
			TRY(add_run(copier, at, at + size));
		if (pwrite(copier->fd, copier->buffer, size, (off_t)copier->offset) !=
		    (ssize_t)size)
			return error_os(errno, "cannot keep a copy of shared memory");
		copier->offset += size;
		at += size;
	}
	return NULL;
}

static struct error *count_run(uint64_t start, uint64_t end, void *context)
{
	*(uint64_t *)context += end - start;
	return NULL;
}

/* Existing pages of the mapping, by its file when that shows them, else by the page table. */
static struct error *visit_pages(struct copier *copier, const struct process_map *map,
				 struct error *(*visit)(uint64_t, uint64_t, void *), void *context)
{
	if (!shared_memory_holds(copier->memory, map) || !shared_memory_select(copier->memory, map))
		return copier->pages
			       ? page_map_visit(copier->pages, map->start, map->end, visit, context)
			       : NULL;
	for (uint64_t at = map->start; at < map->end;) {
		uint64_t start, end;
		shared_memory_next(copier->memory, map, at, &start, &end);
		if (start < end)
			TRY(visit(start, end, context));
		at = end;
	}
	return NULL;
}

static bool contains(const struct frozen_area *areas, size_t count, uint64_t address)
{
	for (size_t i = 0; i < count && areas[i].start <= address; i++)
		if (address < areas[i].end)
			return true;
	return false;
}

/* Both lists ascend: *at goes along. */
static bool is_inherited(const struct process_map *map, const struct process_maps *copy, size_t *at)
{
	while (*at < copy->count && copy->maps[*at].end <= map->start)
		(*at)++;
	return *at < copy->count && copy->maps[*at].start <= map->start &&
	       map->end <= copy->maps[*at].end;
}

static struct written_file file_of(const struct process_map *map)
{
	return (struct written_file){ (uint64_t)map->device_major << 32 | map->device_minor,
				      map->inode };
}

static int compare_files(const void *left, const void *right)
{
	const struct written_file *a = left, *b = right;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

/* Shared memory is written to; of other files, those that the process has mapped for that. What
 * others alone write (a file that is only read here) may be of a later moment. */
static bool is_written(const struct process_map *map)
{
	return map->kind == PROCESS_MAP_FILE && map->shared && (map->protection & PF_W) &&
	       !process_map_is_device(map);
}

static struct error *list_written(struct copier *copier, const struct process_maps *maps)
{
	size_t count = 0;
	for (size_t i = 0; i < maps->count; i++)
		count += is_written(&maps->maps[i]);
	copier->written = arena_allocate_array(copier->arena, count + 1, sizeof(*copier->written));
	if (!copier->written)
		return &error_no_memory;
	for (size_t i = 0; i < maps->count; i++)
		if (is_written(&maps->maps[i]))
			copier->written[copier->written_count++] = file_of(&maps->maps[i]);
	qsort(copier->written, copier->written_count, sizeof(*copier->written), compare_files);
	return NULL;
}

static bool is_shared(const struct copier *copier, const struct process_map *map)
{
	if (!map->shared || map->kind != PROCESS_MAP_FILE)
		return map->shared && map->kind == PROCESS_MAP_MEMORY;
	const struct written_file key = file_of(map);
	return bsearch(&key, copier->written, copier->written_count, sizeof(key), compare_files);
}

/* What becomes of a mapping's pages in a copy-on-write copy. */
enum page_fate {
	PAGES_HELD,          /* they stay as they are */
	PAGES_SHARED,        /* with all processes that map the same */
	PAGES_WIPED,         /* zeros in the copy, or taken from it by the kernel */
	PAGES_NOT_INHERITED, /* not in the copy */
};

/* Mappings in their order: *at goes along in the copy's. */
static enum page_fate fate_of(const struct copier *copier, const struct process_map *map,
			      const struct process_maps *copy_maps, const struct wiped_areas *wiped,
			      size_t *at)
{
	bool inherited = is_inherited(map, copy_maps, at);
	if (map->kind == PROCESS_MAP_SPECIAL || process_map_is_device(map))
		return PAGES_HELD;
	if (!inherited)
		return PAGES_NOT_INHERITED;
	if (process_map_is_huge(map) || contains(wiped->areas, wiped->count, map->start))
		return PAGES_WIPED;
	return is_shared(copier, map) ? PAGES_SHARED : PAGES_HELD;
}

/* How many bytes of what is neither held nor shared there is room for, a mapping as a whole: what
 * is not copied of that is lost. */
static struct error *reserve(struct copier *copier, const struct process_maps *maps,
			     const struct process_maps *copy_maps, const struct wiped_areas *wiped,
			     uint64_t most_bytes, uint64_t *ret)
{
	size_t at = 0;
	*ret = 0;
	for (size_t i = 0; i < maps->count; i++) {
		uint64_t bytes = 0;
		enum page_fate fate = fate_of(copier, &maps->maps[i], copy_maps, wiped, &at);
		if (fate == PAGES_WIPED || fate == PAGES_NOT_INHERITED)
			TRY(visit_pages(copier, &maps->maps[i], count_run, &bytes));
		if (bytes <= most_bytes - *ret)
			*ret += bytes;
	}
	return NULL;
}

/* How many bytes may still be copied of shared memory, and of what a copy does not inherit. */
struct budget {
	uint64_t most_bytes, lost_bytes;
};

/* The file of shared memory shows which of its pages exist, else the page table alone: of private
 * memory that has no file, and where all of them are there. What else a file on a disk has can be
 * read of the file. */
static bool is_told(const struct copier *copier, const struct process_map *map, uint64_t bytes)
{
	if (bytes == map->end - map->start)
		return true;
	if (shared_memory_holds(copier->memory, map))
		return shared_memory_select(copier->memory, map);
	if (!copier->pages)
		return false;
	return map->kind != PROCESS_MAP_FILE || !map->shared ||
	       shared_memory_home(copier->memory, map) != SHARED_UNLISTED;
}

static struct error *add_state(struct copier *copier, const struct process_map *map, uint64_t state)
{
	TRY(add_area(&copier->areas, copier->arena, map->start, map->end));
	copier->areas.areas[copier->areas.count - 1].state = state;
	return NULL;
}

/* `bytes`: how many there were when they were counted; others may share the mapping, and go on. A
 * page that could not be read (of a file that became shorter, or whose owner is asked for it) is no
 * zeros: of shared memory, what is not in the runs is then read as if nothing had been copied; the
 * rest is in no copy, and unknown. */
static struct error *copy_map(struct copier *copier, const struct process_map *map, bool shared,
			      uint64_t bytes)
{
	bool told = is_told(copier, map, bytes);
	copier->left_bytes = bytes;
	copier->unread_bytes = 0;
	TRY(visit_pages(copier, map, copy_run, copier));
	if (told && copier->unread_bytes && shared)
		return NULL;
	told &= !copier->unread_bytes;
	return add_state(copier, map, told ? FROZEN_WHOLE : FROZEN_PARTLY);
}

static struct error *copy_or_leave(struct copier *copier, const struct process_map *map,
				   enum page_fate fate, struct budget *budget,
				   struct frozen_pages *ret)
{
	bool shared = fate == PAGES_SHARED;
	uint64_t *left = shared ? &budget->most_bytes : &budget->lost_bytes, bytes = 0;
	TRY(visit_pages(copier, map, count_run, &bytes));
	if (bytes <= *left) {
		*left -= bytes;
		return copy_map(copier, map, shared, bytes);
	}
	*(shared ? &ret->moving_bytes : &ret->lost_bytes) += bytes;
	return shared ? NULL : add_state(copier, map, FROZEN_LOST);
}

static struct error *copy_maps_of(struct copier *copier, const struct process_maps *maps,
				  const struct process_maps *copy_maps,
				  const struct frozen_request *request, struct frozen_pages *ret)
{
	const struct wiped_areas *wiped = request->wiped;
	size_t at = 0;
	TRY(list_written(copier, maps));
	struct budget budget;
	/* First what would be lost: what is shared can be read later. */
	TRY(reserve(copier, maps, copy_maps, wiped, request->most_bytes, &budget.lost_bytes));
	budget.most_bytes = request->most_bytes - budget.lost_bytes;
	for (size_t i = 0; i < maps->count; i++) {
		const struct process_map *map = &maps->maps[i];
		enum page_fate fate = fate_of(copier, map, copy_maps, wiped, &at);
		if (fate != PAGES_HELD)
			TRY(copy_or_leave(copier, map, fate, &budget, ret));
	}
	return NULL;
}

struct error *frozen_pages_copy(struct target *target, const struct process_maps *maps,
				const struct process_maps *copy_maps,
				const struct frozen_request *request, int fd, struct arena *arena,
				struct frozen_pages *ret)
{
	*ret = (struct frozen_pages){ 0 };
	CLEANUP(free_cleanup) struct copier *copier = calloc(1, sizeof(*copier));
	if (!copier)
		return &error_no_memory;
	copier->target = target;
	copier->fd = fd;
	copier->arena = arena;
	copier->memory = request->memory;
	struct error *error = page_map_open(process_memory_files_id(target), &copier->pages);
	if (error && error != &error_no_memory) {
		error_free(error);
		error = NULL;
	}
	if (!error)
		error = copy_maps_of(copier, maps, copy_maps, request, ret);
	page_map_close(copier->pages);
	ret->runs = copier->runs;
	ret->run_count = copier->run_count;
	ret->areas = copier->areas.areas;
	ret->area_count = copier->areas.count;
	return error;
}
