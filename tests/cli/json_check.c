/*
 * json_check FILE: is each line of it one JSON value (RFC 8259) in valid UTF-8? Exit status 0 or 1.
 * Our own, because jq refuses the escapes of lone surrogates and a bare machine has neither jq nor
 * Python.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const char *at;
	unsigned depth;
};

static bool parse_value(struct parser *parser);

static void skip_blanks(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t\r\n");
}

static bool take(struct parser *parser, char character)
{
	skip_blanks(parser);
	bool there = *parser->at == character;
	parser->at += there;
	return there;
}

static size_t utf8_length(const unsigned char *bytes)
{
	size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	if ((bytes[0] >= 0x80 && bytes[0] < 0xc2) || bytes[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool parse_string(struct parser *parser)
{
	if (!take(parser, '"'))
		return false;
	while (*parser->at != '"') {
		if ((unsigned char)*parser->at < 0x20)
			return false;
		if (*parser->at != '\\') {
			size_t length = utf8_length((const unsigned char *)parser->at);
			parser->at += length;
			if (!length)
				return false;
		} else if (parser->at[1] == 'u') {
			if (strspn(parser->at + 2, "0123456789abcdefABCDEF") < 4)
				return false;
			parser->at += 6;
		} else if (parser->at[1] && strchr("\"\\/bfnrt", parser->at[1])) {
			parser->at += 2;
		} else {
			return false;
		}
	}
	parser->at++;
	return true;
}

static bool parse_number(struct parser *parser)
{
	const char *at = parser->at + (*parser->at == '-');
	size_t digits = strspn(at, "0123456789");
	if (!digits || (*at == '0' && digits > 1))
		return false;
	at += digits;
	if (*at == '.') {
		digits = strspn(++at, "0123456789");
		if (!digits)
			return false;
		at += digits;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '+' || *at == '-';
		digits = strspn(at, "0123456789");
		if (!digits)
			return false;
		at += digits;
	}
	parser->at = at;
	return true;
}

static bool parse_list(struct parser *parser, char end, bool object)
{
	if (take(parser, end))
		return true;
	do {
		if (object && !(parse_string(parser) && take(parser, ':')))
			return false;
		if (!parse_value(parser))
			return false;
	} while (take(parser, ','));
	return take(parser, end);
}

static bool parse_value(struct parser *parser)
{
	static const char *const words[] = { "true", "false", "null" };
	skip_blanks(parser);
	for (size_t i = 0; i < 3; i++) {
		if (!strncmp(parser->at, words[i], strlen(words[i]))) {
			parser->at += strlen(words[i]);
			return true;
		}
	}
	if (*parser->at == '"')
		return parse_string(parser);
	if (*parser->at != '{' && *parser->at != '[')
		return parse_number(parser);
	bool object = *parser->at++ == '{';
	if (++parser->depth > 1000)
		return false;
	bool good = parse_list(parser, object ? '}' : ']', object);
	parser->depth--;
	return good;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t capacity = 0;
	unsigned number = 0;
	ssize_t length;
	while (file && (length = getline(&line, &capacity, file)) >= 0) {
		struct parser parser = { .at = line };
		number++;
		bool good = parse_value(&parser);
		skip_blanks(&parser);
		if (!good || parser.at != line + length) {
			printf("# %s:%u:%td: not JSON\n", argv[1], number, parser.at - line + 1);
			return 1;
		}
	}
	free(line);
	return file && number ? 0 : 1;
}
