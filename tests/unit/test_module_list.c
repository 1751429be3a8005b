#include "base/list.h"
#include "dump/images/module_list.h"
#include "tests/unit/core_builder.h"
#include "tests/unit/tap.h"

static const struct module_symbol symbols[] = {
	{ "imported", 0, 0, true },
	{ "g_dacTable", 0x2000, 1032, false },
	{ "DotNetRuntimeContractDescriptor", 0x1300, 40, false },
	{ "coreclr_initialize", 0x100, 16, false },
	{ "another_one", 0x110, 16, false },
	{ NULL, 0, 0, false },
};

static const struct module_shape library = { .machine = EM_X86_64,
					     .bias = 0x7f0000000000,
					     .relocated = true,
					     .build_id = 0xab,
					     .writable = true,
					     .symbols = symbols };

#define SCENE(fake, arena, list)                                                                   \
	CLEANUP(fake_target_cleanup)                                                               \
	struct fake_target *fake = fake_target_new(&architecture_x64);                             \
	CLEANUP(arena_deinit) struct arena arena;                                                  \
	arena_init(&arena);                                                                        \
	struct module_list list = { .count = 0 }

TEST(a_module_is_found_by_its_mappings)
{
	SCENE(fake, arena, list);
	module_place(fake, &library, "/usr/lib/libcoreclr.so");
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	REQUIRE(list.count == 1);
	const struct elf_module *module = &list.modules[0];
	CHECK_TEXT(module->path, "/usr/lib/libcoreclr.so");
	CHECK_NUMBER(module->base, library.bias);
	CHECK_NUMBER(module->end, library.bias + MODULE_BSS_END); /* beyond the last mapping */
	CHECK_NUMBER(module->bias, library.bias);
	CHECK_NUMBER(module->dynamic, library.bias + MODULE_DYNAMIC);
	CHECK_NUMBER(module->relro, library.bias + MODULE_DATA);
	CHECK_NUMBER(module->relro_end, library.bias + MODULE_RELRO_END);
	REQUIRE(module->build_id_size == 20);
	CHECK_NUMBER(module->build_id[19], 0xab);
}

TEST(a_program_linked_at_an_address)
{
	SCENE(fake, arena, list);
	struct module_shape program = library;
	program.bias = 0;
	program.link_vaddr = 0x400000;
	module_place(fake, &program, "/app/program");
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	REQUIRE(list.count == 1);
	CHECK_NUMBER(list.modules[0].bias, 0);
	CHECK_NUMBER(list.modules[0].base, 0x400000);
	CHECK_NUMBER(list.modules[0].dynamic, 0x400000 + MODULE_DYNAMIC);
}

TEST(data_may_stand_elsewhere_than_in_the_file)
{
	SCENE(fake, arena, list);
	struct module_shape shape = library;
	shape.machine = EM_AARCH64;
	shape.data_shift = 0x20000; /* two pages of 64 KiB, as arm64's libcoreclr */
	fake->base.architecture = &architecture_arm64;
	module_place(fake, &shape, "/usr/lib/libcoreclr.so");
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	REQUIRE(list.count == 1);
	uint64_t address = 0;
	CHECK_NUMBER(list.modules[0].end, shape.bias + 0x20000 + MODULE_BSS_END);
	CHECK_NUMBER(list.modules[0].dynamic, shape.bias + 0x20000 + MODULE_DYNAMIC);
	CHECK(elf_module_symbol(&fake->base, &list.modules[0], "g_dacTable", &address));
	CHECK_NUMBER(address, shape.bias + 0x2000);
}

TEST(symbols_of_glibc_and_of_musl)
{
	for (int relocated = 0; relocated < 2; relocated++) {
		SCENE(fake, arena, list);
		struct module_shape shape = library;
		struct elf_symbol symbol;
		shape.relocated = relocated;
		module_place(fake, &shape, "/lib/x.so");
		CHECK_OK(module_list_read(&fake->base, &arena, &list));
		REQUIRE(list.count == 1);
		for (const struct module_symbol *one = symbols; one->name; one++) {
			enum elf_symbol_answer answer = elf_module_find_symbol(
				&fake->base, &list.modules[0], one->name, &symbol);
			CHECK_NUMBER(answer, one->undefined ? ELF_SYMBOL_ABSENT : ELF_SYMBOL_FOUND);
			if (answer != ELF_SYMBOL_FOUND)
				continue;
			CHECK_NUMBER(symbol.address, shape.bias + one->vaddr);
			CHECK_NUMBER(symbol.size, one->size);
		}
		CHECK_NUMBER(elf_module_find_symbol(&fake->base, &list.modules[0], "no_such_symbol",
						    &symbol),
			     ELF_SYMBOL_ABSENT);
	}
}

/* A target that lacks the tables' page must not say "not exported". */
TEST(symbols_that_cannot_be_read)
{
	SCENE(fake, arena, list);
	struct elf_symbol symbol;
	struct elf_module module = { .base = library.bias,
				     .end = library.bias + MODULE_BSS_END,
				     .bias = library.bias };
	uint8_t image[MODULE_BYTES];
	module_build(&library, image);
	(void)list, (void)arena;
	CHECK_NUMBER(elf_module_find_symbol(&fake->base, &module, "g_dacTable", &symbol),
		     ELF_SYMBOL_UNREADABLE); /* no PT_DYNAMIC */
	module.dynamic = library.bias + MODULE_DYNAMIC;
	CHECK_NUMBER(elf_module_find_symbol(&fake->base, &module, "g_dacTable", &symbol),
		     ELF_SYMBOL_UNREADABLE); /* none of it in the target */
	fake_target_bytes(fake, library.bias + MODULE_DATA, image + MODULE_DATA, 0x1000);
	CHECK_NUMBER(elf_module_find_symbol(&fake->base, &module, "g_dacTable", &symbol),
		     ELF_SYMBOL_UNREADABLE); /* .dynamic alone */
	fake_target_bytes(fake, library.bias, image, 0x600);
	CHECK_NUMBER(elf_module_find_symbol(&fake->base, &module, "g_dacTable", &symbol),
		     ELF_SYMBOL_UNREADABLE); /* and no hash table */
}

/* Damaged tables end in an answer, whatever they hold. */
TEST(damaged_symbol_tables)
{
	for (size_t at = 0x600; at < 0x640; at += 4) {
		static const uint32_t values[] = { 0, 1, 0x7fffffff, UINT32_MAX };
		for (size_t i = 0; i < COUNT_OF(values); i++) {
			SCENE(fake, arena, list);
			uint64_t address = 0;
			module_place(fake, &library, "/lib/x.so");
			fake_put(fake, library.bias + at, values[i], 4);
			CHECK_OK(module_list_read(&fake->base, &arena, &list));
			REQUIRE(list.count == 1);
			if (elf_module_symbol(&fake->base, &list.modules[0], "g_dacTable",
					      &address))
				CHECK_NUMBER(address, library.bias + 0x2000);
		}
	}
}

TEST(what_is_no_module_is_left_out)
{
	SCENE(fake, arena, list);
	struct module_shape other = library;
	uint8_t image[MODULE_BYTES];
	module_place(fake, &library, "/usr/lib/libcoreclr.so");
	/* a managed file; a file that begins with zeros; a mapping that is not in the target */
	fake_target_bytes(fake, 0x10000, "MZ", 2);
	fake_target_mapping(fake, 0x10000, 0x11000, 0, "/app/app.dll");
	fake_target_zeros(fake, 0x20000, 0x1000);
	fake_target_mapping(fake, 0x20000, 0x21000, 0, "/app/data");
	fake_target_mapping(fake, 0x30000, 0x31000, 0, "/lib/absent.so");
	/* a library of another machine; one mapped as data: its writable part is not where it
	 * belongs */
	other.machine = EM_AARCH64;
	other.bias = 0x40000;
	module_place(fake, &other, "/lib/arm.so");
	module_build(&library, image);
	fake_target_bytes(fake, 0x50000, image, sizeof(image));
	fake_target_mapping(fake, 0x50000, 0x51000, 0, "/usr/lib/libcoreclr.so");
	fake_target_mapping(fake, 0x51000, 0x52000, 0, "/usr/lib/libcoreclr.so");
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	CHECK_NUMBER(list.count, 1);
}

TEST(modules_are_ascending_and_each_is_there_once)
{
	SCENE(fake, arena, list);
	struct module_shape one = library, two = library;
	one.bias = 0x20000;
	two.bias = 0x10000;
	two.writable = false;
	module_place(fake, &one, "/lib/one.so");
	module_place(fake, &two, "/lib/two.so");
	fake_target_mapping(fake, 0x20000, 0x21000, 0, "/lib/one.so");
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	REQUIRE(list.count == 2);
	CHECK_TEXT(list.modules[0].path, "/lib/two.so");
	CHECK_TEXT(list.modules[1].path, "/lib/one.so");
}

/* The executable of a single-file app: mapped in many pieces, also below its own image. */
TEST(a_single_file_program_is_based_at_file_offset_0)
{
	SCENE(fake, arena, list);
	struct module_shape program = library;
	program.bias = 0x555500000000;
	module_place(fake, &program, "/app/single");
	for (uint64_t i = 1; i < 20; i++) {
		fake_target_zeros(fake, 0x100000 * i, 0x1000);
		fake_target_mapping(fake, 0x100000 * i, 0x100000 * i + 0x1000, 0x8000 * i,
				    "/app/single");
	}
	fake_target_auxv(fake, AT_ENTRY, program.bias + 0x100);
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	REQUIRE(list.count == 1);
	CHECK_NUMBER(list.modules[0].base, program.bias);
	CHECK(module_list_main(&fake->base, &list) == &list.modules[0]);
}

TEST(the_main_program)
{
	SCENE(fake, arena, list);
	struct module_shape program = library;
	program.bias = 0x555500000000;
	module_place(fake, &library, "/usr/lib/libcoreclr.so.1");
	module_place(fake, &program, "/app/program");
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	REQUIRE(list.count == 2);
	const struct elf_module *module = module_list_main(&fake->base, &list);
	REQUIRE(module);
	CHECK_TEXT(module->path, "/app/program"); /* by its name */
	fake_target_auxv(fake, AT_PHDR, library.bias + 64);
	module = module_list_main(&fake->base, &list);
	REQUIRE(module);
	CHECK_TEXT(module->path, "/usr/lib/libcoreclr.so.1");
	fake_target_auxv(fake, AT_ENTRY, program.bias + 0x100);
	module = module_list_main(&fake->base, &list);
	REQUIRE(module);
	CHECK_TEXT(module->path, "/app/program");
	list.count = 0;
	CHECK(!module_list_main(&fake->base, &list));
}

/* ---- without NT_FILE: AT_PHDR -> DT_DEBUG -> link_map ---- */

enum { R_DEBUG = 0x600000, NODES = 0x601000, NAMES = 0x602000 };
static const uint64_t program_bias = 0x555500000000;

static void put_node(struct fake_target *fake, uint64_t i, uint64_t address, uint64_t next,
		     uint64_t previous)
{
	uint64_t node = NODES + i * 0x40;
	fake_put(fake, node, address, 8);
	fake_put(fake, node + 8, NAMES + i * 0x20, 8);
	fake_put(fake, node + 24, next, 8);
	fake_put(fake, node + 32, previous, 8);
}

static void place_linked(struct fake_target *fake)
{
	struct module_shape program = library;
	program.bias = program_bias;
	program.debug = R_DEBUG;
	program.build_id = 0xcd;
	module_place(fake, &program, "");
	module_place(fake, &library, "");
	fake_target_zeros(fake, R_DEBUG, 0x3000);
	fake_put(fake, R_DEBUG, 1, 4);
	fake_put(fake, R_DEBUG + 8, NODES, 8);
	put_node(fake, 0, program.bias, NODES + 0x40, 0);
	put_node(fake, 1, 0x123000, NODES + 0x80, NODES); /* nothing can be read there */
	put_node(fake, 2, library.bias, 0, NODES + 0x40);
	fake_put_bytes(fake, NAMES + 0x40, "/usr/lib/libcoreclr.so", 23);
	fake_put_bytes(fake, NAMES + 0x100, "/app/program", 13);
	fake_target_auxv(fake, AT_EXECFN, NAMES + 0x100);
	fake_target_auxv(fake, AT_PHDR, program.bias + 64);
	for (size_t i = 0; i < fake->mapping_count; i++)
		scenery_free((char *)fake->mappings[i].path);
	fake->mapping_count = 0;
}

TEST(modules_of_the_dynamic_linkers_list)
{
	SCENE(fake, arena, list);
	place_linked(fake);
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	REQUIRE(list.count == 2);
	CHECK_TEXT(list.modules[0].path, "/app/program");
	CHECK_NUMBER(list.modules[0].bias, program_bias);
	CHECK_NUMBER(list.modules[0].build_id[0], 0xcd);
	CHECK_TEXT(list.modules[1].path, "/usr/lib/libcoreclr.so");
	CHECK_NUMBER(list.modules[1].end, library.bias + MODULE_BSS_END);
}

TEST(a_cyclic_list_ends)
{
	/* the last node leads back to the first, to itself, to the second; the first has a previous
	 */
	for (uint64_t i = 0; i < 4; i++) {
		SCENE(fake, arena, list);
		place_linked(fake);
		if (i < 3)
			put_node(fake, 2, library.bias,
				 NODES + (i == 0   ? 0
					  : i == 1 ? 2
						   : 1) *
						 0x40,
				 NODES + 0x40);
		else
			put_node(fake, 0, program_bias, NODES + 0x40, NODES + 0x80);
		CHECK_OK(module_list_read(&fake->base, &arena, &list));
		CHECK_NUMBER(list.count, i < 3 ? 2 : 1);
	}
}

TEST(nothing_to_go_by)
{
	SCENE(fake, arena, list);
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	CHECK_NUMBER(list.count, 0);
	fake_target_auxv(fake, AT_PHDR, 0x40);
	CHECK_OK(module_list_read(&fake->base, &arena, &list));
	CHECK_NUMBER(list.count, 0);
	CHECK_TEXT(path_file_name("/a/b/c.so"), "c.so");
	CHECK_TEXT(path_file_name("c.so"), "c.so");
}

/* A file that is no library by its name may lack its start. */
TEST(libraries_by_their_names)
{
	static const char *const others[] = { "/etc/ld.so.cache", "/x.solv", "/a.sorted",
					      "/lib.so/data",     "/app/so", "/lib/x.so." };
	CHECK(path_is_library("/lib/libc.so"));
	CHECK(path_is_library("/lib/libc.so.6"));
	CHECK(path_is_library("/lib/libc.so (deleted)"));
	CHECK(path_is_library("/lib/x.sorted.so"));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		CHECK(!path_is_library(others[i]));
	for (int library_lacks = 0; library_lacks < 2; library_lacks++) {
		SCENE(fake, arena, list);
		fake_target_mapping(fake, 0x30000, 0x31000, 0,
				    library_lacks ? "/lib/x.so.1" : "/etc/ld.so.cache");
		CHECK_OK(module_list_read(&fake->base, &arena, &list));
		CHECK_NUMBER(fake->base.lacks, library_lacks ? 0x30000 : 0);
	}
}

/* AT_EXECFN's string is the last of the stack. */
TEST(what_comes_after_a_string_is_not_asked_for)
{
	for (int cut = 0; cut < 2; cut++) {
		SCENE(fake, arena, list);
		place_linked(fake);
		fake_target_zeros(fake, 0x700000, 0x1000);
		uint64_t name = 0x701000 - sizeof("/app/program") + cut; /* cut: its end is away */
		fake_put_bytes(fake, name, "/app/program", sizeof("/app/program") - cut);
		for (size_t i = 0; i < fake->auxv_count; i += 2)
			if (fake->auxv[i] == AT_EXECFN)
				fake->auxv[i + 1] = name;
		put_node(fake, 0, program_bias, 0, 0);
		CHECK_OK(module_list_read(&fake->base, &arena, &list));
		REQUIRE(list.count == 1);
		CHECK_TEXT(list.modules[0].path, "/app/program");
		CHECK_NUMBER(fake->base.lacks, cut ? 0x701000 : 0);
	}
}

/* Every program header field, lying: no module, or one whose range is sane. */
TEST(damaged_program_headers)
{
	static const uint64_t values[] = { 0, 1, 0x7fffffffffffffff, UINT64_MAX,
					   UINT64_MAX - 0xfff };
	for (size_t at = 0; at < 5 * sizeof(Elf64_Phdr); at += 8) {
		for (size_t i = 0; i < COUNT_OF(values); i++) {
			SCENE(fake, arena, list);
			uint64_t address = 0;
			module_place(fake, &library, "/lib/x.so");
			fake_put(fake, library.bias + sizeof(Elf64_Ehdr) + at, values[i], 8);
			CHECK_OK(module_list_read(&fake->base, &arena, &list));
			for (size_t m = 0; m < list.count; m++) {
				CHECK(list.modules[m].base < list.modules[m].end);
				elf_module_symbol(&fake->base, &list.modules[m], "g_dacTable",
						  &address);
			}
		}
	}
}

static const struct tap_case cases[] = {
	CASE(a_module_is_found_by_its_mappings),
	CASE(a_program_linked_at_an_address),
	CASE(data_may_stand_elsewhere_than_in_the_file),
	CASE(symbols_of_glibc_and_of_musl),
	CASE(symbols_that_cannot_be_read),
	CASE_ONCE(damaged_symbol_tables),
	CASE(what_is_no_module_is_left_out),
	CASE(modules_are_ascending_and_each_is_there_once),
	CASE(a_single_file_program_is_based_at_file_offset_0),
	CASE(the_main_program),
	CASE(modules_of_the_dynamic_linkers_list),
	CASE(a_cyclic_list_ends),
	CASE(nothing_to_go_by),
	CASE(libraries_by_their_names),
	CASE(what_comes_after_a_string_is_not_asked_for),
	CASE_ONCE(damaged_program_headers),
};
TAP_MAIN(cases)
