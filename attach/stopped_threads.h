/*
 * The threads of a stopped process, or of a snapshot, as a target reports them.
 */
#ifndef ATTACH_STOPPED_THREADS_H
#define ATTACH_STOPPED_THREADS_H

#include "attach/target/target.h"
#include "attach/thread_stop.h"

/* Each of them, by its id in its own PID namespace, with its general registers where they are
 * known. Only the visitor's error. */
MUST_CHECK struct error *stopped_threads_visit(const struct stopped_thread *threads, size_t count,
					       thread_visitor visit, void *context);

#endif
