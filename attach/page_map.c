#include "attach/page_map.h"

#include "attach/proc_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* linux/fs.h of Linux 6.7, which older headers lack. */
enum {
	SCAN_PRESENT = 1 << 3, /* PAGE_IS_PRESENT */
	SCAN_SWAPPED = 1 << 4, /* PAGE_IS_SWAPPED */
	SCAN_GUARD = 1 << 8,   /* PAGE_IS_GUARD, Linux 6.15 */
	SCAN_REGIONS = 1024,
	ENTRIES = 64 * 1024, /* of /proc/PID/pagemap in one read */
};

/* Bits of an entry of /proc/PID/pagemap. */
#define ENTRY_TOUCHED (3ull << 62) /* present, or swapped out */
#define ENTRY_GUARD (1ull << 58)

struct scan_region {
	uint64_t start, end, categories;
};

struct scan_arguments { /* struct pm_scan_arg */
	uint64_t size, flags, start, end, walk_end, vector, vector_length, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_REQUEST _IOWR('f', 16, struct scan_arguments)

struct page_map {
	int fd;
	bool by_ioctl;
	uint64_t guard; /* SCAN_GUARD where the kernel knows it */
	uint64_t page_size;
	struct scan_region *regions; /* SCAN_REGIONS, or as much memory for entries */
};

/* A run that may still grow. */
struct run {
	uint64_t start, end;
	struct error *(*visit)(uint64_t start, uint64_t end, void *context);
	void *context;
};

static struct error *run_flush(struct run *run)
{
	if (run->start == run->end)
		return NULL;
	uint64_t start = run->start, end = run->end;
	run->start = run->end = 0;
	return run->visit(start, end, run->context);
}

static struct error *run_add(struct run *run, uint64_t start, uint64_t end)
{
	if (start != run->end || run->start == run->end) {
		TRY(run_flush(run));
		run->start = start;
	}
	run->end = end;
	return NULL;
}

static int scan(struct page_map *map, uint64_t start, uint64_t end, uint64_t *ret_walked)
{
	struct scan_arguments arguments = {
		.size = sizeof(arguments),
		.start = start,
		.end = end,
		.vector = (uintptr_t)map->regions,
		.vector_length = SCAN_REGIONS,
		.category_inverted = map->guard,
		.category_mask = map->guard,
		.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		.return_mask = SCAN_PRESENT | SCAN_SWAPPED,
	};
	int count = ioctl(map->fd, SCAN_REQUEST, &arguments);
	*ret_walked = arguments.walk_end;
	return count;
}

static void probe_ioctl(struct page_map *map)
{
	uint64_t walked;
	map->guard = SCAN_GUARD;
	map->by_ioctl = scan(map, map->page_size, 2 * map->page_size, &walked) >= 0;
	if (map->by_ioctl)
		return;
	map->guard = 0;
	map->by_ioctl = scan(map, map->page_size, 2 * map->page_size, &walked) >= 0;
}

struct error *page_map_open(int pid, struct page_map **ret)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	struct page_map *map = calloc(1, sizeof(*map));
	if (!map)
		return &error_no_memory;
	map->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	map->fd = proc_open(path, O_RDONLY);
	int failed = errno;
	map->regions = calloc(ENTRIES, sizeof(uint64_t));
	if (map->fd < 0 || !map->regions) {
		bool no_memory = map->fd >= 0;
		page_map_close(map);
		return no_memory ? &error_no_memory
				 : error_os(failed, "cannot read the page map of process %d", pid);
	}
	probe_ioctl(map);
	*ret = map;
	return NULL;
}

void page_map_close(struct page_map *map)
{
	if (!map)
		return;
	if (map->fd >= 0)
		close(map->fd);
	free(map->regions);
	free(map);
}

bool page_map_is_fast(const struct page_map *map)
{
	return map->by_ioctl;
}

void page_map_forget_ioctl(struct page_map *map)
{
	map->by_ioctl = false;
}

static struct error *visit_by_ioctl(struct page_map *map, uint64_t start, uint64_t end,
				    struct run *run)
{
	while (start < end) {
		uint64_t walked;
		int count = scan(map, start, end, &walked);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return error_os(errno, "cannot scan the page map at %#llx",
					(unsigned long long)start);
		if (walked <= start)
			walked = end;
		/* A scan that backs out of a huge page has reported more than it has walked, and
		 * the next one reports it again (fs/proc/task_mmu.c:
		 * pagemap_scan_backout_range). */
		for (int i = 0; i < count && map->regions[i].start < walked; i++) {
			uint64_t until = map->regions[i].end;
			TRY(run_add(run, map->regions[i].start, until < walked ? until : walked));
		}
		start = walked;
	}
	return NULL;
}

static struct error *visit_by_entries(struct page_map *map, uint64_t start, uint64_t end,
				      struct run *run)
{
	const uint8_t *entries = (const uint8_t *)map->regions;
	while (start < end) {
		uint64_t count = (end - start) / map->page_size;
		if (count > ENTRIES)
			count = ENTRIES;
		ssize_t size = pread(map->fd, map->regions, count * sizeof(uint64_t),
				     (off_t)(start / map->page_size * sizeof(uint64_t)));
		if (size < 0 && errno == EINTR)
			continue;
		if (size < (ssize_t)sizeof(uint64_t))
			return size < 0 ? error_os(errno, "cannot read the page map at %#llx",
						   (unsigned long long)start)
					: NULL;
		count = (uint64_t)size / sizeof(uint64_t);
		for (uint64_t i = 0; i < count; i++) {
			uint64_t entry = load_u64(entries + i * sizeof(uint64_t));
			uint64_t page = start + i * map->page_size;
			if ((entry & ENTRY_TOUCHED) && !(entry & ENTRY_GUARD))
				TRY(run_add(run, page, page + map->page_size));
		}
		start += count * map->page_size;
	}
	return NULL;
}

struct error *page_map_visit(struct page_map *map, uint64_t start, uint64_t end,
			     struct error *(*visit)(uint64_t, uint64_t, void *), void *context)
{
	struct run run = { .visit = visit, .context = context };
	TRY(map->by_ioctl ? visit_by_ioctl(map, start, end, &run)
			  : visit_by_entries(map, start, end, &run));
	return run_flush(&run);
}

struct first_run {
	uint64_t start, end;
};

static struct error *keep_first(uint64_t start, uint64_t end, void *context)
{
	struct first_run *first = context;
	if (first->start == first->end)
		*first = (struct first_run){ start, end };
	return NULL;
}

struct error *page_map_first(struct page_map *map, uint64_t start, uint64_t end,
			     uint64_t *ret_start, uint64_t *ret_end)
{
	struct first_run first = { 0 };
	struct error *error = page_map_visit(map, start, end, keep_first, &first);
	*ret_start = first.start;
	*ret_end = first.end;
	return error;
}
