/*
 * How much memory a control group may still take: cgroup v2 (memory.max, memory.current) or v1
 * (memory.limit_in_bytes, memory.usage_in_bytes), of the nearest group with a limit. Kernel:
 * Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst.
 */
#ifndef ATTACH_MEMORY_LIMIT_H
#define ATTACH_MEMORY_LIMIT_H

#include "base/error.h"

struct memory_limit {
	uint64_t limit_bytes, used_bytes;
};

/* The tightest limit of the groups of process `pid` (0: our own) that /sys/fs/cgroup shows here;
 * false: no limit, or it cannot be read. */
bool memory_limit_read(int pid, struct memory_limit *ret);

#endif
