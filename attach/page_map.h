/*
 * Which pages of a process were ever touched: present or swapped out. By the PAGEMAP_SCAN ioctl
 * (Linux 6.7+; Documentation/admin-guide/mm/pagemap.rst), which passes over unmapped page tables in
 * no time, or else by reading /proc/PID/pagemap, 8 bytes a page. Guard pages (MADV_GUARD_INSTALL)
 * are not counted as touched where the kernel reports them.
 */
#ifndef ATTACH_PAGE_MAP_H
#define ATTACH_PAGE_MAP_H

#include "base/error.h"

struct page_map;

/* ERROR_OS when the file cannot be opened. */
MUST_CHECK struct error *page_map_open(int pid, struct page_map **ret);
void page_map_close(struct page_map *map); /* NULL is allowed */

/* By the ioctl? Then the never-touched terabytes of a reservation cost nothing. */
bool page_map_is_fast(const struct page_map *map);

/* From now on as on an older kernel. For tests. */
void page_map_forget_ioctl(struct page_map *map);

/* Calls visit for each run of touched pages in [start, end), ascending, runs not adjacent. */
MUST_CHECK struct error *page_map_visit(struct page_map *map, uint64_t start, uint64_t end,
					struct error *(*visit)(uint64_t start, uint64_t end,
							       void *context),
					void *context);

/* The first of those runs, into *ret_start and *ret_end, which are equal when there is none. The
 * errors of page_map_visit(). */
MUST_CHECK struct error *page_map_first(struct page_map *map, uint64_t start, uint64_t end,
					uint64_t *ret_start, uint64_t *ret_end);

#endif
