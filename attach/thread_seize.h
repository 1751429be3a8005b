/*
 * PTRACE_SEIZE of a thread, and what is in its way: an execve of another thread, of its own, or
 * another tracer. What is seized is of the calling thread of ours.
 */
#ifndef ATTACH_THREAD_SEIZE_H
#define ATTACH_THREAD_SEIZE_H

#include "base/cleanup.h"
#include "base/error.h"

struct seize_watch;
struct stand_watch;

enum thread_seized {
	THREAD_SEIZED, /* traced by us, and runs */
	THREAD_ENDED,
	/* It sleeps uninterruptibly, and another has it, as a clrpod that made a snapshot meanwhile
	 * waits for it to wake. */
	THREAD_SLEEPS_ELSEWHERE,
	/* It had ended, and its id is another process's by now. That one sleeps uninterruptibly, so
	 * it is traced by us still, and stops when it wakes: see thread_let_go(). */
	THREAD_STRANGER,
};

/* ERROR_OS with EPERM: not allowed, or traced by another (the message names what is missing). */
MUST_CHECK struct error *thread_seize(int pid, int tid, enum thread_seized *ret);

enum thread_report {
	REPORT_NONE, /* none yet */
	REPORT_STOP,
	REPORT_END, /* which is taken: until then nothing can wait for its process (ptrace(2)) */
	REPORT_NOT_OURS, /* no thread of ours traces it */
};

/* What wait(2) reports of a task next; *ret_status is si_status of a stop or an end. A stop is
 * looked at and not waited for: when a stop has been waited for and its tracer is killed, the
 * kernel forgets the signal that was to be delivered (kernel/exit.c: wait_task_stopped clears
 * exit_code, which kernel/signal.c: ptrace_signal delivers). */
enum thread_report thread_next_report(int tid, int *ret_status);

/* The signal that a task in a stop of this status is let go with (PTRACE_DETACH); 0: none. */
int thread_report_signal(int status);

/* Lets go of one that is seized, if it is in a stop, in which alone that can be done; else asks it
 * to stop, and answers false. To be called again and again. */
bool thread_let_go(int tid);

/* Does the calling thread trace it? */
bool thread_is_ours(int tid);

/* Does it sleep uninterruptibly (state D of proc(5))? */
bool thread_sleeps(int pid, int tid);

/* Has it ended? Its end is taken then. */
bool thread_take_end(int tid);

/*
 * PTRACE_SEIZE sleeps while a thread of the process is in execve, whose credentials it waits for
 * (kernel/ptrace.c: ptrace_attach, cred_guard_mutex), and execve sleeps until the ends of all other
 * threads have been taken (fs/exec.c: de_thread): by us, of those that are seized. So a second
 * thread of ours takes them while the first seizes. It renews `stand` (or NULL), as long as it
 * runs itself. ERROR_NO_MEMORY, ERROR_OS. */
MUST_CHECK struct error *seize_watch_begin(int pid, struct stand_watch *stand,
					   struct seize_watch **ret);

/* All are seized: it takes no ends any more. Does not wait for the thread, as freeing does. */
void seize_watch_end(struct seize_watch *watch);

/* Ends it if need be. NULL is allowed. */
void seize_watch_free(struct seize_watch *watch);

#endif
