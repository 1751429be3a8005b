/*
 * All threads of a live process, stopped. PTRACE_SEIZE and PTRACE_INTERRUPT for every task until no
 * new one appears; then the registers of each. No ptrace option is set here: when we die, however
 * we die, the kernel detaches and the process runs on (kernel/ptrace.c: exit_ptrace). A process in
 * job-control stop stays in it (__ptrace_unlink reinstates a group stop); a signal whose delivery
 * we happened upon is delivered at the detach; blocked system calls go on as after any signal
 * without a handler (signal(7): epoll_wait and a few others answer EINTR, as under any debugger).
 * Options that a borrowed system call needs (attach/syscall_inject.h) are taken back at its end.
 *
 * ptrace belongs to a thread: begin, resume and free are for the same thread of ours. While a
 * process is stopped, that thread does not react to Ctrl-Z and the terminal's stop signals.
 */
#ifndef ATTACH_THREAD_STOP_H
#define ATTACH_THREAD_STOP_H

#include "attach/process_identity.h"
#include "base/task.h"

#include <stddef.h>

enum { REGISTER_SETS_MAX = 12 };

struct register_note {
	unsigned note_type; /* NT_PRSTATUS (general), NT_PRFPREG, NT_X86_XSTATE … of elf.h */
	const uint8_t *bytes;
	size_t size; /* as the kernel gave it */
};

struct stopped_thread {
	int tid;           /* as we see it */
	int namespace_tid; /* as the process itself sees it: gettid() */
	int signal;        /* being delivered, or of the group stop it is in; 0: none */
	bool delivering;   /* the former: the process handles it when it goes on */
	siginfo_t siginfo; /* zeros when signal is 0 */
	struct register_note sets[REGISTER_SETS_MAX];
	size_t set_count; /* 0: the thread is in an uninterruptible sleep and has no registers */

	/* For NT_PRSTATUS; zeros before thread_stop_read_details() */
	uint64_t signals_pending, signals_blocked;
	int64_t user_ticks, system_ticks, child_user_ticks, child_system_ticks;
};

struct thread_stop;

/* Blocks Ctrl-Z and the terminal's stop signals in the calling thread: stopped ourselves we could
 * not let the process go. *ret_before: the mask to put back. false: nothing has changed. */
bool thread_stop_hold_back(sigset_t *ret_before);

/*
 * Stops the process. On any error nothing stays stopped. ERROR_NOT_FOUND: it is gone, also when
 * another has its number by now (asked when it is held, so that this stays true until the resume).
 * ERROR_OS: not allowed, or traced by another (the message names what is missing).
 * ERROR_UNSUPPORTED: a process of another architecture, or one that cannot be stopped now, which is
 * asked before anything is seized (process_state_check()). ERROR_CANCELLED: the task was stopped.
 * Threads in an uninterruptible sleep that do not stop within LIMIT_STOP_MS are left out (they
 * cannot run either); so is one that another traces while it sleeps, as a clrpod that lets it go
 * when it wakes: it may run until thread_stop_take_ends() is called next.
 */
MUST_CHECK struct error *thread_stop_begin(const struct process_identity *process,
					   const struct task *task, struct thread_stop **ret);

/* The same of `count` of its threads alone; the others run on. Those that have ended are left out.
 * ERROR_OS also when another traces one of them that sleeps. Whether the process can be stopped now
 * is not asked: process_state_check() is the caller's. */
MUST_CHECK struct error *thread_stop_begin_some(const struct process_identity *process,
						const int *tids, size_t count,
						const struct task *task, struct thread_stop **ret);

/* Reads what a core holds of each thread beside its registers, from /proc/PID/task/TID/stat and
 * status, of threads that still exist: signals that wait or are blocked, times. Hundreds of
 * microseconds for a thousand threads: after the resume, where the process should not be stopped
 * for it. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *thread_stop_read_details(struct thread_stop *stop);

/* The threads; the process's first thread is first, when it has not ended. */
const struct stopped_thread *thread_stop_threads(const struct thread_stop *stop, size_t *ret_count);

/* The set of this NT_ type; NULL: not there. */
const struct register_note *thread_register_note(const struct stopped_thread *thread,
						 unsigned type);

/* Lets go of what is no thread of the process (its id was, when they were listed), slept
 * uninterruptibly then, and has woken; otherwise it would stay stopped from then on. And takes the
 * ends of the threads that have ended while we hold them: until then nothing can wait for the
 * process (ptrace(2)), and of a PID namespace's killed first process the thread that ends last
 * waits for it (kernel/pid_namespace.c: zap_pid_ns_processes). True, from then on: one that was
 * stopped has ended, as the process was killed or one that slept began another program (execve).
 * Half a microsecond a thread. To be called now and then: a caller that does not for
 * LIMIT_STAND_MS, as it is stopped itself, is killed (attach/stand_watch.h). */
bool thread_stop_take_ends(struct thread_stop *stop);

/* A copy of the process, which we trace: once it has ended, its end is taken by
 * thread_stop_resume() and thread_stop_let_go(), as a PID namespace's killed first process waits
 * for that one, too. 0: none. */
void thread_stop_have_copy(struct thread_stop *stop, int copy);

/* Detaches everything; what was taken stays readable. Calling twice is harmless. Returns how long
 * the process was stopped: from the first interrupt to the last detach, in milliseconds. */
double thread_stop_resume(struct thread_stop *stop);

/* After the resume: lets go of threads that were in an uninterruptible sleep, and so could not be
 * let go with the others, as soon as they have woken; otherwise they would stay stopped from then
 * on. To be called every few milliseconds until it answers true: none is left. */
bool thread_stop_let_go(struct thread_stop *stop);

/* Resumes if need be, and frees; what is asleep then stays seized until the calling thread ends.
 * NULL is allowed. */
void thread_stop_free(struct thread_stop *stop);

#endif
