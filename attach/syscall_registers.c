#include "attach/syscall_registers.h"

bool syscall_registers_of_worker(const struct user_regs_struct *registers)
{
	return !syscall_registers_place(registers) && !syscall_registers_stack(registers);
}
