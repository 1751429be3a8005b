/* The rows of the architectures, and registers: what of them is known, and where each is. */
#include "attach/target/registers.h"
#include "dump/core/core_target.h"
#include "tests/unit/tap.h"

#include <elf.h>
#include <errno.h>

static const struct architecture *const rows[] = { &architecture_x64, &architecture_arm64 };

TEST(a_machines_number_finds_its_row)
{
	CHECK(architecture_of_elf_machine(EM_X86_64) == &architecture_x64);
	CHECK(architecture_of_elf_machine(EM_AARCH64) == &architecture_arm64);
	CHECK(!architecture_of_elf_machine(EM_RISCV));
	CHECK(!architecture_of_elf_machine(EM_NONE));
	CHECK(architecture_of_pe_machine(0x8664) == &architecture_x64);
	CHECK(architecture_of_pe_machine(0xfd1d) == &architecture_x64); /* compiled for Linux */
	CHECK(architecture_of_pe_machine(0xaa64) == &architecture_arm64);
	CHECK(architecture_of_pe_machine(0xd11d) == &architecture_arm64);
	CHECK(!architecture_of_pe_machine(0x14c)); /* i386: also of IL alone */
	CHECK_TEXT(architecture_name(&architecture_x64), "x64");
	CHECK_TEXT(architecture_name(&architecture_arm64), "arm64");
	CHECK_TEXT(architecture_name(NULL), "unknown");
	CHECK(architecture_host == &architecture_x64 || architecture_host == &architecture_arm64);
}

static const char *name_of(const struct architecture *row, unsigned number)
{
	return number < row->register_count ? row->registers[number].name : "none";
}

/* System V ABI, AMD64 supplement, figure 3.36; AADWARF64 4.1. */
TEST(dwarf_numbers_the_registers_otherwise)
{
	static const struct {
		const char *name;
		int row, number;
	} known[] = {
		{ "rax", 0, 0 },      { "rdx", 0, 1 },   { "rcx", 0, 2 },  { "rbx", 0, 3 },
		{ "rsi", 0, 4 },      { "rdi", 0, 5 },   { "rbp", 0, 6 },  { "rsp", 0, 7 },
		{ "r8", 0, 8 },       { "r15", 0, 15 },  { "rip", 0, 16 }, { "eflags", 0, 49 },
		{ "gs_base", 0, 59 }, { "none", 0, 17 }, { "x0", 1, 0 },   { "x28", 1, 28 },
		{ "fp", 1, 29 },      { "lr", 1, 30 },   { "sp", 1, 31 },  { "pc", 1, 32 },
		{ "none", 1, 33 },    { "none", 1, -1 },
	};
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		const struct architecture *row = rows[known[i].row];
		unsigned number = architecture_register_of_dwarf(row, (unsigned)known[i].number);
		CHECK_TEXT(name_of(row, number), known[i].name);
	}
}

TEST(a_row_names_its_registers)
{
	static const char *const names[][4] = { { "rip", "rsp", "rbp", "none" },
						{ "pc", "sp", "fp", "lr" } };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_TEXT(name_of(rows[i], rows[i]->instruction_pointer), names[i][0]);
		CHECK_TEXT(name_of(rows[i], rows[i]->stack_pointer), names[i][1]);
		CHECK_TEXT(name_of(rows[i], rows[i]->frame_pointer), names[i][2]);
		CHECK_TEXT(name_of(rows[i], rows[i]->return_address), names[i][3]);
		for (size_t j = 0; j < rows[i]->listed_count; j++)
			CHECK(rows[i]->registers[rows[i]->listed[j]].context_offset != 0);
		for (size_t j = 0; j < rows[i]->register_count; j++)
			CHECK(rows[i]->registers[j].name && rows[i]->registers[j].size);
		CHECK_NUMBER(rows[i]->register_notes[0], NT_PRSTATUS);
	}
	CHECK_NUMBER(architecture_registers_bytes(&architecture_x64), 216);
	CHECK_NUMBER(architecture_registers_bytes(&architecture_arm64), 272);
}

TEST(what_is_not_set_is_not_known)
{
	struct registers registers;
	uint64_t value = 5;
	const struct register_place saved = { REGISTER_IN_MEMORY, 0x7000 };
	registers_init(&registers, &architecture_x64);
	for (unsigned i = 0; i < architecture_x64.register_count; i++) {
		CHECK(!registers_get(&registers, i, &value));
		CHECK_NUMBER(registers_place(&registers, i).kind, REGISTER_NOWHERE);
	}
	CHECK(!registers_pc(&registers, &value) && !registers_sp(&registers, &value));
	CHECK(!registers_fp(&registers, &value) && value == 5);
	registers_set(&registers, architecture_x64.frame_pointer, 0x1234, saved);
	CHECK(registers_fp(&registers, &value) && value == 0x1234);
	struct register_place place = registers_place(&registers, architecture_x64.frame_pointer);
	CHECK(place.kind == REGISTER_IN_MEMORY && place.address == 0x7000);
	CHECK(!registers_sp(&registers, &value));
	registers_forget(&registers, architecture_x64.frame_pointer);
	CHECK(!registers_fp(&registers, &value));
	place = registers_place(&registers, architecture_x64.frame_pointer);
	CHECK(place.kind == REGISTER_NOWHERE && !place.address);
}

TEST(no_register_is_never_known)
{
	struct registers registers;
	uint64_t value;
	registers_init(&registers, NULL);
	CHECK(!registers_pc(&registers, &value) && !registers_sp(&registers, &value));
	CHECK(!registers_fp(&registers, &value));
	registers_init(&registers, &architecture_x64);
	CHECK(!registers_get(&registers, architecture_x64.return_address, &value));
	CHECK_NUMBER(registers_place(&registers, REGISTER_NONE).kind, REGISTER_NOWHERE);
}

/* A caller's registers are made out of its callee's: these stay as they are. */
TEST(a_copy_is_its_own)
{
	struct registers inner, outer;
	uint64_t value;
	uint8_t bytes[34 * REGISTER_BYTES];
	memset(bytes, 7, sizeof(bytes));
	registers_from_prstatus(&inner, &architecture_arm64, bytes, sizeof(bytes));
	outer = inner;
	memset(bytes, 8, sizeof(bytes));
	registers_set(&outer, architecture_arm64.stack_pointer, 0x9000,
		      (struct register_place){ .kind = REGISTER_NOWHERE });
	registers_forget(&outer, 0);
	CHECK(registers_sp(&inner, &value) && value == 0x0707070707070707);
	CHECK(registers_get(&inner, 0, &value) && value == 0x0707070707070707);
	CHECK(registers_sp(&outer, &value) && value == 0x9000);
	CHECK(!registers_get(&outer, 0, &value));
	CHECK(registers_pc(&outer, &value) && value == 0x0707070707070707);
}

/* Of each number as much as its bytes hold, and as counts of it. */
TEST(a_note_is_read_as_far_as_it_goes)
{
	uint8_t bytes[34 * REGISTER_BYTES];
	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		const struct architecture *architecture = rows[row];
		size_t whole = architecture_registers_bytes(architecture);
		for (uint64_t i = 0; i < architecture->register_count; i++)
			memcpy(bytes + i * REGISTER_BYTES, &(uint64_t){ 0x1111111122220000u + i },
			       REGISTER_BYTES);
		for (size_t size = 0; size <= whole; size++) {
			struct registers registers;
			uint64_t known = 0;
			registers_from_prstatus(&registers, architecture, bytes, size);
			for (unsigned i = 0; i < architecture->register_count; i++) {
				uint64_t value, counts = architecture->registers[i].size;
				if (!registers_get(&registers, i, &value))
					continue;
				known++;
				CHECK_NUMBER(registers_place(&registers, i).kind,
					     REGISTER_IN_ITSELF);
				CHECK_NUMBER(value, counts == 8   ? 0x1111111122220000u + i
						    : counts == 4 ? 0x22220000u + i
								  : i);
			}
			CHECK_NUMBER(known, size / REGISTER_BYTES);
		}
	}
}

static void target_cleanup(struct target **target)
{
	target_close(*target);
}

struct seen {
	const struct target *target;
	struct registers first;
	size_t count, whole;
};

static struct error *look(const struct target_thread *thread, void *context)
{
	struct seen *seen = context;
	struct registers registers;
	uint64_t pc, sp, fp;
	registers_of_thread(&registers, seen->target, thread);
	if (!seen->count++)
		seen->first = registers;
	seen->whole += registers_pc(&registers, &pc) && registers_sp(&registers, &sp) &&
		       registers_fp(&registers, &fp) && pc && sp;
	return NULL;
}

struct expected {
	const char *name;
	uint64_t value;
};

/* The first thread's registers outlive the core that they were read from. */
static void check_core(const char *path, const struct architecture *architecture,
		       const struct expected *expected, size_t count)
{
	CLEANUP(target_cleanup) struct target *core = NULL;
	struct seen seen = { 0 };
	struct error *error = core_target_open(path, NULL, &core);
	if (error && error->os_errno == ENOENT) {
		error_free(error);
		SKIP("the sample dumps are not here");
	}
	CHECK_OK(error);
	seen.target = core;
	CHECK_OK(target_visit_threads(core, look, &seen));
	CHECK(core->architecture == architecture);
	CHECK(seen.count > 4 && seen.whole == seen.count);
	target_close(core);
	core = NULL;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 0;
		unsigned number = 0;
		while (number < architecture->register_count &&
		       strcmp(architecture->registers[number].name, expected[i].name) != 0)
			number++;
		CHECK(registers_get(&seen.first, number, &value));
		CHECK_NUMBER(value, expected[i].value);
		CHECK_NUMBER(registers_place(&seen.first, number).kind, REGISTER_IN_ITSELF);
	}
}

/* As eu-readelf -n shows them. */
TEST(a_core_of_x64)
{
	static const struct expected expected[] = {
		{ "rip", 0x00007f5ae5f162ec },
		{ "rsp", 0x00007ffe0c282b00 },
		{ "rbp", 0x00007ffe0c282b50 },
		{ "rax", 0xfffffffffffffe00 },
		{ "rcx", 0x00007f5ae5f162ec },
		{ "rbx", 0x00007f4e8fc153a0 },
		{ "r10", 0x00007f5a65ca5950 },
		{ "r15", 1 },
		{ "cs", 0x33 },
		{ "ss", 0x2b },
		{ "eflags", 0x246 },
		{ "fs_base", 0x00007f5ae62eb740 },
	};
	check_core("tests/dumps/small-mini.core.zst", &architecture_x64, expected,
		   COUNT_OF(expected));
}

TEST(a_core_of_arm64)
{
	static const struct expected expected[] = {
		{ "pc", 0x0000ffffbd6fe834 },  { "sp", 0x0000fffff7a1dca0 },
		{ "fp", 0x0000fffff7a1dca0 },  { "lr", 0x0000ffffbd6fe814 },
		{ "x0", 0x0000aaaaf6c6d09c },  { "x18", 0xfffffffffffffffe },
		{ "x28", 0x0000fffff7a1dcf8 }, { "cpsr", 0x80001000 },
	};
	check_core("tests/dumps/arm64-10.0-mini.core.zst", &architecture_arm64, expected,
		   COUNT_OF(expected));
}

static const struct tap_case cases[] = {
	CASE(a_machines_number_finds_its_row),
	CASE(dwarf_numbers_the_registers_otherwise),
	CASE(a_row_names_its_registers),
	CASE(what_is_not_set_is_not_known),
	CASE(no_register_is_never_known),
	CASE(a_copy_is_its_own),
	CASE(a_note_is_read_as_far_as_it_goes),
	CASE_ONCE(a_core_of_x64),
	CASE_ONCE(a_core_of_arm64),
};
TAP_MAIN(cases)
