#include "heap/metadata/il_listing.h"

#include "tests/unit/tap.h"

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

TEST(operands)
{
	struct il_instruction instruction;
	size_t position = 0;
	const uint8_t il[] = { 0x1f, 0xfe, 0x20, 4, 3, 2, 1,    0x72, 5,    0, 0,
			       0x70, 0x28, 1,    0, 0, 6, 0xfe, 0x09, 0x2c, 1, 0x2a };
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "ldc.i4.s");
	CHECK_NUMBER(instruction.operand, IL_OPERAND_INTEGER);
	CHECK_NUMBER(instruction.bits, (uint64_t)-2);
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "ldc.i4");
	CHECK_NUMBER(instruction.bits, 0x01020304);
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "ldstr");
	CHECK_NUMBER(instruction.bits, 0x70000005);
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "call");
	CHECK_NUMBER(instruction.operand, IL_OPERAND_TOKEN);
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "ldarg");
	CHECK_NUMBER(instruction.bits, 300);
	CHECK_NUMBER(instruction.offset, 17);
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "ret");
	CHECK(!il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_NUMBER(position, sizeof(il));
}

/* Branches count from the instruction after them. */
TEST(branches)
{
	struct il_instruction instruction;
	size_t position = 0;
	const uint8_t il[] = { 0, 0x2b, 0xfd, 0x45, 2,    0,    0,    0, 1,
			       0, 0,    0,    0xf0, 0xff, 0xff, 0xff, 0 };
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "br.s");
	CHECK_NUMBER(instruction.bits, 0);
	REQUIRE(il_listing_next(il, sizeof(il), &position, &instruction));
	CHECK_TEXT(instruction.name, "switch");
	CHECK_NUMBER(instruction.bits, 2);
	CHECK_NUMBER(il_switch_target(&instruction, 0), 17);
	CHECK_NUMBER(il_switch_target(&instruction, 1), 0);
}

TEST(what_is_no_il)
{
	struct il_instruction instruction;
	size_t position = 0;
	CHECK(!il_listing_next(BYTES(0x24), &position, &instruction));
	CHECK(!il_listing_next(BYTES(0xfe), &position, &instruction));
	CHECK(!il_listing_next(BYTES(0x20, 1, 2, 3), &position, &instruction));
	CHECK(!il_listing_next(BYTES(0x45, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0), &position,
			       &instruction));
	CHECK_NUMBER(position, 0);
}

static const struct tap_case cases[] = {
	CASE(operands),
	CASE(branches),
	CASE(what_is_no_il),
};
TAP_MAIN(cases)
