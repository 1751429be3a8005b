/* The address space of a target without a runtime: regions, mapped files, stacks. */
#include "heap/address_space.h"

#include "tests/unit/fake_target.h"
#include "tests/unit/tap.h"

#include <elf.h>

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

static bool is_range(const struct memory_range *range, uint64_t start, uint64_t end,
		     const char *kind)
{
	return range->start == start && range->end == end && !strcmp(memory_kind_name(range), kind);
}

TEST(regions_and_files_are_cut_at_each_other)
{
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	struct address_space space;
	fake_target_bytes(fake, 0x10000, "\177ELF", 4);
	fake_target_zeros(fake, 0x20000, 0x3000);
	fake_target_zeros(fake, 0x30000, 0x1000);
	fake_target_protect(fake, 0x30000, PF_R | PF_X);
	fake_target_mapping(fake, 0x10000, 0x12000, 0, "/lib/a.so");
	fake_target_mapping(fake, 0x21000, 0x22000, 0, "/var/data");
	fake_target_mapping(fake, 0x30000, 0x31000, 0x1000, "/memfd:code (deleted)");
	fake_target_mapping(fake, 0x40000, 0x41000, 0x1000, "/app/b.dll");
	CHECK_OK(address_space_read(&fake->base, NULL, NULL, &arena, &space));
	REQUIRE(space.count == 7);
	CHECK(is_range(&space.ranges[0], 0x10000, 0x10004, "Image"));
	CHECK(is_range(&space.ranges[1], 0x10004, 0x12000, "Image"));
	CHECK(!space.ranges[1].is_readable);
	CHECK_TEXT(memory_protection_name(&space.ranges[1]), "PAGE_UNKNOWN");
	CHECK(is_range(&space.ranges[2], 0x20000, 0x21000, "PAGE_READWRITE"));
	CHECK(is_range(&space.ranges[3], 0x21000, 0x22000, "MAPPED_READWRITE"));
	CHECK(is_range(&space.ranges[4], 0x22000, 0x23000, "PAGE_READWRITE"));
	CHECK(is_range(&space.ranges[5], 0x30000, 0x31000, "MAPPED_EXECUTE_READ"));
	CHECK(is_range(&space.ranges[6], 0x40000, 0x41000, "Image"));
	CHECK_TEXT(space.ranges[6].path, "/app/b.dll");
}

TEST(a_stack_is_where_a_stack_pointer_points)
{
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_arm64);
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	struct address_space space;
	uint64_t registers[34] = { 0 };
	registers[architecture_arm64.stack_pointer] = 0x20ff8;
	fake_target_zeros(fake, 0x20000, 0x1000);
	fake_target_zeros(fake, 0x21000, 0x1000);
	fake_target_thread(fake, 7, 0, registers, sizeof(registers));
	fake_target_thread(fake, 8, 0, registers, 16); /* its notes are cut */
	CHECK_OK(address_space_read(&fake->base, NULL, NULL, &arena, &space));
	REQUIRE(space.count == 2);
	CHECK(is_range(&space.ranges[0], 0x20000, 0x21000, "Stack"));
	CHECK(is_range(&space.ranges[1], 0x21000, 0x22000, "PAGE_READWRITE"));
}

static const struct tap_case cases[] = {
	CASE(regions_and_files_are_cut_at_each_other),
	CASE(a_stack_is_where_a_stack_pointer_points),
};
TAP_MAIN(cases)
