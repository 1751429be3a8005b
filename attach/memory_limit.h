/*
 * How much memory a control group may still take: cgroup v2 (memory.max, memory.current) or v1
 * (memory.limit_in_bytes, memory.usage_in_bytes), of whichever group on the way up has the least
 * room. Kernel: Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst.
 *
 * A container shows its own group under /sys/fs/cgroup, seldom that of its neighbour: there the
 * neighbour's own mount is read, through /proc/PID/root.
 */
#ifndef ATTACH_MEMORY_LIMIT_H
#define ATTACH_MEMORY_LIMIT_H

#include "base/error.h"

struct memory_limit {
	uint64_t limit_bytes, used_bytes;
	uint64_t cache_bytes; /* of the used: files' pages that nothing needs (inactive_file) */
	bool oom_group; /* when it is exceeded the kernel kills all processes of the group at once
			   (memory.oom.group, cgroup v2) */
};

/* The tightest limit of the groups of process `pid` (0: our own); false: no limit, or it cannot be
 * read. */
bool memory_limit_read(int pid, struct memory_limit *ret);

/* What may still be taken before the limit: the cache gives way first. */
uint64_t memory_limit_room(const struct memory_limit *limit);

#endif
