#include "base/list.h"
#include "heap/values/enum_name.h"
#include "tests/unit/tap.h"

/* What System.Enum.ToString() of .NET 8 and later gives was seen on these enums' sources in C#. */

static void check_name(const struct enum_constant *constants, size_t count, uint64_t bits,
		       bool is_flags, const char *expected)
{
	struct arena arena;
	const char *name;
	arena_init(&arena);
	struct error *error = enum_name_of(constants, count, bits, is_flags, &arena, &name);
	if (tap_succeeds(error, __FILE__, __LINE__, expected ? expected : "a number"))
		CHECK_TEXT(name, expected);
	arena_deinit(&arena);
}

/* enum Plain { First = 1, Second, Third = 1000, AlsoThird = 1000, Negative = -5 } */
static const struct enum_constant plain[] = {
	{ 1, "First" },
	{ 2, "Second" },
	{ 1000, "Third" },
	{ 1000, "AlsoThird" },
	{ 0xfffffffb, "Negative" },
};

TEST(a_value_has_the_first_constants_name)
{
	check_name(plain, COUNT_OF(plain), 2, false, "Second");
	check_name(plain, COUNT_OF(plain), 1000, false, "Third");
	check_name(plain, COUNT_OF(plain), 0xfffffffb, false, "Negative");
	check_name(plain, COUNT_OF(plain), 3, false, NULL);
	check_name(plain, COUNT_OF(plain), 0, false, NULL);
	check_name(plain, 0, 1, false, NULL);
	check_name(plain, 0, 1, true, NULL);
}

/* [Flags] enum Rights : long { None, Read = 1, Write = 2, Execute = 4, ReadWrite = 3, Owner = 1L <<
 * 40 } */
static const struct enum_constant rights[] = {
	{ 0, "None" },      { 1, "Read" },    { 2, "Write" },
	{ 3, "ReadWrite" }, { 4, "Execute" }, { (uint64_t)1 << 40, "Owner" },
};

TEST(flags_are_composed_of_the_largest_constants)
{
	check_name(rights, COUNT_OF(rights), 0, true, "None");
	check_name(rights, COUNT_OF(rights), 3, true, "ReadWrite");
	check_name(rights, COUNT_OF(rights), 5, true, "Read, Execute");
	check_name(rights, COUNT_OF(rights), 7, true, "ReadWrite, Execute");
	check_name(rights, COUNT_OF(rights), ((uint64_t)1 << 40) + 5, true, "Read, Execute, Owner");
	check_name(rights, COUNT_OF(rights), 8, true, NULL);
	check_name(rights, COUNT_OF(rights), 9, true, NULL);
	check_name(rights, COUNT_OF(rights), (uint64_t)1 << 50, true, NULL);
	check_name(rights + 1, COUNT_OF(rights) - 1, 0, true, NULL);
	check_name(rights, COUNT_OF(rights), 5, false, NULL);
}

TEST(of_equal_flags_the_last_is_shown)
{
	static const struct enum_constant twice[] = {
		{ 0, "None" }, { 0, "Nothing" }, { 1, "One" }, { 1, "Single" }, { 2, "Two" },
	};
	check_name(twice, COUNT_OF(twice), 1, true, "Single");
	check_name(twice, COUNT_OF(twice), 0, true, "None");
	check_name(twice, COUNT_OF(twice), 1, false, "One");
	/* Every zero but the very first constant fits any value: so it does in .NET. */
	check_name(twice, COUNT_OF(twice), 3, true, "Single, Two");
}

TEST(sixty_four_flags_at_once)
{
	static char names[64][4];
	struct enum_constant constants[64];
	for (unsigned i = 0; i < 64; i++) {
		snprintf(names[i], sizeof(names[i]), "b%u", i);
		constants[i] = (struct enum_constant){ (uint64_t)1 << i, names[i] };
	}
	struct arena arena;
	const char *name;
	arena_init(&arena);
	struct error *error = enum_name_of(constants, 64, UINT64_MAX, true, &arena, &name);
	if (tap_succeeds(error, __FILE__, __LINE__, "all bits")) {
		CHECK(name && strncmp(name, "b0, b1, ", 8) == 0);
		CHECK(name && strcmp(name + strlen(name) - 3, "b63") == 0);
	}
	arena_deinit(&arena);
}

TEST(sorting_is_unsigned_and_keeps_equal_ones_in_order)
{
	struct enum_constant few[] = { { 0xff, "a" }, { 2, "b" }, { 2, "c" }, { 0, "d" } };
	enum_constants_sort(few, COUNT_OF(few));
	CHECK_TEXT(few[0].name, "d");
	CHECK_TEXT(few[1].name, "b");
	CHECK_TEXT(few[2].name, "c");
	CHECK_TEXT(few[3].name, "a");
	struct enum_constant many[1000];
	for (unsigned i = 0; i < 1000; i++)
		many[i] = (struct enum_constant){ (i * 7919u) % 500, i < 500 ? "early" : "late" };
	enum_constants_sort(many, 1000);
	for (unsigned i = 1; i < 1000; i++) {
		CHECK(many[i - 1].value <= many[i].value);
		if (many[i - 1].value == many[i].value)
			CHECK(strcmp(many[i - 1].name, "early") == 0);
	}
}

TEST(large_enums_are_searched_by_halves)
{
	static char names[100][4];
	struct enum_constant constants[100];
	for (unsigned i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "%u", 2 * i);
		constants[i] = (struct enum_constant){ 2 * i, names[i] };
	}
	check_name(constants, 100, 0, false, "0");
	check_name(constants, 100, 198, false, "198");
	check_name(constants, 100, 100, false, "100");
	check_name(constants, 100, 101, false, NULL);
	check_name(constants, 100, 500, false, NULL);
}

static const struct tap_case cases[] = {
	CASE(a_value_has_the_first_constants_name),
	CASE(flags_are_composed_of_the_largest_constants),
	CASE(of_equal_flags_the_last_is_shown),
	CASE(sixty_four_flags_at_once),
	CASE(sorting_is_unsigned_and_keeps_equal_ones_in_order),
	CASE(large_enums_are_searched_by_halves),
};
TAP_MAIN(cases)
