#include "heap/values/well_known_text.h"

#include "base/list.h"

#include <inttypes.h>

/* System.TimeSpan's and DateTime's unit is 100 ns. */
#define TICKS_PER_SECOND INT64_C(10000000)
#define TICKS_PER_MINUTE (60 * TICKS_PER_SECOND)
#define TICKS_PER_DAY (24 * 60 * TICKS_PER_MINUTE)

enum {
	DAYS_PER_YEAR = 365,
	DAYS_PER_4_YEARS = 4 * 365 + 1,
	DAYS_PER_100_YEARS = 25 * DAYS_PER_4_YEARS - 1,
	DAYS_PER_400_YEARS = 4 * DAYS_PER_100_YEARS + 1,
	DAY_NUMBER_LAST = 3652058,     /* 9999-12-31: DateOnly.MaxValue.DayNumber */
	OFFSET_MINUTES_MOST = 14 * 60, /* DateTimeOffset */
};

/* DateTime._dateData (System.DateTime: KindMask). */
enum { DATE_KIND_SHIFT = 62, DATE_KIND_UTC = 1, DATE_KIND_LOCAL = 2 };

/* System.Decimal: ScaleMask, SignMask. */
enum { DECIMAL_SCALE_SHIFT = 16, DECIMAL_SCALE_MOST = 28 };
#define DECIMAL_SIGN UINT32_C(0x80000000)
#define DECIMAL_SCALE UINT32_C(0x00ff0000)

bool text_of_guid(struct text *text, const uint8_t bytes[16])
{
	/* The first three parts are little-endian numbers. */
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	for (unsigned i = 0; i < COUNT_OF(order); i++)
		text_printf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			    bytes[order[i]]);
	return true;
}

struct civil {
	int year, month, day;
};

static struct civil civil_of_day(int64_t day_number)
{
	static const int before_month[] = { 0,   31,  59,  90,  120, 151, 181,
					    212, 243, 273, 304, 334, 365 };
	int day = (int)day_number;
	int centuries4 = day / DAYS_PER_400_YEARS;
	day %= DAYS_PER_400_YEARS;
	int centuries = day / DAYS_PER_100_YEARS;
	centuries -= centuries == 4; /* the last day of a leap century */
	day -= centuries * DAYS_PER_100_YEARS;
	int years4 = day / DAYS_PER_4_YEARS;
	day %= DAYS_PER_4_YEARS;
	int years = day / DAYS_PER_YEAR;
	years -= years == 4; /* the last day of a leap year */
	day -= years * DAYS_PER_YEAR;
	bool leap = years == 3 && (years4 != 24 || centuries == 3);
	int month = 1;
	while (month < 12 && day >= before_month[month] + (leap && month >= 2))
		month++;
	return (struct civil){
		.year = centuries4 * 400 + centuries * 100 + years4 * 4 + years + 1,
		.month = month,
		.day = day - before_month[month - 1] - (leap && month > 2) + 1,
	};
}

static void append_date(struct text *text, int64_t day_number)
{
	struct civil date = civil_of_day(day_number);
	text_printf(text, "%04d-%02d-%02d", date.year, date.month, date.day);
}

static void append_time(struct text *text, int64_t ticks)
{
	int64_t seconds = ticks / TICKS_PER_SECOND;
	text_printf(text, "%02d:%02d:%02d.%07d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
		    (int)(seconds % 60), (int)(ticks % TICKS_PER_SECOND));
}

static bool append_date_time(struct text *text, int64_t ticks)
{
	if (ticks < 0 || ticks / TICKS_PER_DAY > DAY_NUMBER_LAST)
		return false;
	append_date(text, ticks / TICKS_PER_DAY);
	text_append_char(text, 'T');
	append_time(text, ticks % TICKS_PER_DAY);
	return true;
}

static int64_t ticks_of(uint64_t data)
{
	return (int64_t)(data & (((uint64_t)1 << DATE_KIND_SHIFT) - 1));
}

bool text_of_date_time(struct text *text, uint64_t data)
{
	unsigned kind = (unsigned)(data >> DATE_KIND_SHIFT);
	if (!append_date_time(text, ticks_of(data)))
		return false;
	text_append(text, kind == DATE_KIND_UTC ? "Z" : kind >= DATE_KIND_LOCAL ? " (local)" : "");
	return true;
}

bool text_of_date_time_offset(struct text *text, uint64_t utc_data, int64_t offset_minutes)
{
	if (offset_minutes < -OFFSET_MINUTES_MOST || offset_minutes > OFFSET_MINUTES_MOST)
		return false;
	int magnitude = (int)(offset_minutes < 0 ? -offset_minutes : offset_minutes);
	if (!append_date_time(text, ticks_of(utc_data) + offset_minutes * TICKS_PER_MINUTE))
		return false;
	text_printf(text, "%c%02d:%02d", offset_minutes < 0 ? '-' : '+', magnitude / 60,
		    magnitude % 60);
	return true;
}

bool text_of_date_only(struct text *text, int64_t day_number)
{
	if (day_number < 0 || day_number > DAY_NUMBER_LAST)
		return false;
	append_date(text, day_number);
	return true;
}

bool text_of_time_only(struct text *text, int64_t ticks)
{
	if (ticks < 0 || ticks >= TICKS_PER_DAY)
		return false;
	append_time(text, ticks);
	return true;
}

bool text_of_time_span(struct text *text, int64_t ticks)
{
	uint64_t magnitude = ticks < 0 ? -(uint64_t)ticks : (uint64_t)ticks;
	uint64_t seconds = magnitude / TICKS_PER_SECOND, days = magnitude / TICKS_PER_DAY;
	unsigned fraction = (unsigned)(magnitude % TICKS_PER_SECOND);
	if (ticks < 0)
		text_append_char(text, '-');
	if (days)
		text_printf(text, "%" PRIu64 ".", days);
	text_printf(text, "%02u:%02u:%02u", (unsigned)(seconds / 3600 % 24),
		    (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	if (fraction)
		text_printf(text, ".%07u", fraction);
	return true;
}

typedef unsigned __int128 wide;

enum { WIDE_DIGITS = 40 }; /* 2^128 has 39 */

/* Decimal digits, the lowest first; "0" for 0. */
static int wide_digits(wide number, char digits[WIDE_DIGITS])
{
	int count = 0;
	do {
		digits[count++] = (char)('0' + (int)(number % 10));
		number /= 10;
	} while (number);
	return count;
}

bool text_of_decimal(struct text *text, uint32_t flags, uint32_t high, uint64_t low)
{
	char digits[WIDE_DIGITS];
	int scale = (int)((flags & DECIMAL_SCALE) >> DECIMAL_SCALE_SHIFT);
	if (flags & ~(DECIMAL_SIGN | DECIMAL_SCALE) || scale > DECIMAL_SCALE_MOST)
		return false;
	wide magnitude = (wide)high << 64 | low;
	int count = wide_digits(magnitude, digits);
	while (count <= scale)
		digits[count++] = '0';
	/* .NET writes a negative zero without its sign. */
	if (flags & DECIMAL_SIGN && magnitude)
		text_append_char(text, '-');
	while (count > scale)
		text_append_char(text, digits[--count]);
	if (scale)
		text_append_char(text, '.');
	while (count)
		text_append_char(text, digits[--count]);
	return true;
}

bool text_of_int128(struct text *text, uint64_t upper, uint64_t lower, bool is_signed)
{
	char digits[WIDE_DIGITS];
	wide number = (wide)upper << 64 | lower;
	bool negative = is_signed && upper >> 63;
	int count = wide_digits(negative ? -number : number, digits);
	if (negative)
		text_append_char(text, '-');
	while (count)
		text_append_char(text, digits[--count]);
	return true;
}

enum {
	HALF_SIGN = 0x8000,
	HALF_INFINITY = 0x7c00,
	HALF_FRACTION_BITS = 10,
	HALF_DIGITS = 5,           /* always enough to read one back */
	HALF_LOWEST_EXPONENT = -4, /* of a number without an exponent in its text */
};

/* The magnitude of finite bits; the number after the last finite one means infinity, so that the
 * middle between them is where rounding up begins. */
static double half_magnitude(unsigned bits)
{
	unsigned exponent = bits >> HALF_FRACTION_BITS;
	unsigned fraction = bits & ((1u << HALF_FRACTION_BITS) - 1);
	double scale = 1.0 / (1 << 24);
	if (!exponent)
		return fraction * scale;
	return (double)((uint64_t)(fraction + (1u << HALF_FRACTION_BITS)) << (exponent - 1)) *
	       scale;
}

static bool half_reads_back(double candidate, unsigned bits)
{
	double number = half_magnitude(bits);
	double above = (number + half_magnitude(bits + 1)) / 2;
	double below = bits ? (number + half_magnitude(bits - 1)) / 2 : 0;
	bool even = !(bits & 1);
	return even ? candidate >= below && candidate <= above
		    : candidate > below && candidate < above;
}

/* Digits of a number's shortest "d.dde±x" form, and x. */
static int half_digits(unsigned bits, char digits[HALF_DIGITS], int *ret_exponent)
{
	char scientific[32];
	double number = half_magnitude(bits);
	/* printf rounds a tie to even; below a power of two only the digits above it may read back.
	 */
	double nudged = number * (1 + 1e-13);
	for (int try = 0; try < 2 * HALF_DIGITS; try++) {
		snprintf(scientific, sizeof(scientific), "%.*e", try / 2,
			 try % 2 ? nudged : number);
		if (half_reads_back(strtod(scientific, NULL), bits))
			break;
	}
	int count = 0;
	const char *at = scientific;
	for (; *at && *at != 'e'; at++)
		if (*at >= '0' && *at <= '9' && count < HALF_DIGITS)
			digits[count++] = *at;
	while (count > 1 && digits[count - 1] == '0')
		count--;
	*ret_exponent = *at ? (int)strtol(at + 1, NULL, 10) : 0;
	return count;
}

static void append_real(struct text *text, const char *digits, int count, int exponent)
{
	if (exponent < HALF_LOWEST_EXPONENT) {
		text_append_char(text, digits[0]);
		if (count > 1)
			text_append_char(text, '.');
		text_append_bytes(text, digits + 1, (size_t)count - 1);
		text_printf(text, "E%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
		return;
	}
	for (int place = exponent < 0 ? exponent : 0; place < 0; place++)
		text_append(text, place == exponent ? "0." : "0");
	for (int i = 0; i < count || i <= exponent; i++) {
		if (i == exponent + 1 && exponent >= 0)
			text_append_char(text, '.');
		text_append_char(text, i < count ? digits[i] : '0');
	}
}

bool text_of_half(struct text *text, uint16_t bits)
{
	char digits[HALF_DIGITS];
	int exponent;
	unsigned magnitude = bits & (HALF_SIGN - 1);
	if (magnitude > HALF_INFINITY) {
		text_append(text, "NaN");
		return true;
	}
	if (bits & HALF_SIGN)
		text_append_char(text, '-');
	if (magnitude == HALF_INFINITY) {
		text_append(text, "Infinity");
		return true;
	}
	if (!magnitude) {
		text_append_char(text, '0');
		return true;
	}
	int count = half_digits(magnitude, digits, &exponent);
	append_real(text, digits, count, exponent);
	return true;
}

bool text_of_rune(struct text *text, uint32_t scalar)
{
	if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000))
		return false;
	if (scalar < 0x20 || (scalar >= 0x7f && scalar < 0xa0)) {
		text_printf(text, "U+%04X", (unsigned)scalar);
		return true;
	}
	uint16_t units[2] = { (uint16_t)scalar };
	if (scalar >= 0x10000) {
		units[0] = (uint16_t)(0xd800 + ((scalar - 0x10000) >> 10));
		units[1] = (uint16_t)(0xdc00 + ((scalar - 0x10000) & 0x3ff));
	}
	text_append_utf16(text, units, scalar >= 0x10000 ? 2 : 1);
	return true;
}

bool text_of_index(struct text *text, int32_t value)
{
	text_printf(text, value < 0 ? "^%" PRId32 : "%" PRId32, value < 0 ? ~value : value);
	return true;
}

/* Divides in place; the remainder. */
static uint32_t divide_words(uint32_t *words, size_t count, uint32_t divisor)
{
	uint64_t rest = 0;
	for (size_t i = count; i-- > 0;) {
		rest = rest << 32 | words[i];
		words[i] = (uint32_t)(rest / divisor);
		rest %= divisor;
	}
	return (uint32_t)rest;
}

bool text_of_big_integer(struct text *text, bool is_negative, uint32_t *words, size_t count)
{
	enum { CHUNK = 1000000000, CHUNK_DIGITS = 9 };
	struct text reversed = { 0 };
	while (count && !words[count - 1])
		count--;
	do {
		uint32_t chunk = divide_words(words, count, CHUNK);
		while (count && !words[count - 1])
			count--;
		for (int i = 0; i < CHUNK_DIGITS && (count || chunk || (!i && !reversed.length));
		     i++, chunk /= 10)
			text_append_char(&reversed, (char)('0' + chunk % 10));
	} while (count);
	bool zero = reversed.length == 1 && reversed.bytes[0] == '0';
	if (is_negative && !zero)
		text_append_char(text, '-');
	for (size_t i = reversed.length; i-- > 0;)
		text_append_char(text, reversed.bytes[i]);
	text->failed = text->failed || text_failed(&reversed);
	text_deinit(&reversed);
	return true;
}
