#include "base/real_text.h"
#include "tests/unit/tap.h"

static const char *text_of(double number, bool is_single)
{
	static char text[REAL_TEXT_BYTES];
	real_text(number, is_single, text);
	return text;
}

/* What .NET 10's ToString() gives for each. */
TEST(doubles)
{
	CHECK_TEXT(text_of(0, false), "0");
	CHECK_TEXT(text_of(-0.0, false), "-0");
	CHECK_TEXT(text_of(0.1, false), "0.1");
	CHECK_TEXT(text_of(-3.25, false), "-3.25");
	CHECK_TEXT(text_of(12345.678, false), "12345.678");
	CHECK_TEXT(text_of(0.0001, false), "0.0001");
	CHECK_TEXT(text_of(0.00001, false), "1E-05");
	CHECK_TEXT(text_of(1e14, false), "100000000000000");
	CHECK_TEXT(text_of(1e15, false), "1E+15");
	CHECK_TEXT(text_of(12345678901234568.0, false), "12345678901234568");
	CHECK_TEXT(text_of(123456789012345680.0, false), "1.2345678901234568E+17");
	CHECK_TEXT(text_of(1.7976931348623157e308, false), "1.7976931348623157E+308");
	CHECK_TEXT(text_of(5e-324, false), "5E-324");
	CHECK_TEXT(text_of(9007199254740992.0, false), "9007199254740992");
}

TEST(powers_of_two_are_shortest)
{
	/* 2^-1074 .. : the nearest 16 digits of 2^-44 do not read back, the next above do. */
	CHECK_TEXT(text_of(5.684341886080802e-14, false), "5.684341886080802E-14");
	for (int exponent = -1074; exponent < 1024; exponent++) {
		double number = __builtin_ldexp(1, exponent);
		CHECK(strtod(text_of(number, false), NULL) == number);
	}
}

TEST(singles)
{
	CHECK_TEXT(text_of(0.1f, true), "0.1");
	CHECK_TEXT(text_of(16777216, true), "16777216");
	CHECK_TEXT(text_of(9999999, true), "9999999");
	CHECK_TEXT(text_of(1e7f, true), "1E+07");
	CHECK_TEXT(text_of(3.4028235e38f, true), "3.4028235E+38");
}

TEST(not_numbers)
{
	CHECK_TEXT(text_of(__builtin_nan(""), false), "NaN");
	CHECK_TEXT(text_of(__builtin_inf(), false), "Infinity");
	CHECK_TEXT(text_of(-__builtin_inf(), true), "-Infinity");
}

static const struct tap_case cases[] = {
	CASE(doubles),
	CASE(powers_of_two_are_shortest),
	CASE(singles),
	CASE(not_numbers),
};
TAP_MAIN(cases)
