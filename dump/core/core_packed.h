/*
 * A core in a packed file that is read from the middle (dump/core/zstd_cache.h): its beginning,
 * which core_index wants in memory, and its other bytes on demand.
 */
#ifndef DUMP_CORE_CORE_PACKED_H
#define DUMP_CORE_CORE_PACKED_H

#include "dump/core/core_index.h"
#include "dump/core/zstd_cache.h"

struct core_packed {
	struct zstd_cache *cache;
	uint8_t *head, *tail;
	struct core_parts parts; /* for core_index_read() */
};

/* *ret_found false: its frames cannot be read alone, or too many of them make the core's beginning:
 * unpack it whole. `fd` may be closed afterwards. ERROR_OS, ERROR_NO_MEMORY, ERROR_CANCELLED. */
MUST_CHECK struct error *core_packed_open(const char *path, int fd, const struct task *task,
					  struct core_packed *ret, bool *ret_found);
void core_packed_deinit(struct core_packed *packed);

#endif
