#include "heap/metadata/il.h"

#include "base/bytes.h"
#include "base/list.h"

/* Opcodes by name, ECMA-335 III; those of two bytes are 0xfe00 | the second. */
enum {
	OP_NOP = 0x00,
	OP_LDARG_0 = 0x02,
	OP_LDLOC_0 = 0x06,
	OP_STLOC_0 = 0x0a,
	OP_JMP = 0x27,
	OP_CALL = 0x28,
	OP_RET = 0x2a,
	OP_BR_S = 0x2b,
	OP_BR = 0x38,
	OP_CALLVIRT = 0x6f,
	OP_NEWOBJ = 0x73,
	OP_LDFLD = 0x7b,
	OP_LDFLDA = 0x7c,
	OP_STFLD = 0x7d,
	OP_LDSFLD = 0x7e,
	OP_LDSFLDA = 0x7f,
	OP_STSFLD = 0x80,
	OP_TWO_BYTES = 0xfe,
	OP_VOLATILE = 0xfe13,
	OP_NONE = 0xffff, /* no instruction is left, or what is there is none */
};

/* An opcode's operand, a letter each: its size in bytes, 's' the table of a switch, '-' no such
 * opcode. Sixteen opcodes a line. */
static const char one_byte_opcodes[] = "0000000000000011" /* 00 nop */
				       "1111000000000001" /* 10 starg.s */
				       "4848-00444011111" /* 20 ldc.i4 */
				       "1111111144444444" /* 30 bgt.s */
				       "44444s0000000000" /* 40 bne.un */
				       "0000000000000000" /* 50 ldind.ref */
				       "0000000000000004" /* 60 or */
				       "4444440--4044444" /* 70 cpobj */
				       "4400000000004404" /* 80 stsfld */
				       "0000000000000000" /* 90 ldelem.i1 */
				       "000444----------" /* a0 stelem.r4 */
				       "---00000000-----" /* b0 */
				       "--40--4---------" /* c0 */
				       "4000000000000410" /* d0 ldtoken */
				       "0---------------" /* e0 conv.u */
				       "----------------";
static const char two_byte_opcodes[] = "00000044-2222220"  /* fe 00 arglist */
				       "-0100440010-400-"; /* fe 10 */

struct instruction {
	uint32_t offset;
	unsigned opcode;
	uint32_t operand; /* a token, a branch's distance; of longer operands the first bytes */
};

/* The instruction at *position, which moves to its end; opcode OP_NONE: there is none. */
static struct instruction next_instruction(const uint8_t *il, size_t size, size_t *position)
{
	struct instruction instruction = { .offset = (uint32_t)*position, .opcode = OP_NONE };
	size_t at = *position;
	if (at >= size)
		return instruction;
	unsigned opcode = il[at++];
	char letter = one_byte_opcodes[opcode];
	if (opcode == OP_TWO_BYTES && at < size) {
		unsigned second = il[at++];
		letter = second < sizeof(two_byte_opcodes) - 1 ? two_byte_opcodes[second] : '-';
		opcode = opcode << 8 | second;
	}
	if (letter == '-')
		return instruction;
	uint64_t operand_size = letter == 's' ? 4 : (unsigned)(letter - '0');
	if (letter == 's' && size - at >= 4)
		operand_size += (uint64_t)load_u32(il + at) * 4;
	if (operand_size > size - at)
		return instruction;
	if (operand_size)
		memcpy(&instruction.operand, il + at, operand_size < 4 ? operand_size : 4);
	instruction.opcode = opcode;
	*position = at + (size_t)operand_size;
	return instruction;
}

static bool use_of(const struct instruction *instruction, struct il_use *ret)
{
	static const struct {
		uint8_t opcode, kind;
	} uses[] = {
		{ OP_LDFLD, IL_LOADS_FIELD },   { OP_LDFLDA, IL_LOADS_FIELD_ADDRESS },
		{ OP_LDSFLD, IL_LOADS_STATIC }, { OP_LDSFLDA, IL_LOADS_STATIC_ADDRESS },
		{ OP_STFLD, IL_STORES_FIELD },  { OP_STSFLD, IL_STORES_FIELD },
		{ OP_CALL, IL_CALLS },          { OP_CALLVIRT, IL_CALLS },
		{ OP_NEWOBJ, IL_CALLS },        { OP_JMP, IL_CALLS },
	};
	for (size_t i = 0; i < COUNT_OF(uses); i++) {
		if (uses[i].opcode != instruction->opcode)
			continue;
		*ret = (struct il_use){ .kind = uses[i].kind,
					.token = instruction->operand,
					.offset = instruction->offset };
		return true;
	}
	return false;
}

struct error *il_visit_uses(const uint8_t *il, size_t size, il_use_visitor visit, void *context)
{
	size_t position = 0;
	while (position < size) {
		struct instruction instruction = next_instruction(il, size, &position);
		struct il_use use;
		if (instruction.opcode == OP_NONE)
			return error_new(ERROR_BAD_DATA,
					 "no IL instruction at byte %u of a method body of %zu",
					 instruction.offset, size);
		if (use_of(&instruction, &use))
			/* cppcheck-suppress returnDanglingLifetime; an error holds no use */
			TRY(visit(&use, context));
	}
	return NULL;
}

/* The next instruction that does something. */
static struct instruction next_doing(const uint8_t *il, size_t size, size_t *position)
{
	for (;;) {
		struct instruction instruction = next_instruction(il, size, position);
		if (instruction.opcode != OP_NOP && instruction.opcode != OP_VOLATILE)
			return instruction;
	}
}

bool il_trivial_getter(const uint8_t *il, size_t size, struct il_getter *ret)
{
	*ret = (struct il_getter){ 0 };
	size_t position = 0;
	struct instruction instruction = next_doing(il, size, &position);
	if (instruction.opcode == OP_LDSFLD) {
		ret->is_static = true;
		ret->fields[ret->field_count++] = instruction.operand;
	} else if (instruction.opcode != OP_LDARG_0) {
		return false;
	}
	instruction = next_doing(il, size, &position);
	for (; instruction.opcode == OP_LDFLD; instruction = next_doing(il, size, &position)) {
		if (ret->field_count == LIMIT_GETTER_FIELDS)
			return false;
		ret->fields[ret->field_count++] = instruction.operand;
	}
	if (instruction.opcode == OP_STLOC_0) {
		instruction = next_doing(il, size, &position);
		if ((instruction.opcode == OP_BR_S || instruction.opcode == OP_BR) &&
		    !instruction.operand)
			instruction = next_doing(il, size, &position);
		if (instruction.opcode != OP_LDLOC_0)
			return false;
		instruction = next_doing(il, size, &position);
	}
	return instruction.opcode == OP_RET && position == size;
}
