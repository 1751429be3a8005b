/*
 * Which pages of a shared-memory mapping (memfd, /dev/shm …) exist. Its page table does not show
 * that: a page written through one mapping is absent from another, as in the JIT's double mapping
 * (dotnet/ runtime minipal/Unix/doublemapping.cpp); and reading a page that does not exist makes
 * it. The file shows it, by lseek(SEEK_DATA): it is reached as the process's own descriptor, or as
 * /proc/PID/map_files (which needs privilege), or by its path.
 *
 * Only files of memory, and of an overlay, are ever touched, and what is one is known from the list
 * of mounts, by the mapping's device: to look at a file of a network file system may take for ever.
 * All files are looked up in one go; for a snapshot before the process is stopped.
 */
#ifndef ATTACH_SHARED_MEMORY_H
#define ATTACH_SHARED_MEMORY_H

#include "attach/process_maps.h"

struct shared_memory;

/* ERROR_NO_MEMORY only. */
MUST_CHECK struct error *shared_memory_open(int pid, struct shared_memory **ret);
void shared_memory_close(struct shared_memory *memory); /* NULL is allowed */

/* Looks up the files of those mappings that are memory, the shared ones first. Of
 * LIMIT_SHARED_FILES at most the descriptors are kept, by which their holes are asked for; what is
 * only mapped privately, as a program, and has no holes now needs none. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *shared_memory_survey(struct shared_memory *memory,
					      const struct process_maps *maps);

/* Where a mapping's file lies, by its device and the process's list of mounts. */
enum shared_home {
	SHARED_ON_DISK,    /* of this machine; or it has no file */
	SHARED_FAR,        /* on another machine, or a program's (FUSE): it may not answer */
	SHARED_IN_MEMORY,  /* tmpfs, hugetlbfs */
	SHARED_ON_OVERLAY, /* on a disk, or on a tmpfs */
	SHARED_UNLISTED,   /* on something that the process has not mounted (any more): a disk,
			      the tmpfs of another mount namespace */
};
enum shared_home shared_memory_home(struct shared_memory *memory, const struct process_map *map);

/* Does the mount with this id (statx(2): stx_mnt_id) show the file system that the mapping is of?
 */
bool shared_memory_mounts(struct shared_memory *memory, const struct process_map *map,
			  uint64_t mount_id);

/* Is it a writable shared mapping of which it is unknown whether its holes are memory? They are not
 * read: that might bring pages into being. Of an overlay's file survey and select report them. */
bool shared_memory_may_grow(struct shared_memory *memory, const struct process_map *map);

/* Is it shared memory, or a mapping of a file that lives in memory alone? */
bool shared_memory_holds(struct shared_memory *memory, const struct process_map *map);

/* Takes the file of a mapping; false: it was not found, or cannot report its holes. */
bool shared_memory_select(struct shared_memory *memory, const struct process_map *map);

/* The first run of existing pages at or above `at`, cut to the mapping; when there is none both are
 * map->end. After shared_memory_select() of the same map. */
void shared_memory_next(struct shared_memory *memory, const struct process_map *map, uint64_t at,
			uint64_t *ret_start, uint64_t *ret_end);

#endif
