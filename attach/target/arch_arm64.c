/* arm64: DWARF's numbers are of AADWARF64, "DWARF for the Arm 64-bit Architecture" (4.1). */
#include "attach/target/architecture.h"

#include "base/bytes.h"
#include "base/list.h"

#include <assert.h>
#include <elf.h>

enum { FP = 29, LR, SP, PC, CPSR, COUNT };

// clang-format off
static const struct architecture_register registers[] = {
	/*         name  size DWARF CONTEXT */
	[0]  = { "x0",   8,  0, 0x008 },
	[1]  = { "x1",   8,  1, 0x010 },
	[2]  = { "x2",   8,  2, 0x018 },
	[3]  = { "x3",   8,  3, 0x020 },
	[4]  = { "x4",   8,  4, 0x028 },
	[5]  = { "x5",   8,  5, 0x030 },
	[6]  = { "x6",   8,  6, 0x038 },
	[7]  = { "x7",   8,  7, 0x040 },
	[8]  = { "x8",   8,  8, 0x048 },
	[9]  = { "x9",   8,  9, 0x050 },
	[10] = { "x10",  8, 10, 0x058 },
	[11] = { "x11",  8, 11, 0x060 },
	[12] = { "x12",  8, 12, 0x068 },
	[13] = { "x13",  8, 13, 0x070 },
	[14] = { "x14",  8, 14, 0x078 },
	[15] = { "x15",  8, 15, 0x080 },
	[16] = { "x16",  8, 16, 0x088 },
	[17] = { "x17",  8, 17, 0x090 },
	[18] = { "x18",  8, 18, 0x098 },
	[19] = { "x19",  8, 19, 0x0a0 },
	[20] = { "x20",  8, 20, 0x0a8 },
	[21] = { "x21",  8, 21, 0x0b0 },
	[22] = { "x22",  8, 22, 0x0b8 },
	[23] = { "x23",  8, 23, 0x0c0 },
	[24] = { "x24",  8, 24, 0x0c8 },
	[25] = { "x25",  8, 25, 0x0d0 },
	[26] = { "x26",  8, 26, 0x0d8 },
	[27] = { "x27",  8, 27, 0x0e0 },
	[28] = { "x28",  8, 28, 0x0e8 },
	[FP] = { "fp",   8, 29, 0x0f0 },
	[LR] = { "lr",   8, 30, 0x0f8 },
	[SP] = { "sp",   8, 31, 0x100 },
	[PC] = { "pc",   8, 32, 0x108 },
	[CPSR] = { "cpsr", 4, -1, 0x4 },
};

static const uint8_t listed[] = {
	CPSR, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
	24, 25, 26, 27, 28, FP, LR, SP, PC,
};
// clang-format on

static_assert(COUNT_OF(registers) == COUNT && (int)COUNT <= REGISTERS_MAX,
	      "NT_PRSTATUS has 34 words");

enum { SET_TLS = 0x401, SET_SVE = 0x405, SET_PAC_MASK = 0x406 };
static const unsigned register_notes[] = { NT_PRSTATUS, NT_PRFPREG, SET_TLS, SET_SVE,
					   SET_PAC_MASK };

/* ldr xN, [pc + imm19 * 4] and br xN. A FixupPrecode: ldr x11, br x11, ldr x12; a StubPrecode: ldr
 * x10, ldr x12, br x10. Since .NET 10 the former has dmb ishld before its last load. */
enum {
	LOAD = 0x58000000,
	LOAD_MASK = (int)0xff00001f,
	BRANCH = (int)0xd61f0000,
	BRANCH_SHIFT = 5,
	BARRIER = (int)0xd50339bf,
	TARGET_FIXUP = 11,
	TARGET_STUB = 10,
	METHOD = 12,
};

static bool loads(uint32_t instruction, unsigned number)
{
	return (instruction & (uint32_t)LOAD_MASK) == (uint32_t)LOAD + number;
}

static bool branches(uint32_t instruction, unsigned number)
{
	return instruction == (uint32_t)BRANCH + (number << BRANCH_SHIFT);
}

static uint64_t stub_data(const uint8_t *code, size_t size, uint64_t address)
{
	uint32_t first, second, third, method;
	if (size < 3 * sizeof(uint32_t))
		return 0;
	first = load_u32(code);
	second = load_u32(code + 4);
	third = load_u32(code + 8);
	bool has_barrier = third == (uint32_t)BARRIER && size >= 4 * sizeof(uint32_t);
	if (has_barrier)
		third = load_u32(code + 12);
	if (loads(first, TARGET_FIXUP) && branches(second, TARGET_FIXUP) && loads(third, METHOD)) {
		method = third;
		address += has_barrier ? 12 : 8;
	} else if (loads(first, TARGET_STUB) && loads(second, METHOD) &&
		   branches(third, TARGET_STUB)) {
		method = second;
		address += 4;
	} else {
		return 0;
	}
	int32_t distance = (int32_t)(method << 8) >> 13; /* imm19, signed */
	return address + (uint64_t)((int64_t)distance * 4);
}

const struct architecture architecture_arm64 = {
	.name = "arm64",
	.elf_machine = EM_AARCH64,
	.pe_machine = 0xaa64,
	.relative_relocation = R_AARCH64_RELATIVE,
	/* The processor ignores the top byte, in which programs keep tags (Linux
	 * Documentation/arm64/tagged-pointers.rst: TBI). */
	.address_mask = UINT64_MAX >> 8,
	.registers = registers,
	.register_count = COUNT,
	.instruction_pointer = PC,
	.stack_pointer = SP,
	.frame_pointer = FP,
	.return_address = LR,
	.listed = listed,
	.listed_count = COUNT_OF(listed),
	.register_notes = register_notes,
	.register_note_count = COUNT_OF(register_notes),
	.thread_pointer = REGISTER_NONE,
	.thread_pointer_note = SET_TLS,
	.stub_data = stub_data,
};

#if defined(__aarch64__)
const struct architecture *const architecture_host = &architecture_arm64;
#endif
