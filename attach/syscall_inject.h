/*
 * A system call made by a thread of another process on our behalf, while that thread is in a ptrace
 * stop of ours: the thread is sent into a few instructions of ours that lie in an unused end of the
 * process's code (attach/syscall_place.h). They make the call and then take the thread home with
 * its registers and its signal mask (attach/syscall_code.h), whether or not we still exist: a
 * tracer that is killed at any moment, also within the call, hurts no process. As long as we do
 * exist the thread gets its registers back from us, at the end of the call, and the code is taken
 * away.
 *
 * A call of the thread's own that the stop interrupted is restarted, as after any stop. While the
 * borrowed call runs signals wait, but for SIGKILL, SIGSTOP (which takes effect at the detach) and
 * those of faults: without a mask a timer's signal, due again each millisecond while the process is
 * stopped, lets no clone(2) begin (kernel/fork.c: copy_process answers ERESTARTNOINTR).
 *
 * A call may block: clone(2) waits for the reader of a userfaultfd, which gets its event, for a
 * frozen or throttled group. The wait ends after LIMIT_CALL_MS or when the task is stopped: the
 * injection is then "lost", nothing can be asked of the thread any more, and its tracer has to end
 * (_exit): the kernel lets all threads go, and the thread comes home by itself.
 */
#ifndef ATTACH_SYSCALL_INJECT_H
#define ATTACH_SYSCALL_INJECT_H

#include "attach/syscall_filter.h"
#include "attach/syscall_place.h"
#include "attach/thread_stop.h"
#include "base/task.h"

#include <signal.h>

enum { SYSCALL_SIGNALS = 8 }; /* those of faults; one waits once (signal(7): standard signals) */

struct syscall_injection {
	int pid, tid;
	struct thread_stop *stop; /* of all threads that we hold; ends are taken meanwhile */
	uint64_t address;         /* of the code */
	const struct task *task;  /* may be NULL */
	struct user_regs_struct registers;
	uint64_t mask;                     /* of blocked signals */
	siginfo_t resend[SYSCALL_SIGNALS]; /* that came in between, to be sent again at the end */
	size_t resend_count;
	int child; /* of a clone: stopped, traced by us, killed when we die; 0: none, or it died */
	int dead_child; /* that died, and has not been waited for yet; 0: none */
	bool suspended; /* its seccomp filters do not apply to the calls while we live */
	bool spared;    /* ... and do no harm if we are killed (syscall_filter_spares()) */
	bool lost;      /* it is in a call that did not end: see above */
	bool away;      /* its thread is in the code, or on its way there */
};

/* How well a stopped thread suits. `target` reads its process. */
enum syscall_fit syscall_injection_fit(struct target *target, const struct stopped_thread *thread);

/* The thread best suited, for which there is a place, and whose child would be no first of a new
 * namespace (that ends with it): first of all one whose filters are trusted
 * (syscall_filter_trusts() with `first`). NULL: none is stopped so that it can be used just now
 * (each is about to handle a signal): resume and try again. */
const struct stopped_thread *syscall_injection_choose(struct target *target,
						      const struct thread_stop *stop,
						      const struct syscall_places *places,
						      enum syscall_filter first);

/* Borrows `thread` of `stop`, of the process that `target` reads. `stop` outlives the calls.
 * ERROR_NOT_FOUND: it has died. ERROR_UNSUPPORTED: none of the places is free and within its reach.
 */
MUST_CHECK struct error *syscall_injection_begin(struct target *target, struct thread_stop *stop,
						 const struct stopped_thread *thread,
						 const struct syscall_places *places,
						 const struct task *task,
						 struct syscall_injection *ret);

/* A call after another begins at home, too. *ret_result: what the call answered, -errno when it
 * failed: that is no error of this function.
 * ERROR_NOT_FOUND: the process died. ERROR_OS: the call could not be made, or has not ended in time
 * (injection->lost). ERROR_CANCELLED: the same, by the task. */
MUST_CHECK struct error *syscall_injection_call(struct syscall_injection *injection, long number,
						const uint64_t arguments[static SYSCALL_ARGUMENTS],
						long *ret_result);

/* The same by the child of a clone, in the code that it has a copy of; it is stopped at the call's
 * exit afterwards, held as before. For after the end of the injection, when its own thread is
 * home. */
MUST_CHECK struct error *syscall_injection_call_child(
	const struct syscall_injection *injection, long number,
	const uint64_t arguments[static SYSCALL_ARGUMENTS], long *ret_result);

/* Has the child call itself so (/proc/PID/comm; 15 bytes at most), by a second such call: the end
 * of its copy of the code holds the name for that. For after the first. Without an error the name
 * may not have been taken. */
MUST_CHECK struct error *syscall_injection_name_child(const struct syscall_injection *injection,
						      const char *name);

/* Gives the thread back, still stopped. Does nothing with one that is lost. */
void syscall_injection_end(struct syscall_injection *injection);

#endif
