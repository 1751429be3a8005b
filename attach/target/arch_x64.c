/* x64: the System V ABI's AMD64 supplement has the registers' numbers of DWARF (figure 3.36). */
#include "attach/target/architecture.h"

#include "base/bytes.h"
#include "base/list.h"

#include <assert.h>
#include <elf.h>

// clang-format off
enum { R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI, ORIG_RAX,
       RIP, CS, EFLAGS, RSP, SS, FS_BASE, GS_BASE, DS, ES, FS, GS, COUNT };

static const struct architecture_register registers[] = {
	/*             name  size DWARF CONTEXT */
	[R15]      = { "r15",      8, 15, 0xf0 },
	[R14]      = { "r14",      8, 14, 0xe8 },
	[R13]      = { "r13",      8, 13, 0xe0 },
	[R12]      = { "r12",      8, 12, 0xd8 },
	[RBP]      = { "rbp",      8,  6, 0xa0 },
	[RBX]      = { "rbx",      8,  3, 0x90 },
	[R11]      = { "r11",      8, 11, 0xd0 },
	[R10]      = { "r10",      8, 10, 0xc8 },
	[R9]       = { "r9",       8,  9, 0xc0 },
	[R8]       = { "r8",       8,  8, 0xb8 },
	[RAX]      = { "rax",      8,  0, 0x78 },
	[RCX]      = { "rcx",      8,  2, 0x80 },
	[RDX]      = { "rdx",      8,  1, 0x88 },
	[RSI]      = { "rsi",      8,  4, 0xa8 },
	[RDI]      = { "rdi",      8,  5, 0xb0 },
	[ORIG_RAX] = { "orig_rax", 8, -1, 0    },
	[RIP]      = { "rip",      8, 16, 0xf8 },
	[CS]       = { "cs",       2, 51, 0x38 },
	[EFLAGS]   = { "eflags",   4, 49, 0x44 },
	[RSP]      = { "rsp",      8,  7, 0x98 },
	[SS]       = { "ss",       2, 52, 0x42 },
	[FS_BASE]  = { "fs_base",  8, 58, 0    },
	[GS_BASE]  = { "gs_base",  8, 59, 0    },
	[DS]       = { "ds",       2, 53, 0x3a },
	[ES]       = { "es",       2, 50, 0x3c },
	[FS]       = { "fs",       2, 54, 0x3e },
	[GS]       = { "gs",       2, 55, 0x40 },
};

static const uint8_t listed[] = {
	CS, DS, ES, FS, GS, SS, EFLAGS, RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI,
	R8, R9, R10, R11, R12, R13, R14, R15, RIP,
};
// clang-format on

static_assert(COUNT_OF(registers) == COUNT && (int)COUNT <= REGISTERS_MAX,
	      "NT_PRSTATUS has 27 words");

/*
 * XSAVE's area begins with what NT_PRFPREG is (Intel SDM, volume 1, 13.4.1), but for the last bytes
 * of that, where the kernel describes the area (asm/user.h: struct user_xstateregs_struct): one
 * call a thread less while the process is stopped.
 */
enum { SET_XSTATE = 0x202, FXSAVE_BYTES = 512, FXSAVE_KEPT = 464 };
static_assert((int)FXSAVE_BYTES <= FPREG_BYTES_MAX, "thread_registers has room for it");
static const unsigned register_notes[] = { NT_PRSTATUS, SET_XSTATE };

/* jmp [rip + disp32] and mov r10, [rip + disp32]. A FixupPrecode is the first, then the second; a
 * StubPrecode the other way round. */
static bool is_jump(const uint8_t *code)
{
	return code[0] == 0xff && code[1] == 0x25;
}

static bool is_load(const uint8_t *code)
{
	return code[0] == 0x4c && code[1] == 0x8b && code[2] == 0x15;
}

static uint64_t stub_data(const uint8_t *code, size_t size, uint64_t address)
{
	enum { JUMP_BYTES = 6, LOAD_BYTES = 7 };
	if (size < JUMP_BYTES + LOAD_BYTES)
		return 0;
	size_t at;
	if (is_jump(code) && is_load(code + JUMP_BYTES))
		at = JUMP_BYTES;
	else if (is_load(code) && is_jump(code + LOAD_BYTES))
		at = 0;
	else
		return 0;
	int32_t distance = (int32_t)load_u32(code + at + LOAD_BYTES - sizeof(uint32_t));
	return address + at + LOAD_BYTES + (uint64_t)(int64_t)distance;
}

const struct architecture architecture_x64 = {
	.name = "x64",
	.elf_machine = EM_X86_64,
	.pe_machine = 0x8664,
	.relative_relocation = R_X86_64_RELATIVE,
	.address_mask = UINT64_MAX,
	.registers = registers,
	.register_count = COUNT,
	.instruction_pointer = RIP,
	.stack_pointer = RSP,
	.frame_pointer = RBP,
	.return_address = REGISTER_NONE,
	.listed = listed,
	.listed_count = COUNT_OF(listed),
	.register_notes = register_notes,
	.register_note_count = COUNT_OF(register_notes),
	.fpreg_note = SET_XSTATE,
	.fpreg_bytes = FXSAVE_BYTES,
	.fpreg_kept = FXSAVE_KEPT,
	.thread_pointer = FS_BASE,
	.stub_data = stub_data,
};

#if defined(__x86_64__)
const struct architecture *const architecture_host = &architecture_x64;
#endif
