#include "attach/register_set.h"

#include "base/bytes.h"
#include "base/list.h"

/* name, offset in the notes, offset in CONTEXT, size */
static const struct register_definition x64_registers[] = {
	{ "cs", 136, 0x38, 2 },     { "ds", 184, 0x3a, 2 },  { "es", 192, 0x3c, 2 },
	{ "fs", 200, 0x3e, 2 },     { "gs", 208, 0x40, 2 },  { "ss", 160, 0x42, 2 },
	{ "eflags", 144, 0x44, 4 }, { "rax", 80, 0x78, 8 },  { "rcx", 88, 0x80, 8 },
	{ "rdx", 96, 0x88, 8 },     { "rbx", 40, 0x90, 8 },  { "rsp", 152, 0x98, 8 },
	{ "rbp", 32, 0xa0, 8 },     { "rsi", 104, 0xa8, 8 }, { "rdi", 112, 0xb0, 8 },
	{ "r8", 72, 0xb8, 8 },      { "r9", 64, 0xc0, 8 },   { "r10", 56, 0xc8, 8 },
	{ "r11", 48, 0xd0, 8 },     { "r12", 24, 0xd8, 8 },  { "r13", 16, 0xe0, 8 },
	{ "r14", 8, 0xe8, 8 },      { "r15", 0, 0xf0, 8 },   { "rip", 128, 0xf8, 8 },
};

static const struct register_definition arm64_registers[] = {
	{ "cpsr", 264, 0x4, 4 }, { "x0", 0, 0x8, 8 },     { "x1", 8, 0x10, 8 },
	{ "x2", 16, 0x18, 8 },   { "x3", 24, 0x20, 8 },   { "x4", 32, 0x28, 8 },
	{ "x5", 40, 0x30, 8 },   { "x6", 48, 0x38, 8 },   { "x7", 56, 0x40, 8 },
	{ "x8", 64, 0x48, 8 },   { "x9", 72, 0x50, 8 },   { "x10", 80, 0x58, 8 },
	{ "x11", 88, 0x60, 8 },  { "x12", 96, 0x68, 8 },  { "x13", 104, 0x70, 8 },
	{ "x14", 112, 0x78, 8 }, { "x15", 120, 0x80, 8 }, { "x16", 128, 0x88, 8 },
	{ "x17", 136, 0x90, 8 }, { "x18", 144, 0x98, 8 }, { "x19", 152, 0xa0, 8 },
	{ "x20", 160, 0xa8, 8 }, { "x21", 168, 0xb0, 8 }, { "x22", 176, 0xb8, 8 },
	{ "x23", 184, 0xc0, 8 }, { "x24", 192, 0xc8, 8 }, { "x25", 200, 0xd0, 8 },
	{ "x26", 208, 0xd8, 8 }, { "x27", 216, 0xe0, 8 }, { "x28", 224, 0xe8, 8 },
	{ "fp", 232, 0xf0, 8 },  { "lr", 240, 0xf8, 8 },  { "sp", 248, 0x100, 8 },
	{ "pc", 256, 0x108, 8 },
};

static const struct register_set x64 = { x64_registers, COUNT_OF(x64_registers), 23, 11, 12 };
static const struct register_set arm64 = { arm64_registers, COUNT_OF(arm64_registers), 33, 32, 30 };

const struct register_set *register_set(const struct architecture *architecture)
{
	if (architecture == &architecture_x64)
		return &x64;
	return architecture == &architecture_arm64 ? &arm64 : NULL;
}

bool register_read(const struct target_thread *thread, const struct register_definition *which,
		   uint64_t *ret)
{
	if (!thread->registers || which->offset + sizeof(*ret) > thread->registers_size)
		return false;
	uint64_t value = load_u64(thread->registers + which->offset);
	*ret = which->size < sizeof(value) ? value & ((1ull << which->size * 8) - 1) : value;
	return true;
}
