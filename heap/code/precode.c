#include "heap/code/precode.h"

#include "base/bytes.h"
#include "heap/types/method.h"

enum { PRECODE_BYTES = 20 }; /* enough of either to know it by */

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

enum { X64_JUMP_BYTES = 6, X64_LOAD_BYTES = 7, X64_BRANCH_PROTECTION_BYTES = 4 };

uint64_t precode_data_x64(const uint8_t *code, size_t size, uint64_t address)
{
	if (size < X64_JUMP_BYTES + X64_LOAD_BYTES)
		return 0;
	size_t at;
	if (is_jump(code) && is_load(code + X64_JUMP_BYTES))
		at = X64_JUMP_BYTES;
	else if (is_load(code) && is_jump(code + X64_LOAD_BYTES))
		at = 0;
	else
		return 0;
	int32_t distance = (int32_t)load_u32(code + at + X64_LOAD_BYTES - sizeof(uint32_t));
	return address + at + X64_LOAD_BYTES + (uint64_t)(int64_t)distance;
}

/* ldr xN, [pc + imm19 * 4] and br xN. A FixupPrecode: ldr x11, br x11, ldr x12; a StubPrecode: ldr
 * x10, ldr x12, br x10. Since .NET 10 the former has dmb ishld before its last load. */
enum {
	ARM64_LOAD = 0x58000000,
	ARM64_LOAD_MASK = (int)0xff00001f,
	ARM64_BRANCH = (int)0xd61f0000,
	ARM64_BARRIER = (int)0xd50339bf,
	ARM64_TARGET_FIXUP = 11,
	ARM64_TARGET_STUB = 10,
	ARM64_METHOD = 12,
	ARM64_BRANCH_SHIFT = 5,
};

static bool loads(uint32_t instruction, unsigned number)
{
	return (instruction & (uint32_t)ARM64_LOAD_MASK) == (uint32_t)ARM64_LOAD + number;
}

static bool branches(uint32_t instruction, unsigned number)
{
	return instruction == (uint32_t)ARM64_BRANCH + (number << ARM64_BRANCH_SHIFT);
}

uint64_t precode_data_arm64(const uint8_t *code, size_t size, uint64_t address)
{
	uint32_t first, second, third, method;
	if (size < 3 * sizeof(uint32_t))
		return 0;
	first = load_u32(code);
	second = load_u32(code + 4);
	third = load_u32(code + 8);
	bool has_barrier = third == (uint32_t)ARM64_BARRIER && size >= 4 * sizeof(uint32_t);
	if (has_barrier)
		third = load_u32(code + 12);
	if (loads(first, ARM64_TARGET_FIXUP) && branches(second, ARM64_TARGET_FIXUP) &&
	    loads(third, ARM64_METHOD)) {
		method = third;
		address += has_barrier ? 12 : 8;
	} else if (loads(first, ARM64_TARGET_STUB) && loads(second, ARM64_METHOD) &&
		   branches(third, ARM64_TARGET_STUB)) {
		method = second;
		address += 4;
	} else {
		return 0;
	}
	int32_t distance = (int32_t)(method << 8) >> 13; /* imm19, signed */
	return address + (uint64_t)((int64_t)distance * 4);
}

struct error *precode_method(struct heap *heap, uint64_t entry, uint64_t *ret)
{
	uint64_t data, method;
	struct method read;
	*ret = 0;
	const uint8_t *code = reader_borrow(&heap->reader, entry, PRECODE_BYTES);
	if (!code)
		return NULL;
	data = heap->target->architecture == ARCHITECTURE_ARM64
		       ? precode_data_arm64(code, PRECODE_BYTES, entry)
		       : precode_data_x64(code, PRECODE_BYTES, entry);
	if (!data || !reader_u64(&heap->reader, data, &method))
		return NULL;
	struct error *error = method_at(heap, method, &read);
	if (!error)
		*ret = method;
	if (error_take_damage(&error))
		return NULL;
	return error;
}
