/*
 * Pages of a process's mappings, without waiting for a disk on its behalf: which of them its page
 * table has, and what the file behind a mapping has. Whoever reads a file's page through the
 * process, when it is not there yet, holds its address space for as long as the disk takes
 * (mm/gup.c: get_user_pages_remote with mmap_lock held).
 */
#ifndef ATTACH_MAPPED_PAGES_H
#define ATTACH_MAPPED_PAGES_H

#include "attach/page_map.h"
#include "attach/process_maps.h"

struct mapped_pages {
	int memory_id; /* whose files of /proc these are: process_memory_id() */
	const struct process_maps *maps;
	uint64_t page_size;
	struct page_map *table; /* NULL: cannot be read, or was not asked for yet */
	bool table_asked;
	const struct process_map *map; /* whose file was opened last */
	int fd;                        /* of it; -1: it cannot be opened */
};

/* `maps` live as long. Nothing is opened yet. */
void mapped_pages_begin(struct mapped_pages *ret, int memory_id, const struct process_maps *maps,
			uint64_t page_size);

/* Also of a zeroed one that was never begun. */
void mapped_pages_end(struct mapped_pages *pages);

/* Does the process's page table have all of it? Where the table cannot be read, yes. */
bool mapped_pages_have(struct mapped_pages *pages, uint64_t address, size_t size);

/* Has the kernel read the pages of the file that the mapping there has, when the page table has
 * them not. For one who then reads them through the process. */
void mapped_pages_fetch(struct mapped_pages *pages, uint64_t address, size_t size);

/* What a mapping has of its file, `size` bytes at most within the mapping; 0: that cannot be read.
 */
size_t mapped_pages_read_file(struct mapped_pages *pages, uint64_t address, void *buffer,
			      size_t size);

#endif
