/* SipHash-2-4 with 128 bits, as its authors have it (vectors.h: vectors_sip128). */
#include "base/keyed_hash.h"

#include "tests/unit/tap.h"

static const struct hash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static bool is(const uint8_t *bytes, size_t size, uint64_t high, uint64_t low)
{
	struct keyed_hash hash = keyed_hash(&key, bytes, size);
	return hash.high == high && hash.low == low;
}

TEST(it_is_what_its_authors_say)
{
	uint8_t bytes[16];
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	CHECK(is(bytes, 0, 0xe6a825ba047f81a3, 0x930255c71472f66d));
	CHECK(is(bytes, 1, 0x44af996bd8c187da, 0x45fc229b11597634));
	CHECK(is(bytes, 2, 0xc75da4a48d227781, 0xe4ff0af6de8ba3fc));
}

TEST(each_byte_and_the_size_count)
{
	uint8_t bytes[40] = { 0 };
	struct keyed_hash zeros = keyed_hash(&key, bytes, sizeof(bytes));
	CHECK(keyed_hash(&key, bytes, sizeof(bytes) - 1).low != zeros.low);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = 1;
		struct keyed_hash other = keyed_hash(&key, bytes, sizeof(bytes));
		CHECK(other.low != zeros.low && other.high != zeros.high);
		bytes[i] = 0;
	}
}

TEST(keys_differ)
{
	struct hash_key one = hash_key_make(), other = hash_key_make();
	CHECK(one.words[0] != other.words[0] || one.words[1] != other.words[1]);
}

static const struct tap_case cases[] = {
	CASE(it_is_what_its_authors_say),
	CASE(each_byte_and_the_size_count),
	CASE(keys_differ),
};
TAP_MAIN(cases)
