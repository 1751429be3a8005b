#include "attach/mapped_pages.h"

#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void mapped_pages_begin(struct mapped_pages *ret, int memory_id, const struct process_maps *maps,
			uint64_t page_size)
{
	*ret = (struct mapped_pages){
		.memory_id = memory_id, .maps = maps, .page_size = page_size, .fd = -1
	};
}

void mapped_pages_end(struct mapped_pages *pages)
{
	if (pages->map && pages->fd >= 0)
		close(pages->fd);
	page_map_close(pages->table);
	*pages = (struct mapped_pages){ .fd = -1 };
}

static struct error *count_bytes(uint64_t start, uint64_t end, void *context)
{
	*(uint64_t *)context += end - start;
	return NULL;
}

bool mapped_pages_have(struct mapped_pages *pages, uint64_t address, size_t size)
{
	uint64_t page = pages->page_size, start = address & ~(page - 1), there = 0;
	if (size > UINT64_MAX - page - address)
		return false;
	uint64_t end = align_up(address + size, page);
	if (!pages->table_asked)
		error_free(page_map_open(pages->memory_id, &pages->table));
	pages->table_asked = true;
	if (!pages->table)
		return true;
	struct error *error = page_map_visit(pages->table, start, end, count_bytes, &there);
	bool whole = !error && there == end - start;
	error_free(error);
	return whole;
}

/* The file of a mapping, when it is still the one; -1. */
static int open_file(int memory_id, const struct process_map *map)
{
	struct stat status;
	if (map->deleted || process_map_is_device(map))
		return -1;
	CLEANUP(fd_cleanup) int place = process_file_open(memory_id, map->path, O_PATH);
	if (place < 0 || fstat(place, &status) || !S_ISREG(status.st_mode) ||
	    status.st_ino != map->inode)
		return -1;
	return proc_reopen(place, O_RDONLY);
}

/* The same, kept for the next time. -1: none. */
static int file_at(struct mapped_pages *pages, const struct process_map *map)
{
	if (!map || map->kind != PROCESS_MAP_FILE)
		return -1;
	if (pages->map == map)
		return pages->fd;
	if (pages->fd >= 0)
		close(pages->fd);
	pages->fd = open_file(pages->memory_id, map);
	pages->map = map;
	return pages->fd;
}

void mapped_pages_fetch(struct mapped_pages *pages, uint64_t address, size_t size)
{
	char bytes[16 * 1024];
	const struct process_map *map = process_maps_find(pages->maps, address);
	if (!map || map->kind != PROCESS_MAP_FILE || mapped_pages_have(pages, address, size))
		return;
	int fd = file_at(pages, map);
	if (fd < 0)
		return;
	uint64_t from = address - map->start + map->file_offset, end = from + size;
	while (from < end) {
		size_t wanted = end - from < sizeof(bytes) ? (size_t)(end - from) : sizeof(bytes);
		ssize_t got = pread(fd, bytes, wanted, (off_t)from);
		if (got <= 0)
			return;
		from += (uint64_t)got;
	}
}

size_t mapped_pages_read_file(struct mapped_pages *pages, uint64_t address, void *buffer,
			      size_t size)
{
	const struct process_map *map = process_maps_find(pages->maps, address);
	int fd = file_at(pages, map);
	if (fd < 0)
		return 0;
	ssize_t got = pread(fd, buffer, size, (off_t)(address - map->start + map->file_offset));
	return got > 0 ? (size_t)got : 0;
}
