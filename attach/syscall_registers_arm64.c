/* attach/syscall_registers.h on arm64. */
#if defined(__aarch64__)

#include "attach/syscall_registers.h"

#include "base/banned.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static const uint8_t instruction[SYSCALL_INSTRUCTION_BYTES_MAX] = { 0x01, 0x00, 0x00, 0xd4 };

enum {
	SET_SYSTEM_CALL = 0x404, /* NT_ARM_SYSTEM_CALL */
	NUMBER = 8,              /* x8 */
	FUTEX_COMMAND = 0x7f,    /* linux/futex.h: FUTEX_CMD_MASK */
	BRANCH_TYPE = 3 << 10,   /* asm/ptrace.h: PSR_BTYPE_MASK */
};

/* Before it stops, the kernel has put the registers back to before the instruction of a call that
 * is to be restarted. Calls that would go on with the time left (restart_syscall(2)) can then no
 * longer be distinguished from others but by their number. */
static bool waits_for_a_time(const struct user_regs_struct *registers)
{
	switch (registers->regs[NUMBER]) {
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_restart_syscall:
		return true;
	case SYS_futex: /* FUTEX_WAIT's time is relative; the fourth argument, when there is one */
		return !(registers->regs[1] & FUTEX_COMMAND) && registers->regs[3];
	default:
		return false;
	}
}

/* It is about to make its call (svc #0) again, or the call has just answered EINTR. A thread that
 * is outside the kernel has more registers than a call keeps: those of SVE. A thread that has just
 * taken an indirect branch could not go elsewhere (BTI). */
enum syscall_fit syscall_registers_fit(const struct user_regs_struct *registers,
				       const uint8_t code[static 2 * SYSCALL_INSTRUCTION_BYTES_MAX])
{
	bool again = !memcmp(code + sizeof(instruction), instruction, sizeof(instruction));
	bool answered = !memcmp(code, instruction, sizeof(instruction)) &&
			(int64_t)registers->regs[0] == -EINTR;
	if (registers->pstate & BRANCH_TYPE)
		return SYSCALL_FIT_NOT_NOW;
	if (again && waits_for_a_time(registers))
		return SYSCALL_FIT_LATER;
	return again || answered ? SYSCALL_FIT_BLOCKED : SYSCALL_FIT_RUNNING;
}

uint64_t syscall_registers_place(const struct user_regs_struct *registers)
{
	return registers->pc;
}

uint64_t syscall_registers_stack(const struct user_regs_struct *registers)
{
	return registers->sp;
}

void syscall_registers_prepare(struct user_regs_struct *registers, uint64_t address, long number,
			       const uint64_t arguments[static SYSCALL_ARGUMENTS])
{
	registers->pc = address;
	registers->regs[NUMBER] = (uint64_t)number;
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		registers->regs[i] = arguments[i];
}

long syscall_registers_result(const struct user_regs_struct *registers)
{
	return (long)registers->regs[0];
}

int syscall_registers_forget_call(int tid)
{
	int none = -1;
	struct iovec bytes = { .iov_base = &none, .iov_len = sizeof(none) };
	return ptrace(PTRACE_SETREGSET, tid, SET_SYSTEM_CALL, &bytes) ? errno : 0;
}

void syscall_clone_arguments(uint64_t flags, uint64_t stack, uint64_t tls,
			     uint64_t ret[static SYSCALL_ARGUMENTS])
{
	const uint64_t arguments[SYSCALL_ARGUMENTS] = { flags, stack, 0, tls, 0 };
	memcpy(ret, arguments, sizeof(arguments));
}

#endif
