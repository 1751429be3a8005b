#include "base/text.h"

enum { FIRST_CAPACITY = 256 };

static bool text_reserve(struct text *text, size_t more)
{
	size_t needed;
	if (text->failed || __builtin_add_overflow(text->length, more, &needed) ||
	    needed >= SIZE_MAX / 2) {
		text->failed = true;
		return false;
	}
	if (needed < text->capacity)
		return true;
	size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
	while (capacity <= needed)
		capacity *= 2;
	char *bytes = realloc(text->bytes, capacity);
	if (!bytes) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->capacity = capacity;
	return true;
}

void text_deinit(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}

void text_clear(struct text *text)
{
	text->length = 0;
	text->failed = false;
	if (text->bytes)
		text->bytes[0] = '\0';
}

void text_append_bytes(struct text *text, const char *bytes, size_t length)
{
	if (!text_reserve(text, length))
		return;
	if (length)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
	text_append_bytes(text, string, strlen(string));
}

void text_append_char(struct text *text, char character)
{
	text_append_bytes(text, &character, 1);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	if (length < 0)
		text->failed = true;
	else if (text_reserve(text, (size_t)length)) {
		vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	}
	va_end(again);
	va_end(arguments);
}

static void append_code_point(struct text *text, uint32_t point)
{
	char bytes[4];
	size_t count;
	if (point < 0x80) {
		bytes[0] = (char)point;
		count = 1;
	} else if (point < 0x800) {
		bytes[0] = (char)(0xc0 | point >> 6);
		bytes[1] = (char)(0x80 | (point & 0x3f));
		count = 2;
	} else if (point < 0x10000) {
		bytes[0] = (char)(0xe0 | point >> 12);
		bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (point & 0x3f));
		count = 3;
	} else {
		bytes[0] = (char)(0xf0 | point >> 18);
		bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
		bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
		bytes[3] = (char)(0x80 | (point & 0x3f));
		count = 4;
	}
	text_append_bytes(text, bytes, count);
}

void text_append_utf16(struct text *text, const uint16_t *units, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t point = units[i];
		bool high = point >= 0xd800 && point < 0xdc00;
		if (high && i + 1 < count && units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000)
			point = 0x10000 + ((point - 0xd800) << 10) + (units[++i] - 0xdc00u);
		else if (point >= 0xd800 && point < 0xe000)
			point = 0xfffd;
		append_code_point(text, point);
	}
}

void text_append_count(struct text *text, uint64_t number)
{
	char digits[24];
	size_t length =
		(size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text_append_char(text, ',');
		text_append_char(text, digits[i]);
	}
}

void text_append_shell_word(struct text *text, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./-+:=,@%";
	if (*word && !word[strspn(word, plain)]) {
		text_append(text, word);
		return;
	}
	text_append_char(text, '\'');
	for (; *word; word++)
		if (*word == '\'')
			text_append(text, "'\\''");
		else
			text_append_char(text, *word);
	text_append_char(text, '\'');
}

bool text_begins_with(const char *text, const char *beginning)
{
	return !strncmp(text, beginning, strlen(beginning));
}

bool text_ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && !strcmp(text + length - end_length, end);
}

const char *path_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *text_string(const struct text *text)
{
	return text->bytes && text->length ? text->bytes : "";
}

bool text_failed(const struct text *text)
{
	return text->failed;
}

void text_of_seconds(unsigned seconds, char *buffer, size_t size)
{
	enum { MINUTE = 60 };
	bool minutes = seconds && seconds % MINUTE == 0;
	unsigned count = minutes ? seconds / MINUTE : seconds;
	snprintf(buffer, size, "%u %s%s", count, minutes ? "minute" : "second",
		 count == 1 ? "" : "s");
}
