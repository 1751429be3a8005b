#include "base/number_text.h"

#include <ctype.h>

/* Digits of a base, at least one, nothing after them; false on anything else or on overflow. */
static bool parse_digits(const char *text, unsigned base, bool backtick, uint64_t *ret)
{
	uint64_t number = 0;
	size_t digits = 0;
	for (; *text; text++) {
		unsigned digit;
		if (*text == '`' && backtick && digits) {
			backtick = false;
			continue;
		}
		if (*text >= '0' && *text <= '9')
			digit = (unsigned)(*text - '0');
		else if (isxdigit((unsigned char)*text))
			digit = (unsigned)(tolower((unsigned char)*text) - 'a') + 10;
		else
			return false;
		if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
		digits++;
	}
	*ret = number;
	return digits > 0;
}

static bool has_hex_prefix(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

struct error *parse_address(const char *text, uint64_t *ret)
{
	uint64_t number;
	if (!parse_digits(text + (has_hex_prefix(text) ? 2 : 0), 16, true, &number))
		return error_new(ERROR_USAGE, "\"%s\" is not an address (hex, with or without 0x)",
				 text);
	*ret = number;
	return NULL;
}

struct error *parse_number(const char *text, uint64_t *ret)
{
	bool hex = has_hex_prefix(text);
	uint64_t number;
	if (!parse_digits(text + (hex ? 2 : 0), hex ? 16 : 10, false, &number))
		return error_new(ERROR_USAGE, "\"%s\" is not a number (decimal, or hex with 0x)",
				 text);
	*ret = number;
	return NULL;
}
