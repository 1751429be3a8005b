/*
 * flatten FILE: JSON as lines "PATH<tab>VALUE", for awk: "0.threads.3.os_id<tab>1234", where the
 * first number is the line of the file. Strings are written without quotes, control characters and
 * backslashes as \uXXXX; those under the key "message" in quotes and printable ASCII, other UTF-16
 * units as \uXXXX, as the oracle writes them. Our own, because a bare machine has neither jq nor
 * Python. The file is JSON: tests/cli/json_check.c says so elsewhere.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

struct reader {
	const char *at;
	char path[PATH_BYTES];
	bool is_message;
};

static void value(struct reader *reader, size_t path);

static unsigned hex(const char *digits)
{
	char text[5] = { 0 };
	memcpy(text, digits, 4);
	return (unsigned)strtoul(text, NULL, 16);
}

/* One UTF-16 unit. */
static void put_unit(unsigned unit, bool quoted)
{
	if (quoted && (unit == '"' || unit == '\\'))
		printf("\\%c", (int)unit);
	else if (unit >= ' ' && unit <= '~' && (quoted || unit != '\\'))
		putchar((int)unit);
	else
		printf("\\u%04x", unit);
}

static void put_utf8(const char **at)
{
	const unsigned char *bytes = (const unsigned char *)*at;
	unsigned length = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	unsigned point = bytes[0] & (0xffu >> (length + 1));
	for (unsigned i = 1; i < length; i++)
		point = point << 6 | (bytes[i] & 0x3fu);
	*at += length;
	if (point < 0x10000) {
		put_unit(point, true);
		return;
	}
	put_unit(0xd800 + ((point - 0x10000) >> 10), true);
	put_unit(0xdc00 + ((point - 0x10000) & 0x3ff), true);
}

static void put_escape(const char **at, bool quoted)
{
	static const char names[] = "\"\\/bfnrt", units[] = "\"\\/\b\f\n\r\t";
	const char *name = strchr(names, **at);
	if (**at == 'u') {
		put_unit(hex(*at + 1), quoted);
		*at += 5;
		return;
	}
	put_unit((unsigned char)units[name - names], quoted);
	*at += 1;
}

/* The string that begins at the quote. */
static void string(struct reader *reader, bool quoted)
{
	const char *at = reader->at + 1;
	if (quoted)
		putchar('"');
	while (*at && *at != '"') {
		if (*at == '\\') {
			at++;
			put_escape(&at, quoted);
		} else if (quoted && (unsigned char)*at >= 0x80) {
			put_utf8(&at);
		} else {
			putchar(*at++);
		}
	}
	if (quoted)
		putchar('"');
	reader->at = at + (*at == '"');
}

static size_t enter(struct reader *reader, size_t path, const char *name, size_t length)
{
	if (path + length + 2 > PATH_BYTES)
		exit(2);
	if (path)
		reader->path[path++] = '.';
	memcpy(reader->path + path, name, length);
	reader->path[path + length] = '\0';
	return path + length;
}

static void object(struct reader *reader, size_t path)
{
	while (*reader->at && *reader->at != '}') {
		const char *name = reader->at + 2; /* after the brace or comma, and the quote */
		if (reader->at[1] == '}') {
			reader->at++;
			break;
		}
		size_t length = strcspn(name, "\"");
		bool outer = reader->is_message;
		reader->is_message = length == 7 && !memcmp(name, "message", 7);
		reader->at = name + length + 2;
		value(reader, enter(reader, path, name, length));
		reader->is_message = outer;
	}
	reader->at += *reader->at == '}';
}

static void array(struct reader *reader, size_t path)
{
	for (unsigned i = 0; *reader->at && *reader->at != ']'; i++) {
		char number[16];
		reader->at++;
		if (*reader->at == ']')
			break;
		value(reader, enter(reader, path, number,
				    (size_t)snprintf(number, sizeof(number), "%u", i)));
	}
	reader->at += *reader->at == ']';
}

static void value(struct reader *reader, size_t path)
{
	if (*reader->at == '{') {
		object(reader, path);
		return;
	}
	if (*reader->at == '[') {
		array(reader, path);
		return;
	}
	printf("%s\t", reader->path);
	if (*reader->at == '"') {
		string(reader, reader->is_message);
	} else {
		size_t length = strcspn(reader->at, ",}]");
		printf("%.*s", (int)length, reader->at);
		reader->at += length;
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t capacity = 0;
	if (!file)
		return 2;
	for (unsigned i = 0; getline(&line, &capacity, file) > 0; i++) {
		static struct reader reader;
		char number[16];
		int length = snprintf(number, sizeof(number), "%u", i);
		line[strcspn(line, "\n")] = '\0';
		reader.at = line;
		value(&reader, enter(&reader, 0, number, (size_t)length));
	}
	free(line);
	return fclose(file) != 0;
}
