/*
 * Which pages of a shared-memory mapping (memfd, /dev/shm …) exist. Its page table does not tell: a
 * page written through one mapping is absent from another, as in the JIT's double mapping (dotnet/
 * runtime minipal/Unix/doublemapping.cpp); and reading a page that does not exist makes it. The
 * file tells, by lseek(SEEK_DATA): it is reached as the process's own descriptor, or as
 * /proc/PID/map_files (which needs privilege), or by its path.
 *
 * Only files of memory are ever touched, and what is one is known from the list of mounts, by the
 * mapping's device: to look at a file of a network file system may take for ever. All files are
 * looked up in one go, before the process stands.
 */
#ifndef ATTACH_SHARED_MEMORY_H
#define ATTACH_SHARED_MEMORY_H

#include "attach/process_maps.h"

struct shared_memory;

/* ERROR_NO_MEMORY only. */
MUST_CHECK struct error *shared_memory_open(int pid, struct shared_memory **ret);
void shared_memory_close(struct shared_memory *memory); /* NULL is allowed */

/* Looks up the files of those mappings that are memory; of LIMIT_SHARED_FILES at most, whose
 * descriptors we keep. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *shared_memory_survey(struct shared_memory *memory,
					      const struct process_maps *maps);

/* Is this file mapping one of a tmpfs? */
bool shared_memory_is_tmpfs(struct shared_memory *memory, const struct process_map *map);

/* Was the file of a mapping looked up? */
bool shared_memory_knows(const struct shared_memory *memory, const struct process_map *map);

/* Takes the file of a mapping; false: it was not found, or cannot tell its holes. */
bool shared_memory_select(struct shared_memory *memory, const struct process_map *map);

/* The first run of existing pages at or above `at`, cut to the mapping; when there is none both are
 * map->end. After shared_memory_select() of the same map. */
void shared_memory_next(struct shared_memory *memory, const struct process_map *map, uint64_t at,
			uint64_t *ret_start, uint64_t *ret_end);

#endif
