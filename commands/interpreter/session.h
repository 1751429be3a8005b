/*
 * A session: what is open. A *list* of heaps, each with its own arena (diff and refresh need two),
 * one of them current. Owns targets and heaps; closed with session_free().
 */
#ifndef COMMANDS_INTERPRETER_SESSION_H
#define COMMANDS_INTERPRETER_SESSION_H

#include "attach/target/target.h"
#include "base/task.h"

struct heap;
struct session;

struct session *session_new(void); /* NULL: out of memory */
void session_free(struct session *session);

/* What large answers take their memory of; borrowed, outlives the session and its commands. NULL,
 * as in the beginning: no limit. */
struct memory_budget;
void session_set_budget(struct session *session, struct memory_budget *budget);
struct memory_budget *session_budget(const struct session *session);

/* Opens what is in a target: lays the overlay over it, finds the runtime, opens the heap. The
 * session owns `target` from here on, whatever comes back. When there is no readable runtime the
 * target stays open (its modules and threads still answer) and session_heap_error() says why: that
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
 * session_refresh() can take anew. */
struct session_source {
	/* A new target. ERROR_NOT_FOUND when the process has ended, also when another has its
	 * number by now. */
	struct error *(*open)(void *context, const struct task *task, struct target **ret);
	/* Is the process still there, and could it be taken now? Asked before the old target is
	 * let go of for a new one. */
	struct error *(*check)(void *context);
	void *context; /* outlives the session */
	bool single;   /* two targets of it at a time are not possible: it is held */
};
void session_set_source(struct session *session, const struct session_source *source);
bool session_is_live(const struct session *session);

/* Opens the process anew and, once that is there, closes it as it was open. With `drop_first`, or
 * where the source is `single`, the old one is let go of before. When it fails the old one stays
 * open, and the message says whether it can still be read or is gone (target_check()); so it does
 * when the old one has a heap and the new one none. */
MUST_CHECK struct error *session_refresh(struct session *session, bool drop_first,
					 const struct task *task);

struct target *session_target(const struct session *session); /* current; NULL: nothing open */
struct heap *session_heap(const struct session *session);     /* current; NULL: see below */

/* What the file should hold and does not, of what was asked for when it was opened: one clause;
 * NULL: nothing. */
const char *session_opened_without(const struct session *session);

/* How many threads may walk a heap; `asked`: just so many, however small it is. 1 at first. */
void session_set_threads(struct session *session, unsigned threads, bool asked);

/* Turns a question to what is current: its target, and what opening that has met. Its heap stays.
 */
struct question;
void session_turn_question(const struct session *session, struct question *question);

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

/* The thread that commands are about: the one set, else the one that the dump was taken for (the
 * first with a signal), else the first of all. *ret_tid 0: the target has no threads. */
MUST_CHECK struct error *session_current_thread(const struct session *session, int *ret_tid);
void session_set_current_thread(struct session *session, int tid);

/* Where what is shown goes too (logopen). The file is made with mode 0600; one that is there is
 * added to. ERROR_OS. */
MUST_CHECK struct error *session_log_open(struct session *session, const char *path);
void session_log_close(struct session *session);
FILE *session_log(const struct session *session);            /* NULL: nowhere */
const char *session_log_path(const struct session *session); /* NULL: nowhere */
/* Flushes the log. An error of its file (base/patient_writer.h) from which on nothing was written
 * to it; NULL: there is none, or no log. */
MUST_CHECK struct error *session_log_check(const struct session *session);

/* `exit` was asked for. */
void session_request_exit(struct session *session);
bool session_exit_requested(const struct session *session);

#endif
