#include "commands/output/output_internal.h"

void output_append_decimal(struct text *to, uint64_t number, bool thousands)
{
	char digits[32];
	size_t at = sizeof(digits), count = 0;
	do {
		if (thousands && count && count % 3 == 0)
			digits[--at] = ',';
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
		count++;
	} while (number);
	text_append_bytes(to, digits + at, sizeof(digits) - at);
}

void output_append_hex(struct text *to, uint64_t number, unsigned min_digits)
{
	char digits[16];
	size_t at = sizeof(digits);
	do {
		digits[--at] = "0123456789abcdef"[number & 15];
		number >>= 4;
	} while (number || sizeof(digits) - at < min_digits);
	text_append_bytes(to, digits + at, sizeof(digits) - at);
}
