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

/* What is open, the first opened at 0; what was opened last is current until another is chosen. */
size_t session_count(const struct session *session);
void session_choose(struct session *session, size_t index);
/* Closes what was opened last; what was opened first is current again. */
void session_close_last(struct session *session);

/* Where a new target of the same process comes from: makes what is opened one that
 * session_refresh() can take anew. `context` outlives the session. */
typedef struct error *(*session_source)(void *context, const struct task *task,
					struct target **ret);
void session_set_source(struct session *session, session_source source, void *context);
bool session_is_live(const struct session *session);

/* Lets go of the process as it is open, and opens it anew. When that fails the old one stays open,
 * but what is read from it may be gone: target_check() says so. */
MUST_CHECK struct error *session_refresh(struct session *session, const struct task *task);

struct target *session_target(const struct session *session); /* current; NULL: nothing open */
struct heap *session_heap(const struct session *session);     /* current; NULL: see below */
const struct error *session_heap_error(const struct session *session); /* borrowed; NULL: none */
const char *session_name(const struct session *session);

/* How d, db, dq and their like showed memory last, and where they stopped: the next one goes on
 * there. */
struct memory_view {
	uint64_t next;                     /* address */
	uint32_t count, length, width;     /* units, bytes of a unit, units a line; 0: not said */
	bool started;                      /* `next` was given */
	bool ascii, unicode;               /* characters beside the numbers */
	bool ascii_string, unicode_string; /* a text that ends with zero */
};
struct memory_view *session_memory_view(struct session *session); /* never NULL */

/* The thread that commands speak of: the one set, else the one that the dump was taken for (the
 * first with a signal), else the first of all. *ret_tid 0: the target has no threads. */
MUST_CHECK struct error *session_current_thread(const struct session *session, int *ret_tid);
void session_set_current_thread(struct session *session, int tid);

/* Where what is shown goes too (logopen). The file is made with mode 0600; one that is there is
 * added to. ERROR_OS. */
MUST_CHECK struct error *session_log_open(struct session *session, const char *path);
void session_log_close(struct session *session);
FILE *session_log(const struct session *session);            /* NULL: nowhere */
const char *session_log_path(const struct session *session); /* NULL: nowhere */

/* `exit` was asked for. */
void session_request_exit(struct session *session);
bool session_exit_requested(const struct session *session);

#endif
