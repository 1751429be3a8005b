#include "heap/values/well_known_text.h"
#include "tests/unit/tap.h"

#include <math.h>

/* Expected texts are what .NET 10's ToString() printed, invariant culture, "O" where it has it. */

static void compare(const struct text *text, bool valid, const char *expected, int line)
{
	if (text_failed(text)) {
		tap_succeeds(&error_no_memory, __FILE__, line, "text");
		return;
	}
	tap_check(valid == (expected != NULL), __FILE__, line, expected ? expected : "invalid");
	tap_text(text_string(text), expected ? expected : "", __FILE__, line, "text");
}

/* One formatting call into a text of its own. */
#define CHECK_FORM(expected, function, ...)                                                        \
	do {                                                                                       \
		CLEANUP(text_deinit) struct text form = { 0 };                                     \
		bool valid = function(&form, __VA_ARGS__);                                         \
		compare(&form, valid, expected, __LINE__);                                         \
	} while (0)

#define TICKS_PER_DAY INT64_C(864000000000)
#define KIND(kind) ((uint64_t)(kind) << 62)

TEST(guids)
{
	static const uint8_t bytes[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
					   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	static const uint8_t zero[16] = { 0 };
	CHECK_FORM("00112233-4455-6677-8899-aabbccddeeff", text_of_guid, bytes);
	CHECK_FORM("00000000-0000-0000-0000-000000000000", text_of_guid, zero);
}

TEST(dates)
{
	CHECK_FORM("0001-01-01T00:00:00.0000000", text_of_date_time, 0);
	CHECK_FORM("2024-02-29T12:34:56.7890000Z", text_of_date_time,
		   UINT64_C(638448068967890000) | KIND(1));
	CHECK_FORM("1999-12-31T00:00:00.0000000", text_of_date_time, UINT64_C(630821952000000000));
	CHECK_FORM("9999-12-31T23:59:59.9999999", text_of_date_time, UINT64_C(3155378975999999999));
	CHECK_FORM("2001-02-03T04:05:06.0000000 (local)", text_of_date_time,
		   UINT64_C(631167699060000000) | KIND(2));
	CHECK_FORM("2001-02-03T04:05:06.0000000 (local)", text_of_date_time,
		   UINT64_C(631167699060000000) | KIND(3));
	CHECK_FORM(NULL, text_of_date_time, UINT64_C(3155378976000000000));
	CHECK_FORM(NULL, text_of_date_time, UINT64_MAX);
}

TEST(every_day_of_the_calendar_follows_the_day_before)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = 1, month = 1, day = 1;
	CLEANUP(text_deinit) struct text form = { 0 };
	for (int64_t number = 0; number <= 3652058; number++) {
		bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		bool look = day == 1 || day >= 28 || number % 97 == 0;
		char expected[64];
		if (look) {
			snprintf(expected, sizeof(expected), "%04d-%02d-%02d", year, month, day);
			text_clear(&form);
			if (!text_of_date_only(&form, number) ||
			    strcmp(text_string(&form), expected) != 0) {
				compare(&form, true, expected, __LINE__);
				return;
			}
		}
		if (++day > lengths[month - 1] + (leap && month == 2)) {
			day = 1;
			month = month % 12 + 1;
			year += month == 1;
		}
	}
	CHECK_NUMBER(year, 10000);
}

TEST(dates_and_times_alone)
{
	CHECK_FORM("2024-02-29", text_of_date_only, 738944);
	CHECK_FORM("9999-12-31", text_of_date_only, 3652058);
	CHECK_FORM(NULL, text_of_date_only, 3652059);
	CHECK_FORM(NULL, text_of_date_only, -1);
	CHECK_FORM("23:59:58.9970000", text_of_time_only, INT64_C(863989970000));
	CHECK_FORM("00:00:00.0000000", text_of_time_only, 0);
	CHECK_FORM(NULL, text_of_time_only, TICKS_PER_DAY);
	CHECK_FORM(NULL, text_of_time_only, -1);
}

TEST(dates_with_an_offset)
{
	uint64_t utc = UINT64_C(638448194960000000);
	CHECK_FORM("2024-02-29T12:34:56.0000000-03:30", text_of_date_time_offset, utc, -210);
	CHECK_FORM("2024-02-29T16:04:56.0000000+00:00", text_of_date_time_offset, utc, 0);
	CHECK_FORM("2024-03-01T06:04:56.0000000+14:00", text_of_date_time_offset, utc, 840);
	CHECK_FORM(NULL, text_of_date_time_offset, utc, 841);
	CHECK_FORM(NULL, text_of_date_time_offset, 0, -1);
}

TEST(time_spans)
{
	CHECK_FORM("00:00:00", text_of_time_span, 0);
	CHECK_FORM("00:00:05", text_of_time_span, 50000000);
	CHECK_FORM("00:00:01.5000000", text_of_time_span, 15000000);
	CHECK_FORM("-00:00:00.0000001", text_of_time_span, -1);
	CHECK_FORM("3.04:05:06.0070000", text_of_time_span, INT64_C(2739060070000));
	CHECK_FORM("10675199.02:48:05.4775807", text_of_time_span, INT64_MAX);
	CHECK_FORM("-10675199.02:48:05.4775808", text_of_time_span, INT64_MIN);
}

#define SCALE(digits) ((uint32_t)(digits) << 16)
#define NEGATIVE UINT32_C(0x80000000)

TEST(decimals)
{
	CHECK_FORM("0", text_of_decimal, 0, 0, 0);
	CHECK_FORM("12.500", text_of_decimal, SCALE(3), 0, 12500);
	CHECK_FORM("-2", text_of_decimal, NEGATIVE, 0, 2);
	CHECK_FORM("-0.005", text_of_decimal, NEGATIVE | SCALE(3), 0, 5);
	CHECK_FORM("0.00", text_of_decimal, SCALE(2), 0, 0);
	CHECK_FORM("0.00", text_of_decimal, NEGATIVE | SCALE(2), 0, 0);
	CHECK_FORM("-0.0000000000000000000000000001", text_of_decimal, NEGATIVE | SCALE(28), 0, 1);
	CHECK_FORM("79228162514264337593543950335", text_of_decimal, 0, UINT32_MAX, UINT64_MAX);
	CHECK_FORM("7.9228162514264337593543950335", text_of_decimal, SCALE(28), UINT32_MAX,
		   UINT64_MAX);
	CHECK_FORM(NULL, text_of_decimal, SCALE(29), 0, 1);
	CHECK_FORM(NULL, text_of_decimal, 1, 0, 1);
}

TEST(wide_integers)
{
	CHECK_FORM("0", text_of_int128, 0, 0, true);
	CHECK_FORM("-1", text_of_int128, UINT64_MAX, UINT64_MAX, true);
	CHECK_FORM("340282366920938463463374607431768211455", text_of_int128, UINT64_MAX,
		   UINT64_MAX, false);
	CHECK_FORM("-170141183460469231731687303715884105728", text_of_int128, UINT64_C(1) << 63, 0,
		   true);
	CHECK_FORM("18446744073709551616", text_of_int128, 1, 0, true);
}

TEST(half_precision)
{
	CHECK_FORM("1.5", text_of_half, 0x3e00);
	CHECK_FORM("-2", text_of_half, 0xc000);
	CHECK_FORM("0.1", text_of_half, 0x2e66);
	CHECK_FORM("0.01563", text_of_half, 0x2400);
	CHECK_FORM("0.3333", text_of_half, 0x3555);
	CHECK_FORM("65500", text_of_half, 0x7bff);
	CHECK_FORM("6E-08", text_of_half, 0x0001);
	CHECK_FORM("6.104E-05", text_of_half, 0x0400);
	CHECK_FORM("10000", text_of_half, 0x70e2);
	CHECK_FORM("0", text_of_half, 0);
	CHECK_FORM("-0", text_of_half, 0x8000);
	CHECK_FORM("Infinity", text_of_half, 0x7c00);
	CHECK_FORM("-Infinity", text_of_half, 0xfc00);
	CHECK_FORM("NaN", text_of_half, 0xfe00);
}

static double half_value(unsigned bits)
{
	unsigned exponent = bits >> 10 & 31;
	double fraction = bits & 1023;
	return exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
}

TEST(every_half_reads_back)
{
	CLEANUP(text_deinit) struct text form = { 0 };
	for (unsigned bits = 1; bits < 0x7c00; bits++) {
		text_clear(&form);
		text_of_half(&form, (uint16_t)bits);
		if (text_failed(&form))
			return;
		double number = strtod(text_string(&form), NULL), own = half_value(bits);
		double below = half_value(bits - 1),
		       above = bits == 0x7bff ? 65536 : half_value(bits + 1);
		if (!(fabs(number - own) <= fabs(number - below) &&
		      fabs(number - own) <= fabs(number - above))) {
			compare(&form, true, "another text", __LINE__);
			return;
		}
	}
}

TEST(runes_indices_and_ranges)
{
	CHECK_FORM("A", text_of_rune, 'A');
	CHECK_FORM("\xf0\x9f\x98\x80", text_of_rune, 0x1f600);
	CHECK_FORM("U+001B", text_of_rune, 0x1b);
	CHECK_FORM("U+009B", text_of_rune, 0x9b);
	CHECK_FORM(NULL, text_of_rune, 0xd83d);
	CHECK_FORM(NULL, text_of_rune, 0x110000);
	CHECK_FORM("7", text_of_index, 7);
	CHECK_FORM("^1", text_of_index, ~1);
	CHECK_FORM("^0", text_of_index, ~0);
	CHECK_FORM("^2147483647", text_of_index, INT32_MIN);
}

TEST(big_integers)
{
	uint32_t power[] = { 0, 0, 0, 16 }, billion[] = { 1000000000 }, zero[] = { 0, 0 };
	uint32_t gap[] = { 0xa7640000, 0x0de0b6b3 }, trailing[] = { 7, 0, 0 };
	CHECK_FORM("1267650600228229401496703205376", text_of_big_integer, false, power, 4);
	CHECK_FORM("-1000000000", text_of_big_integer, true, billion, 1);
	CHECK_FORM("1000000000000000000", text_of_big_integer, false, gap, 2);
	CHECK_FORM("7", text_of_big_integer, false, trailing, 3);
	CHECK_FORM("0", text_of_big_integer, true, zero, 2);
	CHECK_FORM("0", text_of_big_integer, false, zero, 0);
}

static const struct tap_case cases[] = {
	CASE(guids),
	CASE(dates),
	CASE_ONCE(every_day_of_the_calendar_follows_the_day_before),
	CASE(dates_and_times_alone),
	CASE(dates_with_an_offset),
	CASE(time_spans),
	CASE(decimals),
	CASE(wide_integers),
	CASE(half_precision),
	CASE_ONCE(every_half_reads_back),
	CASE(runes_indices_and_ranges),
	CASE(big_integers),
};
TAP_MAIN(cases)
