#include "inspect/path/path.h"

#include "base/limits.h"
#include "base/number_text.h"
#include "base/text.h"

#include <ctype.h>

enum { ADDRESS_DIGITS = 12, REPLACEMENT = 0xfffd };

struct parser {
	const char *text, *at;
	struct arena *arena;
	struct path_step *steps;
	size_t count;
};

static struct error *wrong(const struct parser *parser, const char *what)
{
	return error_new(ERROR_USAGE, "%s at \"%.40s\" of the path %.200s%s", what, parser->at,
			 parser->text, strlen(parser->text) > 200 ? "…" : "");
}

static void skip_blanks(struct parser *parser)
{
	while (*parser->at == ' ' || *parser->at == '\t')
		parser->at++;
}

/* One code point of UTF-8; what is none becomes U+FFFD, a byte at a time. */
static uint32_t take_point(const char **at, const char *end)
{
	const uint8_t *bytes = (const uint8_t *)*at;
	size_t left = (size_t)(end - *at);
	uint32_t first = bytes[0];
	size_t length = first < 0x80   ? 1
			: first < 0xc2 ? 0
			: first < 0xe0 ? 2
			: first < 0xf0 ? 3
				       : 4;
	(*at)++;
	if (length == 1)
		return first;
	if (!length || first > 0xf4 || length > left)
		return REPLACEMENT;
	uint32_t point = first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	*at += length - 1;
	return point > 0x10ffff ? REPLACEMENT : point;
}

static void put_point(uint16_t **to, uint32_t point)
{
	if (point >= 0x10000) {
		*(*to)++ = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
		point = 0xdc00 + (point & 0x3ff);
	}
	*(*to)++ = (uint16_t)point;
}

/* Four hex digits; false: they are not there. */
static bool take_unit(const char **at, const char *end, uint32_t *ret)
{
	*ret = 0;
	if (end - *at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int digit = tolower((unsigned char)*(*at)++);
		if (!isxdigit(digit))
			return false;
		*ret = *ret << 4 | (uint32_t)(isdigit(digit) ? digit - '0' : digit - 'a' + 10);
	}
	return true;
}

/* After a backslash; anything unknown means itself. */
static bool take_escape(const char **at, const char *end, uint16_t **to)
{
	static const char letters[] = { ['0'] = 1, ['n'] = '\n', ['r'] = '\r', ['t'] = '\t' };
	uint32_t unit = (unsigned char)**at;
	if (unit == 'u') {
		(*at)++;
		if (!take_unit(at, end, &unit))
			return false;
	} else if (unit < sizeof(letters) && letters[unit]) {
		(*at)++;
		unit = unit == '0' ? 0 : (uint32_t)letters[unit];
	} else {
		unit = take_point(at, end);
	}
	put_point(to, unit);
	return true;
}

/* The key made of [at, end); false: a wrong escape. */
static struct error *make_key(const char *at, const char *end, bool escapes, struct arena *arena,
			      struct path_key *ret, bool *ret_wrong)
{
	size_t length = (size_t)(end - at);
	uint16_t *units = arena_allocate_array(arena, length + 1, sizeof(*units));
	struct text text = { 0 };
	*ret_wrong = false;
	if (!units)
		return &error_no_memory;
	uint16_t *to = units;
	while (at < end && !*ret_wrong) {
		if (escapes && *at == '\\' && at + 1 < end) {
			at++;
			*ret_wrong = !take_escape(&at, end, &to);
		} else {
			put_point(&to, take_point(&at, end));
		}
	}
	ret->units = units;
	ret->unit_count = (size_t)(to - units);
	text_append_utf16(&text, units, ret->unit_count);
	ret->text =
		text_failed(&text) ? NULL : arena_copy_text(arena, text_string(&text), text.length);
	text_deinit(&text);
	return ret->text ? NULL : &error_no_memory;
}

struct error *path_key_of_text(const char *text, struct arena *arena, struct path_key *ret)
{
	bool unused;
	ret->is_quoted = false;
	return make_key(text, text + strlen(text), false, arena, ret, &unused);
}

static struct error *parse_quoted(struct parser *parser, struct path_key *ret)
{
	char quote = *parser->at;
	const char *start = ++parser->at;
	bool is_wrong;
	while (*parser->at && *parser->at != quote)
		parser->at += parser->at[0] == '\\' && parser->at[1] ? 2 : 1;
	if (!*parser->at) {
		parser->at = start - 1;
		return wrong(parser, "a quote is not closed");
	}
	ret->is_quoted = true;
	TRY(make_key(start, parser->at, true, parser->arena, ret, &is_wrong));
	if (is_wrong) {
		parser->at = start - 1;
		return wrong(parser, "\\u wants four hex digits");
	}
	parser->at++;
	return NULL;
}

static struct error *parse_bare(struct parser *parser, struct path_key *ret)
{
	const char *start = parser->at, *end = start;
	int depth = 0;
	bool unused;
	for (; *parser->at; parser->at++) {
		if (!depth && (*parser->at == ',' || *parser->at == ']'))
			break;
		depth += strchr("({<[", *parser->at) != NULL;
		depth -= strchr(")}>]", *parser->at) != NULL;
		if (*parser->at != ' ')
			end = parser->at + 1;
	}
	if (end == start)
		return wrong(parser, "an index is missing");
	ret->is_quoted = false;
	return make_key(start, end, false, parser->arena, ret, &unused);
}

static struct error *new_step(struct parser *parser, struct path_step **ret)
{
	if (parser->count == LIMIT_GET_STEPS)
		return error_new(ERROR_USAGE, "the path has more than %d steps", LIMIT_GET_STEPS);
	*ret = &parser->steps[parser->count++];
	return NULL;
}

/* After the '['. */
static struct error *parse_index(struct parser *parser)
{
	struct path_step *step = NULL;
	struct path_key keys[LIMIT_ARRAY_RANK] = { 0 };
	size_t count = 0;
	TRY(new_step(parser, &step));
	do {
		parser->at += count != 0;
		skip_blanks(parser);
		if (count == LIMIT_ARRAY_RANK)
			return wrong(parser, "there are too many indexes");
		struct path_key *key = &keys[count++];
		if (*parser->at == '"' || *parser->at == '\'')
			TRY(parse_quoted(parser, key));
		else
			TRY(parse_bare(parser, key));
		skip_blanks(parser);
	} while (*parser->at == ',');
	if (*parser->at != ']')
		return wrong(parser, "a ] is missing");
	parser->at++;
	struct path_key *kept = arena_allocate_array(parser->arena, count, sizeof(*kept));
	if (!kept)
		return &error_no_memory;
	memcpy(kept, keys, count * sizeof(*kept));
	step->keys = kept;
	step->key_count = count;
	step->end = (size_t)(parser->at - parser->text);
	return NULL;
}

static struct error *parse_name(struct parser *parser)
{
	struct path_step *step = NULL;
	skip_blanks(parser);
	parser->at += *parser->at == '@'; /* C#'s, before a name that is a keyword */
	const char *start = parser->at;
	int depth = 0;
	for (; *parser->at; parser->at++) {
		if (!depth && (*parser->at == '.' || *parser->at == '['))
			break;
		depth += *parser->at == '<';
		depth -= *parser->at == '>' && depth;
	}
	const char *end = parser->at;
	while (end > start && end[-1] == ' ')
		end--;
	if (end == start)
		return wrong(parser, "a name is missing");
	if (depth) {
		parser->at = start;
		return wrong(parser, "a < is not closed");
	}
	TRY(new_step(parser, &step));
	step->name = arena_copy_text(parser->arena, start, (size_t)(end - start));
	step->end = (size_t)(end - parser->text);
	return step->name ? NULL : &error_no_memory;
}

static struct error *parse_address_root(struct parser *parser, struct path *path)
{
	const char *digits = parser->at;
	bool prefix = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	digits += prefix ? 2 : 0;
	size_t length = strspn(digits, "0123456789abcdefABCDEF`");
	char next = digits[length];
	if ((!prefix && length < ADDRESS_DIGITS) || (next && next != '.' && next != '['))
		return NULL;
	const char *text =
		arena_copy_text(parser->arena, parser->at, (size_t)(digits + length - parser->at));
	if (!text)
		return &error_no_memory;
	TRY(parse_address(text, &path->address));
	path->has_address = true;
	parser->at = digits + length;
	path->root_end = (size_t)(parser->at - parser->text);
	return NULL;
}

struct error *path_parse(const char *text, struct arena *arena, struct path *ret)
{
	struct parser parser = { .text = text, .at = text, .arena = arena };
	parser.steps = arena_allocate_array(arena, LIMIT_GET_STEPS, sizeof(*parser.steps));
	if (!parser.steps)
		return &error_no_memory;
	*ret = (struct path){ .text = text, .steps = parser.steps };
	skip_blanks(&parser);
	TRY(parse_address_root(&parser, ret));
	if (!ret->has_address)
		TRY(parse_name(&parser));
	while (*parser.at) {
		if (*parser.at == '[') {
			parser.at++;
			TRY(parse_index(&parser));
		} else if (*parser.at == '.') {
			parser.at++;
			TRY(parse_name(&parser));
		} else if (*parser.at == ' ') {
			parser.at++;
		} else {
			return wrong(&parser, "a . or [ is expected");
		}
	}
	ret->step_count = parser.count;
	return NULL;
}

const char *path_prefix(const struct path *path, size_t steps, struct arena *arena)
{
	size_t length = steps ? path->steps[steps - 1].end : path->root_end;
	return arena_copy_text(arena, path->text, length);
}
