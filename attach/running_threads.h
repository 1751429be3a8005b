/*
 * The threads of a process that runs: their ids and names. What they do is not known, as they go
 * on.
 */
#ifndef ATTACH_RUNNING_THREADS_H
#define ATTACH_RUNNING_THREADS_H

#include "attach/target/target.h"

/* Each thread of /proc/PID/task, by its id in its own PID namespace, without registers; one that
 * ends meanwhile is left out. ERROR_OS: they cannot be listed. ERROR_NO_MEMORY. The visitor's. */
MUST_CHECK struct error *running_threads_visit(int pid, thread_visitor visit, void *context);

#endif
