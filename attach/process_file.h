/*
 * Files of a process, as it sees them: paths are resolved below /proc/PID/root, absolute symbolic
 * links too, so that nothing it could have put there leads to files of ours.
 *
 * Our capabilities are raised to go through /proc/PID/root (attach/proc_file.h: proc_link_open),
 * and lowered again before the path below is walked: what is open to our user and groups there can
 * be read, and no more.
 */
#ifndef ATTACH_PROCESS_FILE_H
#define ATTACH_PROCESS_FILE_H

#include "attach/process_maps.h"
#include "base/text.h"

/* open(2), with O_CLOEXEC besides, and without O_PATH with O_NONBLOCK and O_NOCTTY; `path` is
 * absolute. For a file, a folder (O_DIRECTORY), or just a place (O_PATH: for fstatfs(2), openat(2),
 * faccessat(2)). -1 with errno. */
int process_file_open(int pid, const char *path, int flags);

/* The place (O_PATH) of the file of a mapping, also of one that was deleted: /proc/PID/map_files,
 * which needs SYS_ADMIN or CHECKPOINT_RESTORE. -1 with errno. */
int process_file_of_map(int pid, const struct process_map *map);

#endif
