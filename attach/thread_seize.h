/*
 * PTRACE_SEIZE of a thread, and what is in its way: an execve of another thread, of its own, or
 * another tracer. What is seized is of the calling thread of ours.
 */
#ifndef ATTACH_THREAD_SEIZE_H
#define ATTACH_THREAD_SEIZE_H

#include "base/cleanup.h"
#include "base/error.h"

struct seize_watch;

enum thread_seized {
	THREAD_SEIZED, /* traced by us, and runs */
	THREAD_ENDED,
	/* It sleeps uninterruptibly, and another has it, as a clrpod that made a snapshot meanwhile
	 * waits for it to wake. */
	THREAD_SLEEPS_ELSEWHERE,
};

/* ERROR_OS with EPERM: not allowed, or traced by another (the message names what is missing). */
MUST_CHECK struct error *thread_seize(int pid, int tid, enum thread_seized *ret);

/* Does the calling thread trace it? */
bool thread_is_ours(int tid);

/* Does it sleep uninterruptibly (state D of proc(5))? */
bool thread_sleeps(int pid, int tid);

/* If a task that we trace has ended its end is taken, and true answered: until then nobody can wait
 * for its process (ptrace(2)). */
bool thread_take_end(int tid);

/*
 * PTRACE_SEIZE sleeps while a thread of the process is in execve, whose credentials it waits for
 * (kernel/ptrace.c: ptrace_attach, cred_guard_mutex), and execve sleeps until the ends of all other
 * threads have been taken (fs/exec.c: de_thread): by us, of those that are seized. So a second
 * thread of ours takes them while the first seizes. ERROR_NO_MEMORY, ERROR_OS. */
MUST_CHECK struct error *seize_watch_begin(int pid, struct seize_watch **ret);

/* All are seized: it takes no ends any more. Does not wait for the thread, as freeing does. */
void seize_watch_end(struct seize_watch *watch);

/* Ends it if need be. NULL is allowed. */
void seize_watch_free(struct seize_watch *watch);

#endif
