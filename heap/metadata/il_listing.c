#include "heap/metadata/il_listing.h"

#include "base/bytes.h"
#include "base/list.h"
#include "base/search.h"

struct opcode {
	uint16_t code; /* those of two bytes: 0xfe00 | the second */
	const char *name;
	uint8_t operand, operand_size;
};

/* ECMA-335 III.1.9 and the instructions' own clauses; sorted by code. */
static const struct opcode opcodes[] = {
	{ 0x0000, "nop", IL_OPERAND_NONE, 0 },
	{ 0x0001, "break", IL_OPERAND_NONE, 0 },
	{ 0x0002, "ldarg.0", IL_OPERAND_NONE, 0 },
	{ 0x0003, "ldarg.1", IL_OPERAND_NONE, 0 },
	{ 0x0004, "ldarg.2", IL_OPERAND_NONE, 0 },
	{ 0x0005, "ldarg.3", IL_OPERAND_NONE, 0 },
	{ 0x0006, "ldloc.0", IL_OPERAND_NONE, 0 },
	{ 0x0007, "ldloc.1", IL_OPERAND_NONE, 0 },
	{ 0x0008, "ldloc.2", IL_OPERAND_NONE, 0 },
	{ 0x0009, "ldloc.3", IL_OPERAND_NONE, 0 },
	{ 0x000a, "stloc.0", IL_OPERAND_NONE, 0 },
	{ 0x000b, "stloc.1", IL_OPERAND_NONE, 0 },
	{ 0x000c, "stloc.2", IL_OPERAND_NONE, 0 },
	{ 0x000d, "stloc.3", IL_OPERAND_NONE, 0 },
	{ 0x000e, "ldarg.s", IL_OPERAND_VARIABLE, 1 },
	{ 0x000f, "ldarga.s", IL_OPERAND_VARIABLE, 1 },
	{ 0x0010, "starg.s", IL_OPERAND_VARIABLE, 1 },
	{ 0x0011, "ldloc.s", IL_OPERAND_VARIABLE, 1 },
	{ 0x0012, "ldloca.s", IL_OPERAND_VARIABLE, 1 },
	{ 0x0013, "stloc.s", IL_OPERAND_VARIABLE, 1 },
	{ 0x0014, "ldnull", IL_OPERAND_NONE, 0 },
	{ 0x0015, "ldc.i4.m1", IL_OPERAND_NONE, 0 },
	{ 0x0016, "ldc.i4.0", IL_OPERAND_NONE, 0 },
	{ 0x0017, "ldc.i4.1", IL_OPERAND_NONE, 0 },
	{ 0x0018, "ldc.i4.2", IL_OPERAND_NONE, 0 },
	{ 0x0019, "ldc.i4.3", IL_OPERAND_NONE, 0 },
	{ 0x001a, "ldc.i4.4", IL_OPERAND_NONE, 0 },
	{ 0x001b, "ldc.i4.5", IL_OPERAND_NONE, 0 },
	{ 0x001c, "ldc.i4.6", IL_OPERAND_NONE, 0 },
	{ 0x001d, "ldc.i4.7", IL_OPERAND_NONE, 0 },
	{ 0x001e, "ldc.i4.8", IL_OPERAND_NONE, 0 },
	{ 0x001f, "ldc.i4.s", IL_OPERAND_INTEGER, 1 },
	{ 0x0020, "ldc.i4", IL_OPERAND_INTEGER, 4 },
	{ 0x0021, "ldc.i8", IL_OPERAND_INTEGER, 8 },
	{ 0x0022, "ldc.r4", IL_OPERAND_REAL, 4 },
	{ 0x0023, "ldc.r8", IL_OPERAND_REAL, 8 },
	{ 0x0025, "dup", IL_OPERAND_NONE, 0 },
	{ 0x0026, "pop", IL_OPERAND_NONE, 0 },
	{ 0x0027, "jmp", IL_OPERAND_TOKEN, 4 },
	{ 0x0028, "call", IL_OPERAND_TOKEN, 4 },
	{ 0x0029, "calli", IL_OPERAND_SIGNATURE, 4 },
	{ 0x002a, "ret", IL_OPERAND_NONE, 0 },
	{ 0x002b, "br.s", IL_OPERAND_BRANCH, 1 },
	{ 0x002c, "brfalse.s", IL_OPERAND_BRANCH, 1 },
	{ 0x002d, "brtrue.s", IL_OPERAND_BRANCH, 1 },
	{ 0x002e, "beq.s", IL_OPERAND_BRANCH, 1 },
	{ 0x002f, "bge.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0030, "bgt.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0031, "ble.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0032, "blt.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0033, "bne.un.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0034, "bge.un.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0035, "bgt.un.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0036, "ble.un.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0037, "blt.un.s", IL_OPERAND_BRANCH, 1 },
	{ 0x0038, "br", IL_OPERAND_BRANCH, 4 },
	{ 0x0039, "brfalse", IL_OPERAND_BRANCH, 4 },
	{ 0x003a, "brtrue", IL_OPERAND_BRANCH, 4 },
	{ 0x003b, "beq", IL_OPERAND_BRANCH, 4 },
	{ 0x003c, "bge", IL_OPERAND_BRANCH, 4 },
	{ 0x003d, "bgt", IL_OPERAND_BRANCH, 4 },
	{ 0x003e, "ble", IL_OPERAND_BRANCH, 4 },
	{ 0x003f, "blt", IL_OPERAND_BRANCH, 4 },
	{ 0x0040, "bne.un", IL_OPERAND_BRANCH, 4 },
	{ 0x0041, "bge.un", IL_OPERAND_BRANCH, 4 },
	{ 0x0042, "bgt.un", IL_OPERAND_BRANCH, 4 },
	{ 0x0043, "ble.un", IL_OPERAND_BRANCH, 4 },
	{ 0x0044, "blt.un", IL_OPERAND_BRANCH, 4 },
	{ 0x0045, "switch", IL_OPERAND_SWITCH, 4 },
	{ 0x0046, "ldind.i1", IL_OPERAND_NONE, 0 },
	{ 0x0047, "ldind.u1", IL_OPERAND_NONE, 0 },
	{ 0x0048, "ldind.i2", IL_OPERAND_NONE, 0 },
	{ 0x0049, "ldind.u2", IL_OPERAND_NONE, 0 },
	{ 0x004a, "ldind.i4", IL_OPERAND_NONE, 0 },
	{ 0x004b, "ldind.u4", IL_OPERAND_NONE, 0 },
	{ 0x004c, "ldind.i8", IL_OPERAND_NONE, 0 },
	{ 0x004d, "ldind.i", IL_OPERAND_NONE, 0 },
	{ 0x004e, "ldind.r4", IL_OPERAND_NONE, 0 },
	{ 0x004f, "ldind.r8", IL_OPERAND_NONE, 0 },
	{ 0x0050, "ldind.ref", IL_OPERAND_NONE, 0 },
	{ 0x0051, "stind.ref", IL_OPERAND_NONE, 0 },
	{ 0x0052, "stind.i1", IL_OPERAND_NONE, 0 },
	{ 0x0053, "stind.i2", IL_OPERAND_NONE, 0 },
	{ 0x0054, "stind.i4", IL_OPERAND_NONE, 0 },
	{ 0x0055, "stind.i8", IL_OPERAND_NONE, 0 },
	{ 0x0056, "stind.r4", IL_OPERAND_NONE, 0 },
	{ 0x0057, "stind.r8", IL_OPERAND_NONE, 0 },
	{ 0x0058, "add", IL_OPERAND_NONE, 0 },
	{ 0x0059, "sub", IL_OPERAND_NONE, 0 },
	{ 0x005a, "mul", IL_OPERAND_NONE, 0 },
	{ 0x005b, "div", IL_OPERAND_NONE, 0 },
	{ 0x005c, "div.un", IL_OPERAND_NONE, 0 },
	{ 0x005d, "rem", IL_OPERAND_NONE, 0 },
	{ 0x005e, "rem.un", IL_OPERAND_NONE, 0 },
	{ 0x005f, "and", IL_OPERAND_NONE, 0 },
	{ 0x0060, "or", IL_OPERAND_NONE, 0 },
	{ 0x0061, "xor", IL_OPERAND_NONE, 0 },
	{ 0x0062, "shl", IL_OPERAND_NONE, 0 },
	{ 0x0063, "shr", IL_OPERAND_NONE, 0 },
	{ 0x0064, "shr.un", IL_OPERAND_NONE, 0 },
	{ 0x0065, "neg", IL_OPERAND_NONE, 0 },
	{ 0x0066, "not", IL_OPERAND_NONE, 0 },
	{ 0x0067, "conv.i1", IL_OPERAND_NONE, 0 },
	{ 0x0068, "conv.i2", IL_OPERAND_NONE, 0 },
	{ 0x0069, "conv.i4", IL_OPERAND_NONE, 0 },
	{ 0x006a, "conv.i8", IL_OPERAND_NONE, 0 },
	{ 0x006b, "conv.r4", IL_OPERAND_NONE, 0 },
	{ 0x006c, "conv.r8", IL_OPERAND_NONE, 0 },
	{ 0x006d, "conv.u4", IL_OPERAND_NONE, 0 },
	{ 0x006e, "conv.u8", IL_OPERAND_NONE, 0 },
	{ 0x006f, "callvirt", IL_OPERAND_TOKEN, 4 },
	{ 0x0070, "cpobj", IL_OPERAND_TOKEN, 4 },
	{ 0x0071, "ldobj", IL_OPERAND_TOKEN, 4 },
	{ 0x0072, "ldstr", IL_OPERAND_STRING, 4 },
	{ 0x0073, "newobj", IL_OPERAND_TOKEN, 4 },
	{ 0x0074, "castclass", IL_OPERAND_TOKEN, 4 },
	{ 0x0075, "isinst", IL_OPERAND_TOKEN, 4 },
	{ 0x0076, "conv.r.un", IL_OPERAND_NONE, 0 },
	{ 0x0079, "unbox", IL_OPERAND_TOKEN, 4 },
	{ 0x007a, "throw", IL_OPERAND_NONE, 0 },
	{ 0x007b, "ldfld", IL_OPERAND_TOKEN, 4 },
	{ 0x007c, "ldflda", IL_OPERAND_TOKEN, 4 },
	{ 0x007d, "stfld", IL_OPERAND_TOKEN, 4 },
	{ 0x007e, "ldsfld", IL_OPERAND_TOKEN, 4 },
	{ 0x007f, "ldsflda", IL_OPERAND_TOKEN, 4 },
	{ 0x0080, "stsfld", IL_OPERAND_TOKEN, 4 },
	{ 0x0081, "stobj", IL_OPERAND_TOKEN, 4 },
	{ 0x0082, "conv.ovf.i1.un", IL_OPERAND_NONE, 0 },
	{ 0x0083, "conv.ovf.i2.un", IL_OPERAND_NONE, 0 },
	{ 0x0084, "conv.ovf.i4.un", IL_OPERAND_NONE, 0 },
	{ 0x0085, "conv.ovf.i8.un", IL_OPERAND_NONE, 0 },
	{ 0x0086, "conv.ovf.u1.un", IL_OPERAND_NONE, 0 },
	{ 0x0087, "conv.ovf.u2.un", IL_OPERAND_NONE, 0 },
	{ 0x0088, "conv.ovf.u4.un", IL_OPERAND_NONE, 0 },
	{ 0x0089, "conv.ovf.u8.un", IL_OPERAND_NONE, 0 },
	{ 0x008a, "conv.ovf.i.un", IL_OPERAND_NONE, 0 },
	{ 0x008b, "conv.ovf.u.un", IL_OPERAND_NONE, 0 },
	{ 0x008c, "box", IL_OPERAND_TOKEN, 4 },
	{ 0x008d, "newarr", IL_OPERAND_TOKEN, 4 },
	{ 0x008e, "ldlen", IL_OPERAND_NONE, 0 },
	{ 0x008f, "ldelema", IL_OPERAND_TOKEN, 4 },
	{ 0x0090, "ldelem.i1", IL_OPERAND_NONE, 0 },
	{ 0x0091, "ldelem.u1", IL_OPERAND_NONE, 0 },
	{ 0x0092, "ldelem.i2", IL_OPERAND_NONE, 0 },
	{ 0x0093, "ldelem.u2", IL_OPERAND_NONE, 0 },
	{ 0x0094, "ldelem.i4", IL_OPERAND_NONE, 0 },
	{ 0x0095, "ldelem.u4", IL_OPERAND_NONE, 0 },
	{ 0x0096, "ldelem.i8", IL_OPERAND_NONE, 0 },
	{ 0x0097, "ldelem.i", IL_OPERAND_NONE, 0 },
	{ 0x0098, "ldelem.r4", IL_OPERAND_NONE, 0 },
	{ 0x0099, "ldelem.r8", IL_OPERAND_NONE, 0 },
	{ 0x009a, "ldelem.ref", IL_OPERAND_NONE, 0 },
	{ 0x009b, "stelem.i", IL_OPERAND_NONE, 0 },
	{ 0x009c, "stelem.i1", IL_OPERAND_NONE, 0 },
	{ 0x009d, "stelem.i2", IL_OPERAND_NONE, 0 },
	{ 0x009e, "stelem.i4", IL_OPERAND_NONE, 0 },
	{ 0x009f, "stelem.i8", IL_OPERAND_NONE, 0 },
	{ 0x00a0, "stelem.r4", IL_OPERAND_NONE, 0 },
	{ 0x00a1, "stelem.r8", IL_OPERAND_NONE, 0 },
	{ 0x00a2, "stelem.ref", IL_OPERAND_NONE, 0 },
	{ 0x00a3, "ldelem", IL_OPERAND_TOKEN, 4 },
	{ 0x00a4, "stelem", IL_OPERAND_TOKEN, 4 },
	{ 0x00a5, "unbox.any", IL_OPERAND_TOKEN, 4 },
	{ 0x00b3, "conv.ovf.i1", IL_OPERAND_NONE, 0 },
	{ 0x00b4, "conv.ovf.u1", IL_OPERAND_NONE, 0 },
	{ 0x00b5, "conv.ovf.i2", IL_OPERAND_NONE, 0 },
	{ 0x00b6, "conv.ovf.u2", IL_OPERAND_NONE, 0 },
	{ 0x00b7, "conv.ovf.i4", IL_OPERAND_NONE, 0 },
	{ 0x00b8, "conv.ovf.u4", IL_OPERAND_NONE, 0 },
	{ 0x00b9, "conv.ovf.i8", IL_OPERAND_NONE, 0 },
	{ 0x00ba, "conv.ovf.u8", IL_OPERAND_NONE, 0 },
	{ 0x00c2, "refanyval", IL_OPERAND_TOKEN, 4 },
	{ 0x00c3, "ckfinite", IL_OPERAND_NONE, 0 },
	{ 0x00c6, "mkrefany", IL_OPERAND_TOKEN, 4 },
	{ 0x00d0, "ldtoken", IL_OPERAND_TOKEN, 4 },
	{ 0x00d1, "conv.u2", IL_OPERAND_NONE, 0 },
	{ 0x00d2, "conv.u1", IL_OPERAND_NONE, 0 },
	{ 0x00d3, "conv.i", IL_OPERAND_NONE, 0 },
	{ 0x00d4, "conv.ovf.i", IL_OPERAND_NONE, 0 },
	{ 0x00d5, "conv.ovf.u", IL_OPERAND_NONE, 0 },
	{ 0x00d6, "add.ovf", IL_OPERAND_NONE, 0 },
	{ 0x00d7, "add.ovf.un", IL_OPERAND_NONE, 0 },
	{ 0x00d8, "mul.ovf", IL_OPERAND_NONE, 0 },
	{ 0x00d9, "mul.ovf.un", IL_OPERAND_NONE, 0 },
	{ 0x00da, "sub.ovf", IL_OPERAND_NONE, 0 },
	{ 0x00db, "sub.ovf.un", IL_OPERAND_NONE, 0 },
	{ 0x00dc, "endfinally", IL_OPERAND_NONE, 0 },
	{ 0x00dd, "leave", IL_OPERAND_BRANCH, 4 },
	{ 0x00de, "leave.s", IL_OPERAND_BRANCH, 1 },
	{ 0x00df, "stind.i", IL_OPERAND_NONE, 0 },
	{ 0x00e0, "conv.u", IL_OPERAND_NONE, 0 },
	{ 0xfe00, "arglist", IL_OPERAND_NONE, 0 },
	{ 0xfe01, "ceq", IL_OPERAND_NONE, 0 },
	{ 0xfe02, "cgt", IL_OPERAND_NONE, 0 },
	{ 0xfe03, "cgt.un", IL_OPERAND_NONE, 0 },
	{ 0xfe04, "clt", IL_OPERAND_NONE, 0 },
	{ 0xfe05, "clt.un", IL_OPERAND_NONE, 0 },
	{ 0xfe06, "ldftn", IL_OPERAND_TOKEN, 4 },
	{ 0xfe07, "ldvirtftn", IL_OPERAND_TOKEN, 4 },
	{ 0xfe09, "ldarg", IL_OPERAND_VARIABLE, 2 },
	{ 0xfe0a, "ldarga", IL_OPERAND_VARIABLE, 2 },
	{ 0xfe0b, "starg", IL_OPERAND_VARIABLE, 2 },
	{ 0xfe0c, "ldloc", IL_OPERAND_VARIABLE, 2 },
	{ 0xfe0d, "ldloca", IL_OPERAND_VARIABLE, 2 },
	{ 0xfe0e, "stloc", IL_OPERAND_VARIABLE, 2 },
	{ 0xfe0f, "localloc", IL_OPERAND_NONE, 0 },
	{ 0xfe11, "endfilter", IL_OPERAND_NONE, 0 },
	{ 0xfe12, "unaligned.", IL_OPERAND_INTEGER, 1 },
	{ 0xfe13, "volatile.", IL_OPERAND_NONE, 0 },
	{ 0xfe14, "tail.", IL_OPERAND_NONE, 0 },
	{ 0xfe15, "initobj", IL_OPERAND_TOKEN, 4 },
	{ 0xfe16, "constrained.", IL_OPERAND_TOKEN, 4 },
	{ 0xfe17, "cpblk", IL_OPERAND_NONE, 0 },
	{ 0xfe18, "initblk", IL_OPERAND_NONE, 0 },
	{ 0xfe1a, "rethrow", IL_OPERAND_NONE, 0 },
	{ 0xfe1c, "sizeof", IL_OPERAND_TOKEN, 4 },
	{ 0xfe1d, "refanytype", IL_OPERAND_NONE, 0 },
	{ 0xfe1e, "readonly.", IL_OPERAND_NONE, 0 },
};

enum { TWO_BYTES = 0xfe };

static const struct opcode *opcode_find(unsigned code)
{
	size_t at = SEARCH_FIRST(COUNT_OF(opcodes), i, opcodes[i].code >= code);
	return at < COUNT_OF(opcodes) && opcodes[at].code == code ? &opcodes[at] : NULL;
}

static uint64_t load_operand(const uint8_t *bytes, unsigned size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? (uint64_t)(int64_t)(int8_t)bytes[0] : bytes[0];
	case 2:
		return load_u16(bytes);
	case 4:
		return is_signed ? (uint64_t)(int64_t)(int32_t)load_u32(bytes) : load_u32(bytes);
	case 8:
		return load_u64(bytes);
	default:
		return 0;
	}
}

bool il_listing_next(const uint8_t *il, size_t size, size_t *position, struct il_instruction *ret)
{
	size_t at = *position;
	*ret = (struct il_instruction){ .offset = (uint32_t)at };
	if (at >= size)
		return false;
	unsigned code = il[at++];
	if (code == TWO_BYTES && at < size)
		code = code << 8 | il[at++];
	const struct opcode *opcode = opcode_find(code);
	if (!opcode || opcode->operand_size > size - at)
		return false;
	bool is_signed =
		opcode->operand == IL_OPERAND_INTEGER || opcode->operand == IL_OPERAND_BRANCH;
	ret->name = opcode->name;
	ret->operand = opcode->operand;
	ret->operand_size = opcode->operand_size;
	ret->bits = load_operand(il + at, opcode->operand_size, is_signed);
	at += opcode->operand_size;
	if (ret->operand == IL_OPERAND_SWITCH) {
		if (ret->bits > (size - at) / sizeof(uint32_t))
			return false;
		ret->targets = il + at;
		at += ret->bits * sizeof(uint32_t);
	}
	if (ret->operand == IL_OPERAND_BRANCH)
		ret->bits += at;
	ret->end = (uint32_t)at;
	*position = at;
	return true;
}

uint32_t il_switch_target(const struct il_instruction *instruction, uint32_t index)
{
	return instruction->end + load_u32(instruction->targets + index * sizeof(uint32_t));
}
