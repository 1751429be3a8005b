#include "base/escape.h"

#include "base/list.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* What is not shown as it is, beyond ASCII; in order. */
struct range {
	uint32_t first, last;
};
// clang-format off
static const struct range unseen[] = {
	{ 0x80, 0x9f },       /* C1 */
	{ 0xad, 0xad },       /* soft hyphen */
	{ 0x34f, 0x34f },     /* combining grapheme joiner */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian selectors and vowel separator */
	{ 0x200b, 0x200f },   /* zero width; left-to-right, right-to-left mark */
	{ 0x2028, 0x202e },   /* line and paragraph separators; embeddings, overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xd800, 0xdfff },   /* surrogates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
	{ 0xfff0, 0xfffb },   /* interlinear annotation */
	{ 0xfffe, 0xffff },   /* no characters */
	{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
	{ 0x1d173, 0x1d17a }, /* musical beams and slurs */
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors of ideographs */
};
// clang-format on

static bool is_printable_ascii(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

static bool is_unseen(uint32_t point)
{
	if (point < 0x80)
		return !is_printable_ascii((uint8_t)point);
	for (size_t i = 0; i < COUNT_OF(unseen) && point >= unseen[i].first; i++)
		if (point <= unseen[i].last)
			return true;
	return false;
}

enum { ESCAPE_BYTES = 16 };

/* "\\n", "\\u001b", "\\udb40\\udc01". */
static void escape_of(uint32_t point, char ret[ESCAPE_BYTES])
{
	static const char letters[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};
	if (point < sizeof(letters) && letters[point])
		snprintf(ret, ESCAPE_BYTES, "\\%c", letters[point]);
	else if (point < 0x10000)
		snprintf(ret, ESCAPE_BYTES, "\\u%04x", point & 0xffff);
	else
		snprintf(ret, ESCAPE_BYTES, "\\u%04x\\u%04x",
			 0xd800 + ((point - 0x10000) >> 10 & 0x3ff), 0xdc00 + (point & 0x3ff));
}

/* A code point that needs an escape; false: it passes as it is. */
static bool append_escape(struct text *to, uint32_t point, enum escape escape)
{
	char escaped[ESCAPE_BYTES];
	bool mark = point == '"' || point == '\\';
	if (mark ? escape == ESCAPE_TEXT : !is_unseen(point))
		return false;
	if (mark)
		snprintf(escaped, sizeof(escaped), "\\%c", (char)point);
	else
		escape_of(point, escaped);
	text_append(to, escaped);
	return true;
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

void escape_append(struct text *to, const char *text, size_t length, enum escape escape)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t plain = 0; /* bytes before `at` that can be copied as they are */
	for (size_t at = 0; at < length;) {
		if (is_printable_ascii(bytes[at]) && bytes[at] != '"' && bytes[at] != '\\') {
			at++;
			plain++;
			continue;
		}
		uint32_t point;
		size_t count = decode(bytes + at, length - at, &point);
		text_append_bytes(to, text + at - plain, plain);
		plain = 0;
		if (!count)
			text_append(to, replacement);
		else if (!append_escape(to, point, escape))
			text_append_bytes(to, text + at, count);
		at += count ? count : 1;
	}
	text_append_bytes(to, text + length - plain, plain);
}

void escape_append_utf16(struct text *to, const uint16_t *units, size_t count, enum escape escape)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t point = units[i];
		size_t used = 1;
		bool pair = point >= 0xd800 && point < 0xdc00 && i + 1 < count &&
			    units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000;
		if (pair) {
			point = 0x10000 + ((point - 0xd800) << 10) + (units[i + 1] - 0xdc00u);
			used = 2;
		}
		if (!append_escape(to, point, escape))
			text_append_utf16(to, units + i, used);
		i += used - 1;
	}
}

enum { LONG_BLOCK = 64, SHORT_BLOCK = 16 };

/* Nothing but printable ASCII and newlines, `size` (a constant) bytes of it; without a branch a
 * byte, for the compiler to unroll. */
static inline bool is_plain_block(const uint8_t *bytes, size_t size)
{
	uint8_t other = 0;
	for (size_t i = 0; i < size; i++)
		other |= ((bytes[i] < 0x20) & (bytes[i] != '\n')) | (bytes[i] >= 0x7f);
	return !other;
}

/* The length of the character at `bytes`; 0: it is none, or is to be escaped. */
static size_t plain_character(const uint8_t *bytes, size_t length, bool lines)
{
	uint32_t point;
	if (lines && *bytes == '\n')
		return 1;
	size_t count = decode(bytes, length, &point);
	return is_unseen(point) ? 0 : count;
}

/* Up to what is to be escaped; newlines pass with `lines`. */
static size_t plain_length(const uint8_t *bytes, size_t length, bool lines)
{
	size_t at = 0;
	while (at < length) {
		size_t left = length - at;
		if (lines && left >= LONG_BLOCK && is_plain_block(bytes + at, LONG_BLOCK)) {
			at += LONG_BLOCK;
			continue;
		}
		if (lines && left >= SHORT_BLOCK && is_plain_block(bytes + at, SHORT_BLOCK)) {
			at += SHORT_BLOCK;
			continue;
		}
		/* Some way on by characters, then by blocks again. */
		size_t stop = left < SHORT_BLOCK ? length : at + SHORT_BLOCK;
		while (at < stop) {
			if (is_printable_ascii(bytes[at])) {
				at++;
				continue;
			}
			size_t count = plain_character(bytes + at, length - at, lines);
			if (!count)
				return at;
			at += count;
		}
	}
	return at;
}

size_t escape_plain_length(const char *text, size_t length)
{
	return plain_length((const uint8_t *)text, length, false);
}

bool escape_is_plain(const char *text)
{
	return !text[escape_plain_length(text, strlen(text))];
}

static bool put(FILE *to, const char *bytes, size_t size)
{
	return !size || fwrite(bytes, 1, size, to) == size;
}

static bool write_escaped(FILE *to, const char *bytes, size_t size, bool lines)
{
	for (;;) {
		uint32_t point;
		char escaped[ESCAPE_BYTES];
		size_t plain = plain_length((const uint8_t *)bytes, size, lines);
		if (!put(to, bytes, plain))
			return false;
		bytes += plain;
		size -= plain;
		if (!size)
			return true;
		size_t count = decode((const uint8_t *)bytes, size, &point);
		if (count)
			escape_of(point, escaped);
		const char *instead = count ? escaped : replacement;
		if (!put(to, instead, strlen(instead)))
			return false;
		bytes += count ? count : 1;
		size -= count ? count : 1;
	}
}

bool escape_write(FILE *to, const char *text, size_t length)
{
	return write_escaped(to, text, length, false);
}

bool escape_write_lines(FILE *to, const char *lines, size_t size)
{
	return write_escaped(to, lines, size, true);
}
