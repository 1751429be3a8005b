/*
 * The general registers of an architecture as a thread's notes hold them (NT_PRSTATUS: the kernel's
 * user_regs_struct, linux/include/asm/user.h and asm/ptrace.h), in the order and by the names that
 * dotnet-dump lists them (ClrMD's AMD64Context and Arm64Context, which follow Windows' CONTEXT).
 */
#ifndef ATTACH_REGISTER_SET_H
#define ATTACH_REGISTER_SET_H

#include "attach/target/target.h"

struct register_definition {
	const char *name;        /* "rip" */
	uint16_t offset;         /* bytes, in target_thread.registers; 8 are there */
	uint16_t context_offset; /* bytes, in Windows' CONTEXT: what dotnet-dump calls Offset */
	uint8_t size;            /* bytes that count of it: 2, 4 or 8 */
};

struct register_set {
	const struct register_definition *registers;
	size_t count;
	size_t instruction_pointer, stack_pointer, frame_pointer; /* indexes */
};

/* NULL: an unknown architecture. */
const struct register_set *register_set(const struct architecture *architecture);

/* false: the thread's notes do not hold it. */
bool register_read(const struct target_thread *thread, const struct register_definition *which,
		   uint64_t *ret);

#endif
