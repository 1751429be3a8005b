/*
 * Which control groups limit a process's memory, and where their files are: cgroup v2 (memory.max)
 * and v1 (memory.limit_in_bytes). Kernel: Documentation/admin-guide/cgroup-v2.rst,
 * cgroup-v1/memory.rst.
 *
 * A container shows its own group under /sys/fs/cgroup, seldom that of its neighbour: there the
 * neighbour's own mount is read, through /proc/PID/root.
 */
#ifndef ATTACH_MEMORY_GROUPS_H
#define ATTACH_MEMORY_GROUPS_H

#include "base/error.h"

/* The names of one version's files. */
struct memory_files {
	const char *controller; /* in /proc/PID/cgroup; v2's lines have none ("0::/path") */
	const char *file_system;
	const char *limit, *used;
	const char *group;     /* 1: an OOM kills the whole group; NULL: there is no such thing */
	const char *cached[2]; /* lines of memory.stat, hierarchical: inactive, active */
};

typedef void (*memory_group_visitor)(const struct memory_files *files, const char *folder,
				     void *context);

/* Visits the process's own group, then those above it as far as they are mounted; ascending. True:
 * whatever limits its memory was visited, or nothing does (it is in the root). */
bool memory_groups_visit(int pid, memory_group_visitor visit, void *context);

#endif
