/*
 * All threads of a live process, stopped for long (--freeze), by a thread of ours that does nothing
 * else. ptrace belongs to a thread, and the kernel lets go whatever a thread traces when that
 * thread ends, also what sleeps uninterruptibly (kernel/ptrace.c: exit_ptrace). So the process runs
 * again when we are killed, even while another thread of ours waits in a write for a file system
 * that does not answer, and only then dies. When we are told to stop, and do not come to it for
 * LIMIT_HOLD_TOLD_MS, the thread lets go by itself; so it does when one read of the process's
 * memory lasts LIMIT_STAND_MS (its page lies on a disk that does not answer); and at once (100 ms)
 * when the process is killed, as its parent could not wait for it otherwise, or begins another
 * program, which was not meant to be held.
 *
 * While the process is stopped the calling thread does not react to Ctrl-Z and the terminal's stop
 * signals, nor do threads that are made from then on.
 */
#ifndef ATTACH_THREAD_HOLD_H
#define ATTACH_THREAD_HOLD_H

#include "attach/thread_stop.h"

struct thread_hold;

/* As thread_stop_begin(), with what thread_stop_read_details() reads. ERROR_OS also when no thread
 * can be made. ERROR_CANCELLED also when the thread waits for an execve of the process: it is left
 * to give up then. `task` has to live as long as the hold; may be NULL. */
MUST_CHECK struct error *thread_hold_begin(const struct process_identity *process,
					   const struct task *task, struct thread_hold **ret);

/* As thread_stop_threads(). */
const struct stopped_thread *thread_hold_threads(const struct thread_hold *hold, size_t *ret_count);

/* Is the process still stopped? False after thread_hold_end(), when it was let go because we were
 * told to stop and did not or a read did not end, or when it was killed. */
bool thread_hold_lasts(const struct thread_hold *hold);

/* Before and after each read of its memory, by one thread. */
void thread_hold_read_begins(struct thread_hold *hold);
void thread_hold_read_ends(struct thread_hold *hold);

/* Was it let go because a read did not end? */
bool thread_hold_saw_silence(const struct thread_hold *hold);

/* Was it let go because it was killed, or began another program (execve)? */
bool thread_hold_saw_death(const struct thread_hold *hold);

/* Lets go of all threads; what was taken stays readable. For the thread that began; calling twice
 * is harmless. Returns how long the process was stopped, ms. */
double thread_hold_end(struct thread_hold *hold);

/* Ends if need be, and frees. NULL is allowed. */
void thread_hold_free(struct thread_hold *hold);

#endif
