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

static const struct tap_case cases[] = {
	CASE(options_and_words),
	CASE(quotes_inside_a_word_stay),
	CASE(words_that_look_like_options),
	CASE(what_is_not_understood_is_named),
};
TAP_MAIN(cases)
