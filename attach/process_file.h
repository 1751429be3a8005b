/*
 * Files of a process, as it sees them: paths are resolved below /proc/PID/root, absolute symbolic
 * links too, so that nothing it could have put there leads to files of ours.
 */
#ifndef ATTACH_PROCESS_FILE_H
#define ATTACH_PROCESS_FILE_H

/* open(2) for reading, with O_CLOEXEC, O_NONBLOCK and O_NOCTTY besides; `path` is absolute. -1 with
 * errno. */
int process_file_open(int pid, const char *path, int flags);

#endif
