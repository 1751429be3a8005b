/* attach/syscall_registers.h on x64. */
#if defined(__x86_64__)

#include "attach/syscall_registers.h"

#include "base/banned.h"

/* The kernel keeps the number in orig_rax while a call is under way; it restarts it when rax says
 * so, which both come back with the registers. */
enum syscall_fit syscall_registers_fit(const struct user_regs_struct *registers,
				       const uint8_t code[static 2 * SYSCALL_INSTRUCTION_BYTES_MAX])
{
	(void)code;
	return (int64_t)registers->orig_rax >= 0 ? SYSCALL_FIT_BLOCKED : SYSCALL_FIT_RUNNING;
}

uint64_t syscall_registers_place(const struct user_regs_struct *registers)
{
	return registers->rip;
}

uint64_t syscall_registers_stack(const struct user_regs_struct *registers)
{
	return registers->rsp;
}

void syscall_registers_prepare(struct user_regs_struct *registers, uint64_t address, long number,
			       const uint64_t arguments[static SYSCALL_ARGUMENTS])
{
	registers->rip = address;
	registers->rax = (uint64_t)number;
	registers->orig_rax = UINT64_MAX; /* nothing to restart */
	registers->rdi = arguments[0];
	registers->rsi = arguments[1];
	registers->rdx = arguments[2];
	registers->r10 = arguments[3];
	registers->r8 = arguments[4];
}

long syscall_registers_result(const struct user_regs_struct *registers)
{
	return (long)registers->rax;
}

int syscall_registers_forget_call(int tid)
{
	(void)tid; /* orig_rax is one of the registers */
	return 0;
}

void syscall_clone_arguments(uint64_t flags, uint64_t stack, uint64_t tls,
			     uint64_t ret[static SYSCALL_ARGUMENTS])
{
	const uint64_t arguments[SYSCALL_ARGUMENTS] = { flags, stack, 0, 0, tls };
	memcpy(ret, arguments, sizeof(arguments));
}

#endif
