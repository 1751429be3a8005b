#include "base/real_text.h"

#include <math.h>

enum {
	DOUBLE_DIGITS = 17, /* always enough to read a double back */
	LOWEST_PLAIN_EXPONENT = -4,
	DOUBLE_PLAIN_DIGITS = 15, /* before the point; more where the number has more digits */
	SINGLE_PLAIN_DIGITS = 7,
};

struct digits {
	char text[DOUBLE_DIGITS + 1];
	int count, exponent; /* 1.23E4: "123", exponent 4 */
	bool is_negative;
};

static bool reads_back(const char *text, double number, bool is_single)
{
	return is_single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number;
}

/*
 * At a power of two the numbers that read back lie unevenly around it, so that the nearest decimal
 * of this length may not, but the next one above does: then *text becomes that one. A carry out of
 * the last digit would be a shorter number, which was tried already.
 */
static bool next_up_reads_back(char *text, double number, bool is_single)
{
	char *last = strchr(text, 'e');
	if (!last || last == text || last[-1] == '9')
		return false;
	last[-1]++;
	if (reads_back(text, number, is_single))
		return true;
	last[-1]--;
	return false;
}

static struct digits shortest_digits(double number, bool is_single)
{
	char scientific[REAL_TEXT_BYTES];
	for (int precision = 0; precision < DOUBLE_DIGITS; precision++) {
		snprintf(scientific, sizeof(scientific), "%.*e", precision, number);
		if (reads_back(scientific, number, is_single) ||
		    next_up_reads_back(scientific, number, is_single))
			break;
	}
	struct digits digits = { .is_negative = scientific[0] == '-' };
	const char *at = scientific;
	for (; *at && *at != 'e'; at++)
		if (*at >= '0' && *at <= '9' && digits.count < DOUBLE_DIGITS)
			digits.text[digits.count++] = *at;
	while (digits.count > 1 && digits.text[digits.count - 1] == '0')
		digits.count--;
	digits.text[digits.count] = '\0';
	digits.exponent = *at ? (int)strtol(at + 1, NULL, 10) : 0;
	return digits;
}

void real_text(double number, bool is_single, char to[REAL_TEXT_BYTES])
{
	if (isnan(number) || isinf(number) || number == 0) {
		const char *name = isnan(number) ? "NaN" : isinf(number) ? "Infinity" : "0";
		snprintf(to, REAL_TEXT_BYTES, "%s%s", !isnan(number) && signbit(number) ? "-" : "",
			 name);
		return;
	}
	struct digits digits = shortest_digits(number, is_single);
	const char *sign = digits.is_negative ? "-" : "";
	int exponent = digits.exponent;
	int plain = is_single ? SINGLE_PLAIN_DIGITS : DOUBLE_PLAIN_DIGITS;
	if (exponent < LOWEST_PLAIN_EXPONENT ||
	    exponent >= (plain > digits.count ? plain : digits.count))
		snprintf(to, REAL_TEXT_BYTES, "%s%c%s%sE%c%02d", sign, digits.text[0],
			 digits.count > 1 ? "." : "", digits.text + 1, exponent < 0 ? '-' : '+',
			 abs(exponent));
	else if (exponent < 0)
		snprintf(to, REAL_TEXT_BYTES, "%s0.%.*s%s", sign, -exponent - 1, "0000",
			 digits.text);
	else if (digits.count <= exponent + 1)
		snprintf(to, REAL_TEXT_BYTES, "%s%s%.*s", sign, digits.text,
			 exponent + 1 - digits.count, "000000000000000");
	else
		snprintf(to, REAL_TEXT_BYTES, "%s%.*s.%s", sign, exponent + 1, digits.text,
			 digits.text + exponent + 1);
}
