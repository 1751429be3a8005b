/*
 * The code that a borrowed thread runs: it makes one system call and then takes the thread back to
 * where it was, by itself, so that the thread is safe whatever becomes of its tracer meanwhile. It
 * lies in a few hundred bytes of the process's own code that are unused (attach/syscall_place.h):
 *
 *	mark        the word by which every clrpod finds it, and its version
 *	            the system call instruction; its arguments are in the registers already
 *	            a clone's child (result 0) goes to its end: exit_group(SYSCALL_COPY_STATUS)
 *	            rt_sigprocmask(2) gives the thread its signal mask back
 *	            every register that was changed is loaded from the data below
 *	            a jump to where the thread was
 *	data        those registers, the mask
 *
 * Nothing is stored (the page is r-x), the stack and the flags stay as they are. A call of the
 * thread's own that the stop interrupted is made again, as the kernel would have done it:
 * arch/x86/kernel/signal.c: arch_do_signal_or_restart; arm64 has put the registers back before the
 * stop (arch/arm64/kernel/signal.c: do_signal). The way home on arm64 is a direct branch, which BTI
 * allows and which reaches 128 MiB.
 */
#ifndef ATTACH_SYSCALL_CODE_H
#define ATTACH_SYSCALL_CODE_H

#include "attach/syscall_registers.h"

enum {
	SYSCALL_CODE_BYTES = 256,
	SYSCALL_CODE_MARK_BYTES = 8,
	SYSCALL_COPY_STATUS = 0xc7, /* with which a copy ends that is not held */
	/* Of the signals 33 to 64 a copy that is held blocks these: "clrp", by which the dead one
	 * is known (SigBlk of /proc/PID/status). Its score does not show it: in a BestEffort pod
	 * that is the program's own. */
	SYSCALL_COPY_BLOCKS = 0x636c7270,
	SYSCALL_COPY_BLOCKS_SHIFT = 32,
};

struct syscall_code {
	struct user_regs_struct home; /* the thread's own registers */
	uint64_t mask;                /* of blocked signals, the thread's own */
	uint64_t address;             /* where the code will lie */
	bool forks;                   /* the call answers twice, 0 in the child */
};

/* The bytes to write at code->address; of the machine that clrpod is compiled for
 * (attach/syscall_code_x64.c and its like). false: the thread's place cannot be reached from there.
 */
bool syscall_code_make(const struct syscall_code *code, uint8_t ret[static SYSCALL_CODE_BYTES]);

/* Where the thread enters code that lies at `address`. */
uint64_t syscall_code_entry(uint64_t address);

/* Are these SYSCALL_CODE_MARK_BYTES the mark? */
bool syscall_code_is_marked(const uint8_t *bytes);

#endif
