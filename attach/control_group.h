/*
 * The control groups that a process is in, and where their files are: from its own group upwards,
 * as far as they are mounted where we can read them. Kernel:
 * Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/cgroups.rst; cgroup_namespaces(7), proc(5)
 * (mountinfo).
 *
 * A container shows its own group under /sys/fs/cgroup, seldom that of its neighbour: there the
 * neighbour's own mount is read, through /proc/PID/root (attach/process_file.h: by a file
 * capability too).
 */
#ifndef ATTACH_CONTROL_GROUP_H
#define ATTACH_CONTROL_GROUP_H

#include "base/error.h"
#include "base/text.h"

/* A tree of groups: one of v1's, or v2's only one. */
struct control_hierarchy {
	const char *controller;  /* of v1, as /proc/PID/cgroup names it: "freezer"; "": v2 */
	const char *file_system; /* as mountinfo names it: "cgroup", "cgroup2" */
};

enum control_group_answer {
	CONTROL_GROUP_NONE,   /* the process is in no group of this hierarchy */
	CONTROL_GROUP_ROOT,   /* in the root, which is not mounted where we can read it */
	CONTROL_GROUP_HIDDEN, /* it is in one that is not mounted where we can read it */
	CONTROL_GROUP_SEEN,   /* the visitor was given its group */
};

/* `folder`: a group's, for openat(2), closed afterwards; `path`: the same as we see it, without a
 * slash at the end, for messages. An error ends the visit and is handed on; &error_stop ends it
 * well. */
typedef struct error *(*control_group_visitor)(int folder, const char *path, void *context);

/* Visits the group of `pid`, then those above it. `pid` must have an address space: of a process
 * whose first thread has ended, another thread (process_memory_id()). A group above that cannot be
 * opened is left out. Out of memory counts as hidden. Errors are the visitor's alone. */
MUST_CHECK struct error *control_group_visit(int pid, const struct control_hierarchy *hierarchy,
					     control_group_visitor visit, void *context,
					     enum control_group_answer *ret);

/* Opens a file of a group's folder to be read; -1 with errno, ENOTDIR for what is no file of a
 * control group: a process may have mounted something else over it, as a FIFO. */
int control_group_open(int folder, const char *name);

/* A file of a group's folder, of one line at most a few KiB. False: it cannot be read. */
bool control_group_file(int folder, const char *name, struct text *ret);

/* The number that it begins with; false: it cannot be read, or is no number ("max"). */
bool control_group_number(int folder, const char *name, uint64_t *ret);

#endif
