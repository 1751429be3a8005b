#include "attach/target/reader.h"
#include "base/list.h"
#include "tests/unit/tap.h"

enum { MIB = 1024 * 1024 };

/* `size` bytes at address, each word holding its own address. */
static void numbered(struct fake_target *fake, uint64_t address, size_t size)
{
	uint8_t *bytes = fake_target_zeros(fake, address, size);
	for (size_t i = 0; i + 8 <= size; i += 8) {
		uint64_t word = address + i;
		memcpy(bytes + i, &word, sizeof(word));
	}
}

#define READER(name, fake)                                                                         \
	CLEANUP(reader_deinit) struct reader name;                                                 \
	CHECK_OK(reader_init(&name, &(fake)->base))

TEST(words_are_read_wherever_they_stand)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	READER(reader, fake);
	uint64_t word = 0;
	uint32_t half = 0;
	numbered(fake, 0x10000, 0x10000);
	static const uint64_t addresses[] = {
		0x10000, 0x1fff8, 0x12340, 0x12348, 0x10ff8, 0x18000
	};
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		REQUIRE(reader_u64(&reader, addresses[i], &word));
		CHECK_NUMBER(word, addresses[i]);
	}
	REQUIRE(reader_u32(&reader, 0x12348, &half));
	CHECK_NUMBER(half, 0x12348);
	CHECK(!reader_u64(&reader, 0x1fff9, &word));
	CHECK(!reader_u64(&reader, 0xfff9, &word));
	CHECK(!reader_u64(&reader, UINT64_MAX - 3, &word));
	CHECK(!reader_u64(&reader, 0, &word));
}

TEST(loads_of_every_width)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	READER(reader, fake);
	uint64_t number = 0;
	fake_target_zeros(fake, 0x1000, 16);
	fake_put(fake, 0x1000, 0xfedcba9876543210, 8);
	CHECK_OK(reader_unsigned(&reader, 0x1000, 1, "a byte", &number));
	CHECK_NUMBER(number, 0x10);
	CHECK_OK(reader_unsigned(&reader, 0x1000, 2, "two", &number));
	CHECK_NUMBER(number, 0x3210);
	CHECK_OK(reader_unsigned(&reader, 0x1000, 4, "four", &number));
	CHECK_NUMBER(number, 0x76543210);
	CHECK_OK(reader_pointer(&reader, 0x1000, "a pointer", &number));
	CHECK_NUMBER(number, 0xfedcba9876543210);
	CHECK_FAILS(reader_pointer(&reader, 0x100c, "the thread list", &number), ERROR_FAULT,
		    "cannot read the thread list at 0x100c");
}

TEST(a_hole_before_the_word_does_not_hide_it)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	READER(reader, fake);
	uint64_t word = 0;
	/* Memory that begins in the middle of a page, and another piece before it. */
	numbered(fake, 0x10800, 0x400);
	numbered(fake, 0x10000, 0x100);
	REQUIRE(reader_u64(&reader, 0x10800, &word));
	CHECK_NUMBER(word, 0x10800);
	REQUIRE(reader_u64(&reader, 0x10bf8, &word));
	CHECK_NUMBER(word, 0x10bf8);
	CHECK(!reader_u64(&reader, 0x10bfc, &word));
	CHECK(!reader_u64(&reader, 0x107fc, &word));
	REQUIRE(reader_u64(&reader, 0x10008, &word));
	CHECK_NUMBER(word, 0x10008);
}

/* The budget of a live target: a walk upwards costs about a read per MiB, a jump a small one. */
TEST(a_walk_costs_a_read_per_mebibyte)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	READER(reader, fake);
	numbered(fake, 0x1000000, 16 * MIB);
	for (uint64_t address = 0x1000000; address < 0x1000000 + 16 * MIB; address += 24) {
		uint64_t word = 0;
		if (!reader_u64(&reader, address & ~(uint64_t)7, &word))
			return;
		if (word != (address & ~(uint64_t)7)) {
			CHECK_NUMBER(word, address);
			return;
		}
	}
	CHECK(fake->reads < 16 + 16);
	size_t before = fake->reads;
	uint64_t word = 0;
	REQUIRE(reader_u64(&reader, 0x1000000, &word));
	REQUIRE(reader_u64(&reader, 0x1800000, &word));
	CHECK_NUMBER(fake->reads, before + 2);
	CHECK_NUMBER(reader.size, 4096); /* a lone word is no reason to read a MiB */
}

TEST(a_lending_target_is_not_copied)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	READER(reader, fake);
	fake->lends = true;
	numbered(fake, 0x10000, 0x1000);
	numbered(fake, 0x11000, 0x1000); /* comes after by address, not in our memory */
	CHECK(reader_borrow(&reader, 0x10008, 16) == fake_target_at(fake, 0x10008, 16));
	CHECK(reader_borrow(&reader, 0x10ff0, 16) == fake_target_at(fake, 0x10ff0, 16));
	CHECK(reader.window != reader.buffer);
	CHECK_NUMBER(fake->reads, 1); /* the loan that serves both */
	/* over the seam the bytes have to be put together */
	const uint8_t *bytes = reader_borrow(&reader, 0x10ff8, 16);
	REQUIRE(bytes);
	CHECK_NUMBER(load_u64(bytes), 0x10ff8);
	CHECK_NUMBER(load_u64(bytes + 8), 0x11000);
	/* and then lending goes on */
	CHECK(reader_borrow(&reader, 0x11ff8, 8) == fake_target_at(fake, 0x11ff8, 8));
	CHECK(!reader_borrow(&reader, 0x11ff8, 9));
}

TEST(the_largest_borrow)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	READER(reader, fake);
	numbered(fake, 0x1000000, 2 * MIB);
	const uint8_t *bytes = reader_borrow(&reader, 0x1000010, READER_WINDOW_MAX);
	REQUIRE(bytes);
	CHECK_NUMBER(load_u64(bytes + READER_WINDOW_MAX - 8), 0x1000008 + READER_WINDOW_MAX);
	CHECK(!reader_borrow(&reader, 0x1000010, READER_WINDOW_MAX + 1));
	CHECK(!reader_borrow(&reader, 0x1000000 + MIB + 8, READER_WINDOW_MAX));
}

TEST(copies_of_any_size)
{
	enum { SIZE = 3 * MIB + 40 };
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	READER(reader, fake);
	numbered(fake, 0x1000000, SIZE);
	CLEANUP(free_cleanup) uint8_t *copy = malloc(SIZE);
	REQUIRE(copy);
	REQUIRE(reader_copy(&reader, 0x1000000, copy, SIZE));
	CHECK(!memcmp(copy, fake_target_at(fake, 0x1000000, SIZE), SIZE));
	CHECK(!reader_copy(&reader, 0x1000000, copy, SIZE + 1));
	CHECK(reader_copy(&reader, 0x1000008, copy, 0));
}

static const struct tap_case cases[] = {
	CASE(words_are_read_wherever_they_stand),
	CASE(loads_of_every_width),
	CASE(a_hole_before_the_word_does_not_hide_it),
	CASE_ONCE(a_walk_costs_a_read_per_mebibyte),
	CASE(a_lending_target_is_not_copied),
	CASE(the_largest_borrow),
	CASE(copies_of_any_size),
};
TAP_MAIN(cases)
