/*
 * The part of attach/syscall_inject that differs by the machine that clrpod is compiled for (in
 * attach/syscall_registers_x64.c and its like): which registers carry a system call (syscall(2)),
 * how its instruction looks, and how the kernel restarts a call that a stop interrupted
 * (arch/x86/kernel/signal.c: arch_do_signal_or_restart; arch/arm64/kernel/signal.c: do_signal).
 */
#ifndef ATTACH_SYSCALL_REGISTERS_H
#define ATTACH_SYSCALL_REGISTERS_H

#include "base/error.h"

#include <stddef.h>
#include <sys/user.h>

enum { SYSCALL_ARGUMENTS = 5, SYSCALL_INSTRUCTION_BYTES_MAX = 4 };

/* include/linux/errno.h: what a call that a stop interrupted answers within the kernel. From
 * RESTART_FIRST to RESTART_LAST it is made again; so is RESTART_BLOCK, as restart_syscall(2). */
enum { RESTART_FIRST = 512, RESTART_LAST = 514, RESTART_BLOCK = 516 };

/* How good a thread with these registers is for a borrowed system call. */
enum syscall_fit {
	SYSCALL_FIT_NOT_NOW, /* it would break something */
	SYSCALL_FIT_LATER,   /* it would feel it: its own call would wait its whole time again */
	SYSCALL_FIT_RUNNING, /* outside the kernel */
	SYSCALL_FIT_BLOCKED, /* in a system call that goes on as if nothing had been */
};

/* `code`: the SYSCALL_INSTRUCTION_BYTES_MAX bytes before the thread's place in its code, and as
 * many from there on (zeros: not known). */
enum syscall_fit syscall_registers_fit(
	const struct user_regs_struct *registers,
	const uint8_t code[static 2 * SYSCALL_INSTRUCTION_BYTES_MAX]);

/* Where the thread is in its code, and its stack. */
uint64_t syscall_registers_place(const struct user_regs_struct *registers);
uint64_t syscall_registers_stack(const struct user_regs_struct *registers);

/* Is it a thread that the kernel made for its own work in the process (io_uring's, vhost's)? It is
 * listed as a thread and can be stopped as one, but never comes out of the kernel: its place and
 * stack are 0 (arch/x86/kernel/process.c, arch/arm64/kernel/process.c: copy_thread). */
bool syscall_registers_of_worker(const struct user_regs_struct *registers);

/* Makes *registers (a thread's own) those of a call of `number` by the instruction at `address`.
 * All others keep their values. */
void syscall_registers_prepare(struct user_regs_struct *registers, uint64_t address, long number,
			       const uint64_t arguments[static SYSCALL_ARGUMENTS]);

/* What the call answered: a value, or -errno. */
long syscall_registers_result(const struct user_regs_struct *registers);

/* Before registers are set: the kernel must not take them for a call that it has to restart. 0 or
 * an errno. */
int syscall_registers_forget_call(int tid);

/* The order of clone's arguments differs (clone(2), CONFIG_CLONE_BACKWARDS). */
void syscall_clone_arguments(uint64_t flags, uint64_t stack, uint64_t tls,
			     uint64_t ret[static SYSCALL_ARGUMENTS]);

#endif
