/*
 * A session: what is open. A *list* of heaps, each with its own arena (diff and refresh need two),
 * one of them current. Owns targets and heaps; closed with session_free().
 */
#ifndef COMMANDS_SESSION_H
#define COMMANDS_SESSION_H

#include "attach/target.h"
#include "base/task.h"

struct heap;
struct session;

struct session *session_new(void); /* NULL: out of memory */
void session_free(struct session *session);

/* Opens what is behind a target: lays the overlay over it, finds the runtime, opens the heap. The
 * session owns `target` from here on, whatever comes back. When there is no readable runtime the
 * target stays open (its modules and threads still answer) and session_heap_error() tells why: that
 * is not an error of this call. `name` is shown in messages; `sysroot` may be NULL. */
MUST_CHECK struct error *session_open(struct session *session, struct target *target,
				      const char *name, const char *sysroot,
				      const struct task *task);

struct target *session_target(const struct session *session); /* current; NULL: nothing open */
struct heap *session_heap(const struct session *session);     /* current; NULL: see below */
const struct error *session_heap_error(const struct session *session); /* borrowed; NULL: none */
const char *session_name(const struct session *session);

/* `exit` was asked for. */
void session_request_exit(struct session *session);
bool session_exit_requested(const struct session *session);

#endif
