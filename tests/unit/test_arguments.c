#include "base/list.h"
#include "commands/interpreter/arguments.h"
#include "tests/unit/tap.h"

static const char *const type_aliases[] = { "--type-name", NULL };
static const struct option options[] = {
	{ "-stat", NULL, "", NULL },  { "-type", "TEXT", "", type_aliases },
	{ "-min", "SIZE", "", NULL }, { "-mt", "ADDRESS", "", NULL },
	{ "-exact", NULL, "", NULL }, { 0 },
};

struct parsed {
	struct arena arena;
	struct arguments *arguments;
};

static void parsed_cleanup(struct parsed *parsed)
{
	arena_deinit(&parsed->arena);
}

static struct error *parse(struct parsed *parsed, const char *line)
{
	return arguments_parse(line, options, 2, &parsed->arena, &parsed->arguments);
}

#define PARSED(name) CLEANUP(parsed_cleanup) struct parsed name = { 0 }

TEST(options_and_words)
{
	PARSED(it);
	CHECK_OK(parse(&it, "  -STAT --type Dict -min=0x10 7f00  \t\"two words\""));
	CHECK(arguments_has(it.arguments, "-stat"));
	CHECK(!arguments_has(it.arguments, "-exact"));
	CHECK_TEXT(arguments_value(it.arguments, "-type"), "Dict");
	CHECK(arguments_value(it.arguments, "-mt") == NULL);
	CHECK_NUMBER(arguments_count(it.arguments), 2);
	CHECK_TEXT(arguments_positional(it.arguments, 0), "7f00");
	CHECK_TEXT(arguments_positional(it.arguments, 1), "two words");
	CHECK(!arguments_positional(it.arguments, 2));
	uint64_t number = 5, address = 7;
	CHECK_OK(arguments_number(it.arguments, "-min", &number));
	CHECK_NUMBER(number, 16);
	CHECK_OK(arguments_address(it.arguments, "-mt", &address));
	CHECK_NUMBER(address, 7);
	CHECK_OK(arguments_positional_address(it.arguments, 0, "the object", &address));
	CHECK_NUMBER(address, 0x7f00);
	CHECK_FAILS(arguments_positional_address(it.arguments, 1, "the end", &address), ERROR_USAGE,
		    "the end: \"two words\" is not an address");
	CHECK_FAILS(arguments_positional_address(it.arguments, 2, "the end", &address), ERROR_USAGE,
		    "the end is missing");
}

TEST(a_line_of_many_words_takes_room_for_one_line)
{
	enum { WORDS = 50 * 1000, WORD_BYTES = 6 };
	PARSED(it);
	char *line = calloc(WORDS, WORD_BYTES);
	REQUIRE(line);
	for (size_t i = 0; i < WORDS; i++)
		memcpy(line + i * WORD_BYTES, "-stat ", WORD_BYTES);
	line[WORDS * WORD_BYTES - 1] = '\0';
	it.arena.limit_bytes = 1 << 20;
	CHECK_OK(parse(&it, line));
	free(line);
	CHECK(arguments_has(it.arguments, "-stat"));
}

TEST(quotes_inside_a_word_stay)
{
	PARSED(it);
	CHECK_OK(parse(&it, "A.Policies[\"pay \\\"ments\"].X 'b \"c\"'"));
	CHECK_TEXT(arguments_positional(it.arguments, 0), "A.Policies[\"pay \\\"ments\"].X");
	CHECK_TEXT(arguments_positional(it.arguments, 1), "b \"c\"");
	CHECK_OK(parse(&it, "A['\\'']"));
	CHECK_TEXT(arguments_positional(it.arguments, 0), "A['\\'']");
}

TEST(words_that_look_like_options)
{
	PARSED(it);
	CHECK_OK(parse(&it, "-5 /d \"-stat\""));
	CHECK_NUMBER(arguments_count(it.arguments), 2);
	CHECK_TEXT(arguments_positional(it.arguments, 1), "-stat");
	CHECK(!arguments_has(it.arguments, "-stat"));
	CHECK_OK(parse(&it, "-- -stat"));
	CHECK_TEXT(arguments_positional(it.arguments, 0), "-stat");
	CHECK_OK(parse(&it, "--TYPE-name -x"));
	CHECK_TEXT(arguments_value(it.arguments, "-type"), "-x");
}

TEST(what_is_not_understood_is_named)
{
	static const char *const bad[][2] = {
		{ "-bogus", "there is no option -bogus" },
		{ "-type", "-type wants a value: -type TEXT" },
		{ "-stat=1", "-stat takes no value" },
		{ "a b c", "there is one word too many: c" },
		{ "\"abc", "a quote is not closed: \"abc" },
		{ "x['abc", "a quote is not closed" },
		{ "\"abc\\", "a quote is not closed" },
		{ "-typ x", "there is no option -typ: did you mean -type?" },
		{ "-e", "there is no option -e: did you mean -exact?" },
		{ "-type a -type b", "-type is given twice" },
		{ "a | head", "| is not |>" },
		{ "a['\\'", "a quote is not closed" },
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		PARSED(it);
		CHECK_FAILS(parse(&it, bad[i][0]), ERROR_USAGE, bad[i][1]);
	}
}

static struct error *parse_list(struct parsed *parsed, const char *const *words, size_t count)
{
	return arguments_of_words(words, count, options, 3, &parsed->arena, &parsed->arguments);
}

TEST(whole_words_are_taken_as_they_are)
{
	static const char *const words[] = { "-stat", "--type", "-x \"y\" 'z", "\"", "a b", "" };
	static const char *const dashes[] = { "-5", "--", "-stat" };
	static const char *const bad[] = { "-type" };
	PARSED(it);
	CHECK_OK(parse_list(&it, words, COUNT_OF(words)));
	CHECK(arguments_has(it.arguments, "-stat"));
	CHECK_TEXT(arguments_value(it.arguments, "-type"), "-x \"y\" 'z");
	CHECK_NUMBER(arguments_count(it.arguments), 3);
	CHECK_TEXT(arguments_positional(it.arguments, 0), "\"");
	CHECK_TEXT(arguments_positional(it.arguments, 1), "a b");
	CHECK_TEXT(arguments_positional(it.arguments, 2), "");
	CHECK_OK(parse_list(&it, dashes, COUNT_OF(dashes)));
	CHECK_NUMBER(arguments_count(it.arguments), 2);
	CHECK_TEXT(arguments_positional(it.arguments, 1), "-stat");
	CHECK(!arguments_has(it.arguments, "-stat"));
	CHECK_OK(parse_list(&it, words, 0));
	CHECK_NUMBER(arguments_count(it.arguments), 0);
	CHECK_FAILS(parse_list(&it, bad, 1), ERROR_USAGE, "-type wants a value");
}

/* A word that a line has in this form: in quotes only where it needs them. */
TEST(a_word_is_written_so_that_it_is_read_as_itself)
{
	static const char *const words[][2] = {
		{ "7f00", "7f00" },
		{ "a b", "\"a b\"" },
		{ "", "\"\"" },
		{ "it's \"so\"", "\"it's \\\"so\\\"\"" },
		{ "A.Policies[\"pay ments\"].X", "A.Policies[\"pay ments\"].X" },
		{ "A['x\\' y']", "A['x\\' y']" },
		{ "a\"b", "\"a\\\"b\"" },
		{ "|>", "\"|>\"" },
		{ "#x", "\"#x\"" },
		{ "\\", "\\" },
		{ "'", "\"'\"" },
		{ "a\tb\\", "\"a\tb\\\\\"" },
	};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		PARSED(it);
		CLEANUP(text_deinit) struct text text = { 0 };
		arguments_append_word(&text, words[i][0]);
		if (text_failed(&text))
			continue;
		CHECK_TEXT(text_string(&text), words[i][1]);
		CHECK_OK(parse(&it, text_string(&text)));
		CHECK_TEXT(arguments_positional(it.arguments, 0), words[i][0]);
	}
}

TEST(an_option_is_found_by_what_spells_it)
{
	bool has_value;
	CHECK(option_find(options, "--TYPE", &has_value) == &options[1]);
	CHECK(!has_value);
	CHECK(option_find(options, "-type-name=x", &has_value) == &options[1]);
	CHECK(has_value);
	CHECK(!option_find(options, "type", &has_value) && !option_find(options, "-", &has_value));
	CHECK(!option_find(options, "-5", &has_value) && !option_find(NULL, "-x", &has_value));
}

TEST(help_is_asked_for_by_an_option_that_the_table_has_not)
{
	static const struct option own[] = { { "-h", NULL, "its own", NULL }, { 0 } };
	static const struct {
		const char *line;
		const struct option *options;
		bool asked;
	} lines[] = {
		{ "--help", options, true },     { "x -HELP", options, true },
		{ "-type x -h", options, true }, { "-type=x -h", options, true },
		{ "-bogus --help", NULL, true }, { "-type --help", options, false },
		{ "-- --help", options, false }, { "\"--help\"", options, false },
		{ "help -x", options, false },   { "-h", own, false },
		{ "-h -help", own, true },       { "", NULL, false },
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		PARSED(it);
		bool asked = !lines[i].asked;
		CHECK_OK(arguments_ask_help(lines[i].line, lines[i].options, &it.arena, &asked));
		CHECK(asked == lines[i].asked);
	}
	PARSED(it);
	bool asked;
	CHECK_FAILS(arguments_ask_help("x 'y --help", options, &it.arena, &asked), ERROR_USAGE,
		    "a quote is not closed");
}

static const struct tap_case cases[] = {
	CASE(options_and_words),
	CASE_ONCE(a_line_of_many_words_takes_room_for_one_line),
	CASE(quotes_inside_a_word_stay),
	CASE(words_that_look_like_options),
	CASE(what_is_not_understood_is_named),
	CASE(whole_words_are_taken_as_they_are),
	CASE(a_word_is_written_so_that_it_is_read_as_itself),
	CASE(an_option_is_found_by_what_spells_it),
	CASE(help_is_asked_for_by_an_option_that_the_table_has_not),
};
TAP_MAIN(cases)
