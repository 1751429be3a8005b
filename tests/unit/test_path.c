/* Paths of get, and the names that are near to one. */
#include "base/list.h"
#include "inspect/near_names.h"
#include "inspect/path/path.h"
#include "tests/unit/tap.h"

struct parsed {
	struct arena arena;
	struct path path;
};

static void parsed_cleanup(struct parsed *parsed)
{
	arena_deinit(&parsed->arena);
}

static struct error *parse(struct parsed *parsed, const char *text)
{
	arena_init(&parsed->arena);
	return path_parse(text, &parsed->arena, &parsed->path);
}

TEST(names_and_keys)
{
	CLEANUP(parsed_cleanup) struct parsed parsed = { 0 };
	CHECK_OK(parse(&parsed, "Gateway.Instance._policies[\"a.b[0]\"].Name"));
	const struct path *path = &parsed.path;
	CHECK(!path->has_address);
	REQUIRE(path->step_count == 5);
	CHECK_TEXT(path->steps[0].name, "Gateway");
	CHECK_TEXT(path->steps[2].name, "_policies");
	CHECK(!path->steps[3].name);
	REQUIRE(path->steps[3].key_count == 1);
	CHECK(path->steps[3].keys[0].is_quoted);
	CHECK_TEXT(path->steps[3].keys[0].text, "a.b[0]");
	CHECK_TEXT(path->steps[4].name, "Name");
	CHECK_TEXT(path_prefix(path, 3, &parsed.arena), "Gateway.Instance._policies");
	CHECK_TEXT(path_prefix(path, 4, &parsed.arena), "Gateway.Instance._policies[\"a.b[0]\"]");
}

TEST(generic_names_keep_their_dots_and_brackets)
{
	CLEANUP(parsed_cleanup) struct parsed parsed = { 0 };
	CHECK_OK(parse(&parsed, "A.Outer<System.Int32[], B.C<D.E>>+Inner.<X>k__BackingField"));
	REQUIRE(parsed.path.step_count == 3);
	CHECK_TEXT(parsed.path.steps[1].name, "Outer<System.Int32[], B.C<D.E>>+Inner");
	CHECK_TEXT(parsed.path.steps[2].name, "<X>k__BackingField");
}

TEST(addresses)
{
	CLEANUP(parsed_cleanup) struct parsed short_one = { 0 }, long_one = { 0 }, name = { 0 };
	CHECK_OK(parse(&short_one, "0x1F0.x[1]"));
	CHECK(short_one.path.has_address);
	CHECK_NUMBER(short_one.path.address, 0x1f0);
	CHECK_NUMBER(short_one.path.step_count, 2);
	CHECK_TEXT(path_prefix(&short_one.path, 0, &short_one.arena), "0x1F0");
	CHECK_OK(parse(&long_one, "7f0a4c0135e0"));
	CHECK_NUMBER(long_one.path.address, 0x7f0a4c0135e0);
	CHECK_NUMBER(long_one.path.step_count, 0);
	CHECK_OK(parse(&name, "Face.Dead"));
	CHECK(!name.path.has_address);
}

TEST(indexes)
{
	CLEANUP(parsed_cleanup) struct parsed parsed = { 0 };
	CHECK_OK(parse(&parsed, "A.B[ 1 , -2 ][^1]['x'][(1, a)][Mode.Strict]"));
	REQUIRE(parsed.path.step_count == 7);
	REQUIRE(parsed.path.steps[2].key_count == 2);
	CHECK_TEXT(parsed.path.steps[2].keys[0].text, "1");
	CHECK_TEXT(parsed.path.steps[2].keys[1].text, "-2");
	CHECK_TEXT(parsed.path.steps[3].keys[0].text, "^1");
	CHECK_TEXT(parsed.path.steps[4].keys[0].text, "x");
	CHECK_NUMBER(parsed.path.steps[5].key_count, 1);
	CHECK_TEXT(parsed.path.steps[5].keys[0].text, "(1, a)");
	CHECK_TEXT(parsed.path.steps[6].keys[0].text, "Mode.Strict");
}

TEST(escapes_become_units)
{
	CLEANUP(parsed_cleanup) struct parsed parsed = { 0 };
	CHECK_OK(parse(&parsed,
		       "A.B[\"\\\"\\\\\\n\\u00e9\\ud83d\\ude00\\ud83d\"][\"\xc3\xa9\"][\"\"]"));
	REQUIRE(parsed.path.step_count == 5);
	const struct path_key *key = &parsed.path.steps[2].keys[0];
	static const uint16_t units[] = { '"', '\\', '\n', 0xe9, 0xd83d, 0xde00, 0xd83d };
	REQUIRE(key->unit_count == COUNT_OF(units));
	CHECK(!memcmp(key->units, units, sizeof(units)));
	CHECK_NUMBER(parsed.path.steps[3].keys[0].unit_count, 1);
	CHECK_NUMBER(parsed.path.steps[3].keys[0].units[0], 0xe9);
	CHECK_NUMBER(parsed.path.steps[4].keys[0].unit_count, 0);
	CHECK_TEXT(parsed.path.steps[4].keys[0].text, "");
}

TEST(broken_utf8_is_replaced)
{
	CLEANUP(parsed_cleanup) struct parsed parsed = { 0 };
	CHECK_OK(parse(&parsed, "A.B[\"\xff\xf0\x9f\x98\x80\xe2\x82\"]"));
	REQUIRE(parsed.path.step_count == 3);
	const struct path_key *key = &parsed.path.steps[2].keys[0];
	REQUIRE(key->unit_count == 5);
	CHECK_NUMBER(key->units[0], 0xfffd);
	CHECK_NUMBER(key->units[1], 0xd83d);
	CHECK_NUMBER(key->units[2], 0xde00);
	CHECK_NUMBER(key->units[4], 0xfffd);
}

static void refuse(const char *text, const char *why)
{
	CLEANUP(parsed_cleanup) struct parsed parsed = { 0 };
	CHECK_FAILS(parse(&parsed, text), ERROR_USAGE, why);
}

TEST(wrong_paths_are_refused_with_the_place)
{
	refuse("", "a name is missing");
	refuse("A..B", "a name is missing at \".B\"");
	refuse("A.", "a name is missing");
	refuse("A[", "an index is missing");
	refuse("A[]", "an index is missing");
	refuse("A[1", "a ] is missing");
	refuse("A[1]x", "a . or [ is expected at \"x\"");
	refuse("A[\"x]", "a quote is not closed");
	refuse("A[\"\\u12\"]", "four hex digits");
	refuse("A<B.C", "a < is not closed");
}

TEST(too_many_steps_are_refused)
{
	char text[2 * 300 + 1];
	for (size_t i = 0; i < sizeof(text) - 1; i += 2)
		memcpy(text + i, i ? ".a" : "aa", 2);
	text[sizeof(text) - 1] = '\0';
	refuse(text, "more than 256 steps");
}

TEST(near_names_come_in_their_order)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	CLEANUP(text_deinit) struct text list = { 0 };
	struct near_names near = { .wanted = "paymemts", .limit = 3, .arena = &arena };
	static const char *const names[] = { "search", "orders", "Payments", "zzz", "Payments" };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		CHECK_OK(near_names_offer(&near, names[i]));
	near_names_list(&near, "'", &list);
	CHECK_NUMBER(near.count, 3);
	CHECK_NUMBER(near.offered, 4);
	CHECK_TEXT(near.names[0], "Payments");
	if (!text_failed(&list))
		CHECK(!strncmp(text_string(&list), "'Payments', '", 13));
}

TEST(edits_ignore_case_and_are_counted)
{
	CHECK_NUMBER(near_names_edits("", ""), 0);
	CHECK_NUMBER(near_names_edits("abc", ""), 3);
	CHECK_NUMBER(near_names_edits("Gateway", "gatewy"), 1);
	CHECK_NUMBER(near_names_edits("kitten", "sitting"), 3);
}

/* What is meant among "dumpheap", "dump", "get" and "-stat". */
static const char *meant(const char *wanted)
{
	static const char *const names[] = { "dumpheap", "dump", "get", "-stat" };
	struct meant_name meant = { .wanted = wanted };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		meant_name_offer(&meant, names[i]);
	return meant.name ? meant.name : "none";
}

TEST(a_name_is_meant_by_its_beginning_or_by_few_edits)
{
	static const char *const words[][2] = {
		{ "dumpheep", "dumpheap" }, { "DUMPH", "dumpheap" }, { "dumo", "dump" },
		{ "du", "dumpheap" },       { "gex", "get" },        { "gxx", "none" },
		{ "-s", "-stat" },          { "g", "none" },         { "", "none" },
		{ "heapdump", "none" },
	};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		CHECK_TEXT(meant(words[i][0]), words[i][1]);
}

static const struct tap_case cases[] = {
	CASE(names_and_keys),
	CASE(generic_names_keep_their_dots_and_brackets),
	CASE(addresses),
	CASE(indexes),
	CASE(escapes_become_units),
	CASE(broken_utf8_is_replaced),
	CASE(wrong_paths_are_refused_with_the_place),
	CASE(too_many_steps_are_refused),
	CASE(near_names_come_in_their_order),
	CASE(edits_ignore_case_and_are_counted),
	CASE(a_name_is_meant_by_its_beginning_or_by_few_edits),
};
TAP_MAIN(cases)
