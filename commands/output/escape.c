#include "commands/output/output_internal.h"

static void append_unit(struct text *to, unsigned unit)
{
	char escape[8];
	snprintf(escape, sizeof(escape), "\\u%04x", unit & 0xffff);
	text_append(to, escape);
}

/* A code point that needs an escape; false: it can stand as it is. */
static bool append_escape(struct text *to, uint32_t point, enum escape escape)
{
	static const char letters[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};
	if (point == '"' || point == '\\') {
		if (escape == ESCAPE_TEXT)
			return false;
		text_append_char(to, '\\');
		text_append_char(to, (char)point);
		return true;
	}
	if (point >= 0x20 && point < 0x7f)
		return false;
	if (point < sizeof(letters) && letters[point]) {
		text_append_char(to, '\\');
		text_append_char(to, letters[point]);
		return true;
	}
	/* Line and paragraph separators and the bidirectional controls move what stands around
	 * them. */
	bool control = point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 ||
		       point == 0x2029 || (point >= 0x202a && point <= 0x202e) ||
		       (point >= 0x2066 && point <= 0x2069);
	if (control)
		append_unit(to, point);
	return control;
}

/* The length of the UTF-8 sequence at `bytes`, 0 when it is none (overlong, surrogate, cut). */
static size_t decode(const uint8_t *bytes, size_t length, uint32_t *ret)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = bytes[0];
	*ret = first;
	if (first < 0x80)
		return 1;
	size_t count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || count > length)
		return 0;
	uint32_t point = first & (0x7fu >> count);
	for (size_t i = 1; i < count; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	*ret = point;
	bool surrogate = point >= 0xd800 && point < 0xe000;
	return point < lowest[count] || point > 0x10ffff || surrogate ? 0 : count;
}

void output_escape(struct text *to, const char *text, size_t length, enum escape escape)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t plain = 0; /* bytes before `at` that can be copied as they are */
	for (size_t at = 0; at < length;) {
		if (bytes[at] >= 0x20 && bytes[at] < 0x7f && bytes[at] != '"' &&
		    bytes[at] != '\\') {
			at++;
			plain++;
			continue;
		}
		uint32_t point;
		size_t count = decode(bytes + at, length - at, &point);
		text_append_bytes(to, text + at - plain, plain);
		plain = 0;
		if (!count)
			text_append(to, "\xef\xbf\xbd");
		else if (!append_escape(to, point, escape))
			text_append_bytes(to, text + at, count);
		at += count ? count : 1;
	}
	text_append_bytes(to, text + length - plain, plain);
}

void output_escape_utf16(struct text *to, const uint16_t *units, size_t count, enum escape escape)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t point = units[i];
		size_t used = 1;
		if (point >= 0xd800 && point < 0xe000) {
			bool pair = point < 0xdc00 && i + 1 < count && units[i + 1] >= 0xdc00 &&
				    units[i + 1] < 0xe000;
			if (!pair) {
				append_unit(to, point);
				continue;
			}
			used = 2;
		}
		if (used == 2 || !append_escape(to, point, escape))
			text_append_utf16(to, units + i, used);
		i += used - 1;
	}
}

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
