/*
 * One mount of /proc/PID/mountinfo: "36 35 98:0 /root /point rw,noatime master:1 - ext4 dev rw"
 * (proc(5); fs/proc_namespace.c: show_mountinfo()). Blanks in paths are written as \040.
 */
#ifndef ATTACH_MOUNT_LINE_H
#define ATTACH_MOUNT_LINE_H

#include "base/error.h"

struct mount_line {
	uint64_t id; /* as "mnt_id" of /proc/PID/fdinfo/FD; of the whole machine */
	unsigned device_major, device_minor; /* of the file system: st_dev of stat(2) */
	const char *root;  /* the folder of the file system that is mounted: "/" is all of it */
	const char *point; /* where, as the process sees it */
	const char *file_system;
	const char *options; /* of the file system: "rw,size=51200k" */
};

/* Cuts `line`, which has no newline, into words that *ret points to. False: it is no such line. */
bool mount_line_parse(char *line, struct mount_line *ret);

/* Is it a network file system, or one of a program (FUSE), which may not answer? What is not known
 * is taken for one, unless it lies on a block device (fs/super.c: get_anon_bdev gives the others
 * major number 0). */
bool mount_line_is_far(const struct mount_line *mount);

#endif
