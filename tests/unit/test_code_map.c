/* Where a method's code begins, by the maps of code heaps; and what a precode loads. The map of
 * ranges and the images' tables are compared with the oracle's answers over dumps. */
#include "attach/target/architecture.h"
#include "base/bytes.h"
#include "heap/code/nibble_map.h"
#include "tests/unit/tap.h"

/* ExecutionManager.md's own example: code at 304 (0x130) is nibble 5 of bucket 9. */
TEST(the_contracts_example)
{
	static const uint32_t units[] = { 0, 0x05000000, 0, 0 };
	for (int pointers = 0; pointers < 2; pointers++) {
		CHECK_NUMBER(nibble_map_find(units, 4, 304, pointers), 304);
		CHECK_NUMBER(nibble_map_find(units, 4, 306, pointers), 304);
		CHECK_NUMBER(nibble_map_find(units, 4, 302, pointers), UINT64_MAX);
		CHECK_NUMBER(nibble_map_find(units, 4, 0, pointers), UINT64_MAX);
		CHECK_NUMBER(nibble_map_find(units, 4, 511, pointers), 304);
		CHECK_NUMBER(nibble_map_find(units, 4, 600, pointers), 304);
	}
}

TEST(two_methods_in_one_unit)
{
	static const uint32_t units[] = { 0x10030000 }; /* at 0, and at 3 * 32 + 8 */
	CHECK_NUMBER(nibble_map_find(units, 1, 103, false), 0);
	CHECK_NUMBER(nibble_map_find(units, 1, 104, false), 104);
	CHECK_NUMBER(nibble_map_find(units, 1, 95, false), 0);
	CHECK_NUMBER(nibble_map_find(units, 1, 255, false), 104);
}

/* An address before the beginning in its own bucket belongs to the method before. */
TEST(the_bucket_before)
{
	static const uint32_t units[] = { 0x00000001, 0x80000000 }; /* at 224, and at 256 + 28 */
	CHECK_NUMBER(nibble_map_find(units, 2, 256 + 27, false), 224);
	CHECK_NUMBER(nibble_map_find(units, 2, 256 + 28, false), 284);
}

/* A long method: without distances the map is searched backwards, with them the unit says it. */
TEST(a_long_method)
{
	static const uint32_t empty[] = { 0x00000010, 0, 0, 0, 0 };
	static const uint32_t distances[] = { 0x00000010, 0, 0xc9, 0xc9, 0 };
	CHECK_NUMBER(nibble_map_find(empty, 5, 1100, false), 192);
	CHECK_NUMBER(nibble_map_find(distances, 5, 300, true), 192);
	CHECK_NUMBER(nibble_map_find(distances, 5, 700, true), 192);
	CHECK_NUMBER(nibble_map_find(distances, 5, 1100, true), 192);
	/* After an empty unit nothing is known to begin. */
	CHECK_NUMBER(nibble_map_find(empty, 5, 1100, true), UINT64_MAX);
}

TEST(precodes_of_x64)
{
	static const uint8_t fixup[] = { 0xff, 0x25, 0xfa, 0x3f, 0,    0,    0x4c, 0x8b, 0x15, 0xfb,
					 0x3f, 0,    0,    0xff, 0x25, 0xfd, 0x3f, 0,    0 };
	static const uint8_t stub[] = { 0x4c, 0x8b, 0x15, 0xf9, 0x3f, 0, 0,
					0xff, 0x25, 0xfb, 0x3f, 0,    0 };
	CHECK_NUMBER(architecture_x64.stub_data(fixup, sizeof(fixup), 0x10000), 0x14008);
	CHECK_NUMBER(architecture_x64.stub_data(stub, sizeof(stub), 0x10000), 0x14000);
	CHECK_NUMBER(architecture_x64.stub_data(stub, sizeof(stub) - 1, 0x10000), 0);
	CHECK_NUMBER(architecture_x64.stub_data(fixup + 1, sizeof(fixup) - 1, 0x10000), 0);
}

static void put_words(uint8_t *to, uint32_t first, uint32_t second, uint32_t third)
{
	const uint32_t words[] = { first, second, third };
	for (unsigned i = 0; i < 12; i++)
		to[i] = (uint8_t)(words[i / 4] >> i % 4 * 8);
}

TEST(precodes_of_arm64)
{
	uint8_t code[12];
	put_words(code, 0x58020000 + 11, 0xd61f0160, 0x58020000 + 12); /* ldr x11, .+0x4000 … */
	CHECK_NUMBER(architecture_arm64.stub_data(code, sizeof(code), 0x10000), 0x10008 + 0x4000);
	static const uint8_t barrier[] = { 0x0b, 0,    2, 0x58, 0x60, 0x01, 0x1f, 0xd6,
					   0xbf, 0x39, 3, 0xd5, 0xec, 0xff, 0x01, 0x58 };
	CHECK_NUMBER(architecture_arm64.stub_data(barrier, sizeof(barrier), 0x10000),
		     0x1000c + 0x3ffc);
	put_words(code, 0x58020000 + 10, 0x58fffe00 + 12, 0xd61f0140); /* … ldr x12, .-0x40 */
	CHECK_NUMBER(architecture_arm64.stub_data(code, sizeof(code), 0x10000), 0x10004 - 0x40);
	put_words(code, 0x58020000 + 11, 0x58020000 + 12, 0xd61f0160);
	CHECK_NUMBER(architecture_arm64.stub_data(code, sizeof(code), 0x10000), 0);
}

static const struct tap_case cases[] = {
	CASE(the_contracts_example), CASE(two_methods_in_one_unit), CASE(the_bucket_before),
	CASE(a_long_method),         CASE(precodes_of_x64),         CASE(precodes_of_arm64),
};
TAP_MAIN(cases)
