#include "base/list.h"
#include "cli/next_command.h"
#include "tests/unit/tap.h"

#include <string.h>

static const struct option options[] = {
	{ "-p", "PID", "", NULL },
	{ "--freeze", NULL, "", NULL },
	{ "--zstd", "[=LEVEL]", "", NULL },
	{ 0 },
};
static const struct verb verb = { .name = "dumpheap", .options = options, .max_positionals = 1 };

static struct error *parse(struct arena *arena, struct invocation *ret)
{
	static const char *const words[] = { "clrpod",   "dumpheap", "-p", "1",
					     "--freeze", "--zstd=3", "a b" };
	return invocation_parse(&verb, COUNT_OF(words), (char **)words, 2, arena, ret);
}

/* What is after the program's name. */
static const char *after_program(const char *line)
{
	const char *at = line ? strstr(line, " dumpheap ") : NULL;
	return at ? at + 1 : "";
}

TEST(another_way_is_chosen_in_place_of_the_one_given)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	struct invocation invocation;
	CHECK_OK(parse(&arena, &invocation));
	const char *insist = next_command_insist(&invocation, &arena);
	const char *any = next_command_any_way(&invocation, &arena);
	REQUIRE(insist && any);
	CHECK_TEXT(after_program(insist), "dumpheap -p 1 --zstd=3 'a b' --snapshot");
	CHECK_TEXT(after_program(any), "dumpheap -p 1 --zstd=3 'a b'");
}

/* They come last, after --: there none is taken for an option of the verb. */
TEST(a_command_keeps_its_own_words)
{
	static const char *const own[] = { "-name", "x y" };
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	struct invocation invocation;
	CHECK_OK(parse(&arena, &invocation));
	invocation.own_words = own;
	invocation.own_word_count = COUNT_OF(own);
	const char *insist = next_command_insist(&invocation, &arena);
	const char *any = next_command_any_way(&invocation, &arena);
	REQUIRE(insist && any);
	CHECK_TEXT(after_program(insist), "dumpheap -p 1 --zstd=3 'a b' --snapshot -- -name 'x y'");
	CHECK_TEXT(after_program(any), "dumpheap -p 1 --zstd=3 'a b' -- -name 'x y'");
}

static const struct tap_case cases[] = {
	CASE(another_way_is_chosen_in_place_of_the_one_given),
	CASE(a_command_keeps_its_own_words),
};
TAP_MAIN(cases)
