#include "base/cleanup.h"
#include "base/escape.h"
#include "base/list.h"
#include "tests/unit/tap.h"

static const struct {
	const char *given, *shown;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "a \"b\" \\c", "a \"b\" \\c" },
	{ "\x1b[2J\x1b]0;x\x07", "\\u001b[2J\\u001b]0;x\\u0007" },
	{ "\b\t\n\v\f\r", "\\b\\t\\n\\u000b\\f\\r" },
	{ "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
	{ "\xc2\x80\xc2\x85\xc2\x9b", "\\u0080\\u0085\\u009b" },
	{ "\u00a0\u00ad\u00e9", "\u00a0\\u00ad\u00e9" },
	{ "\u061c\u200b\u200f\u2010", "\\u061c\\u200b\\u200f\u2010" },
	{ "\u2027\u2028\u2029\u202a\u202e\u202f", "\u2027\\u2028\\u2029\\u202a\\u202e\u202f" },
	{ "\u2060\u2066\u2069\u2070\ufeff", "\\u2060\\u2066\\u2069\u2070\\ufeff" },
	{ "\u4e2d\u6587\U0001f600\u2764\ufe0f", "\u4e2d\u6587\U0001f600\u2764\ufe0f" },
	{ "\U0001bca0\U000e0041\U0010ffff", "\\ud82f\\udca0\\udb40\\udc41\U0010ffff" },
	/* No UTF-8: C1 as a byte, overlong, a surrogate, cut, too large. */
	{ "\x9b"
	  "2J",
	  "\ufffd2J" },
	{ "\xc0\x9b", "\ufffd\ufffd" },
	{ "\xed\xa0\x80", "\ufffd\ufffd\ufffd" },
	{ "a\xe2\x80", "a\ufffd\ufffd" },
	{ "\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd" },
};
enum { TEXTS = COUNT_OF(texts) };

struct capture {
	FILE *stream;
	char *bytes;
	size_t size;
};

static void capture_cleanup(struct capture *capture)
{
	if (capture->stream)
		fclose(capture->stream);
	free(capture->bytes);
}

TEST(appended)
{
	for (size_t i = 0; i < TEXTS; i++) {
		CLEANUP(text_deinit) struct text text = { 0 };
		escape_append(&text, texts[i].given, strlen(texts[i].given), ESCAPE_TEXT);
		REQUIRE(!text_failed(&text));
		CHECK_TEXT(text_string(&text), texts[i].shown);
	}
}

TEST(quoted)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	escape_append(&text, "\"\\\n", 3, ESCAPE_TEXT_QUOTED);
	escape_append(&text, "\"\\\n", 3, ESCAPE_JSON);
	REQUIRE(!text_failed(&text));
	CHECK_TEXT(text_string(&text), "\\\"\\\\\\n\\\"\\\\\\n");
}

TEST(utf16)
{
	static const uint16_t units[] = { 'a',    0x1b,   '\n',   0x9b, 0x202e, 'b',    0xd83d,
					  0xde00, 0xdb40, 0xdc41, 'c',  0xdc00, 0xd800, '"' };
	CLEANUP(text_deinit) struct text text = { 0 };
	escape_append_utf16(&text, units, COUNT_OF(units), ESCAPE_TEXT);
	REQUIRE(!text_failed(&text));
	CHECK_TEXT(text_string(&text), "a\\u001b\\n\\u009b\\u202eb\U0001f600\\udb40\\udc41c"
				       "\\udc00\\ud800\"");
}

/* Needs no memory of ours; the stream's is not what is tested. */
TEST(written)
{
	for (size_t i = 0; i < TEXTS; i++) {
		CLEANUP(capture_cleanup) struct capture to = { 0 };
		to.stream = open_memstream(&to.bytes, &to.size);
		REQUIRE(to.stream);
		CHECK(escape_write(to.stream, texts[i].given, strlen(texts[i].given)));
		REQUIRE(!fflush(to.stream));
		CHECK_TEXT(to.bytes, texts[i].shown);
	}
}

/* The odd one at each place of some blocks of plain ones, and newlines pass. */
TEST(written_lines)
{
	enum { LENGTH = 150 };
	for (size_t at = 0; at < LENGTH; at++) {
		char lines[LENGTH], wanted[LENGTH + 16];
		CLEANUP(capture_cleanup) struct capture to = { 0 };
		memset(lines, 'x', sizeof(lines));
		lines[LENGTH / 2] = '\n';
		lines[at] = '\x1b';
		to.stream = open_memstream(&to.bytes, &to.size);
		REQUIRE(to.stream);
		CHECK(escape_write_lines(to.stream, lines, sizeof(lines)));
		REQUIRE(!fflush(to.stream));
		snprintf(wanted, sizeof(wanted), "%.*s\\u001b%.*s", (int)at, lines,
			 (int)(LENGTH - at - 1), lines + at + 1);
		CHECK_TEXT(to.bytes, wanted);
	}
}

TEST(a_stream_that_fails)
{
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		SKIP("no /dev/full");
	setvbuf(full, NULL, _IONBF, 0);
	CHECK(!escape_write(full, "x", 1));
	CHECK(!escape_write(full, "\x1b", 1));
	fclose(full);
}

TEST(plain)
{
	CHECK_NUMBER(escape_plain_length("Demo.P\x1bx", 8), 6);
	CHECK_NUMBER(escape_plain_length("a\nb", 3), 1);
	CHECK_NUMBER(escape_plain_length("\u00e9\u202e", 5), 2);
	CHECK_NUMBER(escape_plain_length("ab\xe2\x80", 4), 2); /* a part of a character */
	CHECK(escape_is_plain(""));
	CHECK(escape_is_plain("get Demo.Gateway[\"\u00e9\"]"));
	CHECK(!escape_is_plain("a\tb"));
	for (size_t i = 0; i < TEXTS; i++)
		CHECK_NUMBER(escape_is_plain(texts[i].given),
			     !strcmp(texts[i].given, texts[i].shown));
}

static const struct tap_case cases[] = {
	CASE(appended), CASE(quoted),        CASE(utf16),
	CASE(written),  CASE(written_lines), CASE(a_stream_that_fails),
	CASE(plain),
};
TAP_MAIN(cases)
