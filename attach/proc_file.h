/*
 * Files of /proc: small ones read whole (/proc/PID/status, maps, cgroup, task/TID/stat …), others
 * opened. Their formats: proc(5). Bytes are the target's words (names, paths): to be parsed as
 * hostile input.
 *
 * For a file of another process, /proc/PID/NAME or /proc/PID/task/TID/NAME, and for nothing else,
 * our capabilities are raised (attach/credentials.h): as long as it is opened, and read, since the
 * kernel looks at the rights of the opener for some (mem, maps, environ) and of the reader for
 * others (stat, syscall; fs/proc/array.c: do_task_stat). Links are not followed then: exe, root,
 * cwd and fd/N lead to files that are not /proc's. proc_link_open() goes through them.
 */
#ifndef ATTACH_PROC_FILE_H
#define ATTACH_PROC_FILE_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

#include <dirent.h>
#include <sys/types.h>

/* The whole of the file that the format names, up to `limit` bytes, into `ret` (which is cleared
 * first). 0, or the errno of open or read (EFBIG: longer than the limit, ENOMEM). */
MUST_CHECK int proc_file_read(struct text *ret, size_t limit, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* What is left of an open file, up to `limit` bytes, appended. As proc_file_read() otherwise. */
MUST_CHECK int proc_read_all(int fd, struct text *ret, size_t limit);

/* open(2) with O_CLOEXEC besides. -1 with errno. */
int proc_open(const char *path, int flags);

/*
 * Opens the file that a link of a process leads to, "exe", "fd/7": /proc/PID/LINK. To go through
 * the link our capabilities are used; to open the file at its end only our user and groups. With
 * O_PATH the file need not even be readable. -1 with errno.
 */
int proc_link_open(int pid, const char *link, int flags);

/* readlink(2) of /proc/PID/LINK ("exe", "ns/mnt"). */
ssize_t proc_link_read(int pid, const char *link, char *buffer, size_t size);

/* Is the process in the same namespace as we ("pid", "mnt")? False where that is not known. */
bool proc_shares_namespace(int pid, const char *name);

/* Would a child of the task be the first of a new PID or time namespace (unshare(2))? */
bool proc_begins_namespace(int tid);

/* Opens the file of an O_PATH descriptor, as ourselves. -1 with errno. */
int proc_reopen(int path_fd, int flags);

/* opendir(3) of /proc/PID/NAME ("task", "fd"); NULL with errno. */
DIR *proc_folder_open(int pid, const char *name);

/* The rest of the line that begins with `name` and ':' in a file of "Name:\tvalue" lines, without
 * leading blanks; NULL: no such line. *ret_length without the newline. */
const char *proc_field(const struct text *file, const char *name, size_t *ret_length);

/* The first number of such a line, base 10 or 16; false: no such line, or no number. */
bool proc_number(const struct text *file, const char *name, int base, uint64_t *ret);

/* /proc/PID/stat counts its fields after the last ')' of the program's name: field 3 is the state.
 * False when there are fewer. `number` >= 4. */
bool proc_stat_number(const struct text *stat, unsigned number, int64_t *ret);

/* 'R', 'S', 'D', 'T', 't', 'Z', 'X' …; 0: the file does not say. */
char proc_stat_state(const struct text *stat);

/* The parent of the process whose status this is, as we see it. 0: none, or outside of what we see.
 */
int proc_parent(const struct text *status);

/* The process that traces the one whose status this is: TracerPid names a thread of it. 0: none. */
int proc_tracer(const struct text *status);

/* The signals that wait for the process or its first thread (proc(5): SigPnd, ShdPnd), a bit each,
 * from bit 0 for signal 1. 0 where that is not known. */
uint64_t proc_signals_pending(int pid);

/* Is the process's first thread on the way to its end? It is being killed, or has no memory any
 * more and is not yet a zombie. */
bool proc_is_ending(int pid);

/* Has the process run a program since it was forked (linux/sched.h: PF_FORKNOEXEC)? What it has
 * mapped may be older than itself otherwise. False where that is not known, and of a thread that is
 * not the first. */
bool proc_has_executed(int pid);

/* Is the task no more, or a zombie? `pid` and `tid` may be the
 * same. False where that is not known. */
bool proc_has_ended(int pid, int tid);

/* The id of a task in its own (innermost) PID namespace: the last number of NSpid in
 * /proc/PID/task/TID/status (Linux 4.1+); `otherwise` when the line is missing. */
int proc_namespace_id(const struct text *status, int otherwise);

/* Asks the kernel to kill this process before others when memory runs out: proc(5),
 * /proc/PID/oom_score_adj. A precaution: whether it could be written is not reported. */
void proc_let_be_killed_first(int pid);

/* Does /proc show the PID namespace that we are in, so that ids of system calls are ids of it? */
bool proc_shows_our_ids(void);

/* `id`: of a process, or of a task. An error ends the visit and is handed on; &error_stop ends it
 * well. */
typedef struct error *(*proc_id_visitor)(pid_t id, void *context);

/* The ids of the processes that /proc shows, by a file capability also where it is mounted with
 * hidepid=2 (fs/proc/base.c: proc_pid_readdir). ERROR_OS: they cannot be listed. */
MUST_CHECK struct error *proc_visit_processes(proc_id_visitor visit, void *context);

/* The ids below /proc/PID/task. ERROR_NOT_FOUND: the process has ended. ERROR_OS: they cannot be
 * listed. */
MUST_CHECK struct error *proc_visit_tasks(int pid, proc_id_visitor visit, void *context);

#endif
