/*
 * Small files of /proc, read whole: /proc/PID/status, maps, cgroup, task/TID/stat … Their formats:
 * proc(5). Bytes are the target's words (names, paths): to be parsed as hostile input.
 */
#ifndef ATTACH_PROC_FILE_H
#define ATTACH_PROC_FILE_H

#include "base/cleanup.h"
#include "base/text.h"

#include <sys/types.h>

/* The whole of the file that the format names, up to `limit` bytes, into `ret` (which is cleared
 * first). 0, or the errno of open or read (EFBIG: longer than the limit, ENOMEM). */
MUST_CHECK int proc_file_read(struct text *ret, size_t limit, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The rest of the line that begins with `name` and ':' in a file of "Name:\tvalue" lines, without
 * leading blanks; NULL: no such line. *ret_length without the newline. */
const char *proc_field(const struct text *file, const char *name, size_t *ret_length);

/* The first number of such a line, base 10 or 16; false: no such line, or no number. */
bool proc_number(const struct text *file, const char *name, int base, uint64_t *ret);

/* /proc/PID/stat counts its fields behind the last ')' of the program's name: field 3 is the state.
 * False when there are fewer. `number` >= 4. */
bool proc_stat_number(const struct text *stat, unsigned number, int64_t *ret);

/* 'R', 'S', 'D', 'T', 't', 'Z', 'X' …; 0: cannot be told. */
char proc_stat_state(const struct text *stat);

/* The id of a task in its own (innermost) PID namespace: the last number of NSpid in
 * /proc/PID/task/TID/status (Linux 4.1+); `otherwise` when the line is missing. */
int proc_namespace_id(const struct text *status, int otherwise);

/* The ids below /proc/PID/task. `visit` false: stop. 0 or an errno. */
MUST_CHECK int proc_visit_tasks(pid_t pid, bool (*visit)(pid_t tid, void *context), void *context);

#endif
