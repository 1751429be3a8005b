/*
 * What differs between the processors whose targets can be read: a constant row each, in
 * arch_NAME.c (attach/target/arch_x64.c), found by the number that a file names its machine with.
 * Code asks the row and compares no machine. All of them are 64-bit and little-endian
 * (base/bytes.h), with pages of the size that the target itself names: that has no member.
 *
 * A register's number is its place in the kernel's user_regs_struct (linux/elfcore.h: pr_reg of
 * struct elf_prstatus, arch/x86/include/asm/user_64.h, arch/arm64/include/uapi/asm/ptrace.h), which
 * has REGISTER_BYTES for each.
 */
#ifndef ATTACH_TARGET_ARCHITECTURE_H
#define ATTACH_TARGET_ARCHITECTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REGISTER_BYTES = 8,
	REGISTERS_MAX = 34,    /* of an architecture */
	FPREG_BYTES_MAX = 512, /* fpreg_bytes of an architecture */
	REGISTER_NONE = 255,   /* instead of a register's number: there is none */
};

struct architecture_register {
	const char *name;        /* as SOS has it: "rip", "fp" */
	uint8_t size;            /* bytes that count of it: 2, 4 or 8 */
	int16_t dwarf;           /* its number in DWARF's tables; -1: none */
	uint16_t context_offset; /* bytes, in Windows' CONTEXT, which SOS calls Offset; 0: it is not
				    there */
};

struct architecture {
	const char *name;     /* as in a RID of .NET, "linux-x64", and in the layouts' names */
	uint16_t elf_machine; /* e_machine of elf.h */
	uint16_t pe_machine;  /* IMAGE_FILE_MACHINE of winnt.h; see architecture_of_pe_machine() */
	uint32_t relative_relocation; /* of ELF: the word becomes bias + addend */
	uint64_t address_mask;        /* the bits of an address that the processor looks at */

	/* Its general registers by number, register_count of them. */
	const struct architecture_register *registers;
	uint8_t register_count;
	uint8_t instruction_pointer, stack_pointer, frame_pointer; /* numbers */
	uint8_t return_address; /* number: where a call leaves the address it returns to;
				   REGISTER_NONE: on the stack */
	/* The numbers of those that SOS lists, in its order (ClrMD's AMD64Context and Arm64Context,
	 * which follow Windows' CONTEXT). */
	const uint8_t *listed;
	uint8_t listed_count;

	/* The sets of registers that a thread's notes are made of, by their note types
	 * (linux/elf.h: NT_PRSTATUS first), in the order in which PTRACE_GETREGSET is asked for
	 * them. */
	const unsigned *register_notes;
	uint8_t register_note_count;
	/* NT_PRFPREG is the first fpreg_bytes of this set, of which fpreg_kept are its own and the
	 * others zeros; 0: it is no part of another set. */
	unsigned fpreg_note;
	uint16_t fpreg_bytes, fpreg_kept;
	/* The thread pointer: a general register, or (REGISTER_NONE) the first word of this set. */
	uint8_t thread_pointer;
	unsigned thread_pointer_note;

	/* Of a stub of the runtime that loads its data relative to itself (dotnet/runtime
	 * src/coreclr/vm, thunktemplates: FixupPrecodeCode and StubPrecodeCode), whose first `size`
	 * bytes are `code`: the address of the data. 0: it is no such stub. */
	uint64_t (*stub_data)(const uint8_t *code, size_t size, uint64_t address);
};

/* NULL: none that can be read. */
const struct architecture *architecture_of_elf_machine(uint16_t machine);

/* The same of a PE file's Machine. Code that was compiled ahead for Linux has it changed by an
 * exclusive or (dotnet/runtime src/coreclr/inc/pedecoder.h: IMAGE_FILE_MACHINE_NATIVE_OS_OVERRIDE).
 */
const struct architecture *architecture_of_pe_machine(uint16_t machine);

/* "x64", "arm64"; "unknown" of NULL. */
const char *architecture_name(const struct architecture *architecture);

/* The bytes of its user_regs_struct. */
size_t architecture_registers_bytes(const struct architecture *architecture);

/* The number of the register that DWARF numbers so; REGISTER_NONE: it is no general register. */
unsigned architecture_register_of_dwarf(const struct architecture *architecture, unsigned dwarf);

/* That of the machine that clrpod was compiled for. */
extern const struct architecture *const architecture_host;

/* The rows: for the table, and for tests. */
extern const struct architecture architecture_x64, architecture_arm64;

#endif
