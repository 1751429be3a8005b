/* Addresses and numbers as users write them. */
#include "base/list.h"
#include "base/number_text.h"
#include "tests/unit/tap.h"

TEST(addresses)
{
	uint64_t number = 1;
	CHECK_OK(parse_address("7f0a4c0135e0", &number));
	CHECK_NUMBER(number, 0x7f0a4c0135e0);
	CHECK_OK(parse_address("0X7f0a`4c0135E0", &number));
	CHECK_NUMBER(number, 0x7f0a4c0135e0);
	CHECK_OK(parse_address("ffffffffffffffff", &number));
	CHECK_NUMBER(number, UINT64_MAX);
	static const char *const bad[] = { "",      "0x", "g",  "1ffffffffffffffff",
					   "1`2`3", "`1", "-1", "1 " };
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK_FAILS(parse_address(bad[i], &number), ERROR_USAGE, "is not an address");
	CHECK_NUMBER(number, UINT64_MAX);
}

TEST(numbers)
{
	uint64_t number = 1;
	CHECK_OK(parse_number("85000", &number));
	CHECK_NUMBER(number, 85000);
	CHECK_OK(parse_number("0x10", &number));
	CHECK_NUMBER(number, 16);
	CHECK_OK(parse_number("18446744073709551615", &number));
	CHECK_NUMBER(number, UINT64_MAX);
	static const char *const bad[] = { "", "1a", "18446744073709551616", "1`0", "+1", "1.5" };
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK_FAILS(parse_number(bad[i], &number), ERROR_USAGE, "is not a number");
}

static const struct tap_case cases[] = {
	CASE(addresses),
	CASE(numbers),
};
TAP_MAIN(cases)
