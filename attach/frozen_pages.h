/*
 * Memory that a copy-on-write copy of a process does not hold still, copied while the process is
 * stopped: pages that it shares with all processes that map the same (MAP_SHARED: memfd, /dev/shm,
 * System V, writable files), memory that a copy does not inherit (MADV_DONTFORK,
 * MADV_WIPEONFORK), and private huge pages, which the kernel may take from it
 * (process_map_is_huge()). Only pages that exist are copied; what else is in those areas was never
 * touched, or (FROZEN_PARTLY) is unknown.
 */
#ifndef ATTACH_FROZEN_PAGES_H
#define ATTACH_FROZEN_PAGES_H

#include "attach/process_maps.h"
#include "attach/shared_memory.h"
#include "attach/target/target.h"

struct frozen_run { /* of pages */
	uint64_t start, end;
	uint64_t offset; /* of its bytes, from frozen_pages.bytes */
};

enum {
	FROZEN_WHOLE,  /* all pages of the mapping that exist are in the runs */
	FROZEN_PARTLY, /* those that are known are; which of the others exist is unknown */
	FROZEN_LOST,   /* none is, nor in the copy */
};

struct frozen_area { /* a mapping */
	uint64_t start, end;
	uint64_t state; /* as above */
};

struct frozen_pages {
	const uint8_t *bytes;
	const struct frozen_run *runs; /* ascending */
	size_t run_count;
	const struct frozen_area *areas; /* ascending */
	size_t area_count;
	uint64_t moving_bytes; /* of shared memory for which there was no room: not copied, still
				  shared with the process */
	uint64_t lost_bytes;   /* of memory that a copy does not inherit, for which there was no
				  room either: it cannot be read */
};

/* Where the bytes of the runs end. */
uint64_t frozen_pages_end(const struct frozen_pages *pages);

/* Does the mapping's content come from the runs alone, all of it? `pages` may be NULL. */
bool frozen_pages_hold(const struct frozen_pages *pages, const struct process_map *map);

/* The mapping that the address is in, when its content comes from the runs, or is lost; NULL. */
const struct frozen_area *frozen_pages_area(const struct frozen_pages *pages, uint64_t address);

/* Bytes at `address` that are in a run, `size` at most; 0: none there. *ret_next: where the next
 * run begins (UINT64_MAX: nowhere), when it is 0. */
size_t frozen_pages_read(const struct frozen_pages *pages, uint64_t address, void *buffer,
			 size_t size, uint64_t *ret_next);

/* Calls visit for each run in [start, end), ascending. */
MUST_CHECK struct error *frozen_pages_visit(
	const struct frozen_pages *pages, uint64_t start, uint64_t end,
	struct error *(*visit)(uint64_t start, uint64_t end, void *context), void *context);

/* --- making them */

/* Which mappings' pages are wiped in a copy (MADV_WIPEONFORK), or private ones of hugetlbfs, by
 * /proc/PID/smaps: asked before the process is stopped, as the file takes the kernel milliseconds.
 * *ret in `arena`, ascending. What cannot be read counts as none. ERROR_NO_MEMORY only. */
struct wiped_areas {
	const struct frozen_area *areas;
	size_t count;
	uint64_t huge_bytes; /* of private mappings of hugetlbfs, in the whole process: pages that a
				child of its has as well among them */
};
MUST_CHECK struct error *wiped_areas_read(int pid, struct arena *arena, struct wiped_areas *ret);

/* What is known of the process before it is stopped. */
struct frozen_request {
	const struct wiped_areas *wiped;
	struct shared_memory *memory; /* its files, looked up */
	uint64_t most_bytes;
};

/* Copies from `target`, a stopped process, to the end of `fd`, most_bytes at most: a shared
 * mapping that would exceed them is not copied (moving_bytes), one that is not inherited is lost
 * (lost_bytes). `copy_maps` are those of its copy: what is not in them was not inherited. No file
 * of the process is opened. ret->bytes is not set. Arrays live in `arena`. */
MUST_CHECK struct error *frozen_pages_copy(struct target *target, const struct process_maps *maps,
					   const struct process_maps *copy_maps,
					   const struct frozen_request *request, int fd,
					   struct arena *arena, struct frozen_pages *ret);

#endif
