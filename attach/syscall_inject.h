/*
 * A system call made by a thread of another process on our behalf, while that thread is in a ptrace
 * stop of ours: its registers are set for the call, it enters the kernel by an instruction that is
 * there already ([vdso], else libc), and it gets its registers and its signal mask back. Nothing is
 * written to the process's memory.
 *
 * A call of the thread's own that the stop interrupted is restarted by the kernel after the detach,
 * as after any stop. While the borrowed call runs signals wait, but for SIGKILL, SIGSTOP (which
 * takes effect at the detach) and those of faults. When we are killed between begin and end the
 * thread is left with the borrowed registers: whoever calls this is a process that nobody has a
 * reason to kill (attach/snapshot_keeper.h).
 */
#ifndef ATTACH_SYSCALL_INJECT_H
#define ATTACH_SYSCALL_INJECT_H

#include "attach/process_maps.h"
#include "attach/syscall_registers.h"
#include "attach/target.h"
#include "attach/thread_stop.h"

struct syscall_injection {
	int pid, tid;
	uint64_t address; /* of the instruction */
	struct user_regs_struct registers;
	uint64_t mask;  /* of blocked signals */
	int resend;     /* a signal that came in between and is sent again at the end; 0: none */
	int child;      /* of a clone: stopped, traced by us, killed when we die; 0: none yet */
	bool suspended; /* seccomp filters do not apply to the calls */
};

/* Where a system call instruction stands in the target's code. ERROR_NOT_FOUND: nowhere that can be
 * read. `maps` are the target's. */
MUST_CHECK struct error *syscall_instruction_locate(struct target *target,
						    const struct process_maps *maps, uint64_t *ret);

/* How well a stopped thread suits. */
enum syscall_fit syscall_injection_fit(const struct stopped_thread *thread);

/* The thread best suited; NULL: none stands so that it can be used just now (each is about to
 * handle a signal): resume and try again. */
const struct stopped_thread *syscall_injection_choose(const struct thread_stop *stop);

/* Borrows thread `tid` of the process that `target` reads, which is in a ptrace stop of the calling
 * thread. ERROR_NOT_FOUND: it has died, or runs another program now (the instruction is not there).
 */
MUST_CHECK struct error *syscall_injection_begin(struct target *target, int tid, uint64_t address,
						 struct syscall_injection *ret);

/* *ret_result: what the call answered, -errno when it failed: that is no error of this function.
 * ERROR_NOT_FOUND: the process died. ERROR_OS: the call could not be made. */
MUST_CHECK struct error *syscall_injection_call(struct syscall_injection *injection, long number,
						const uint64_t arguments[static SYSCALL_ARGUMENTS],
						long *ret_result);

/* Gives the thread back, still stopped. */
void syscall_injection_end(struct syscall_injection *injection);

#endif
