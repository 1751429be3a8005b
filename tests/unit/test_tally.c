/* Counting things by name and detail. */
#include "base/cleanup.h"
#include "inspect/tally.h"
#include "tests/unit/tap.h"

TEST(the_most_frequent_comes_first_and_a_missing_detail_is_not_the_empty_one)
{
	CLEANUP(arena_deinit) struct arena arena;
	arena_init(&arena);
	CLEANUP(tally_deinit) struct tally tally = { .arena = &arena };
	char name[] = "Two";
	CHECK_OK(tally_add(&tally, name, "b"));
	CHECK_OK(tally_add(&tally, "One", NULL));
	name[0] = 't'; /* it was copied */
	CHECK_OK(tally_add(&tally, "Two", "a"));
	CHECK_OK(tally_add(&tally, "Two", "b"));
	CHECK_OK(tally_add(&tally, "One", ""));
	tally_sort(&tally);
	CHECK_NUMBER(tally.count, 4);
	CHECK_NUMBER(tally.total, 5);
	CHECK_TEXT(tally.entries[0].name, "Two");
	CHECK_TEXT(tally.entries[0].detail, "b");
	CHECK_NUMBER(tally.entries[0].count, 2);
	CHECK(!tally.entries[1].detail);
	CHECK_TEXT(tally.entries[2].detail, "");
	CHECK_TEXT(tally.entries[3].detail, "a");
}

TEST(there_is_a_cap_and_what_is_beyond_counts_together)
{
	enum { BEYOND = 10 };
	CLEANUP(arena_deinit) struct arena arena;
	arena_init(&arena);
	CLEANUP(tally_deinit) struct tally tally = { .arena = &arena };
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < TALLY_ENTRIES_MAX + BEYOND; i++) {
			char name[16];
			snprintf(name, sizeof(name), "%d", i);
			CHECK_OK(tally_add(&tally, name, NULL));
		}
	tally_sort(&tally);
	CHECK_NUMBER(tally.count, TALLY_ENTRIES_MAX);
	CHECK_NUMBER(tally.total, 2 * (TALLY_ENTRIES_MAX + BEYOND));
	CHECK_NUMBER(tally.others, 2 * BEYOND);
	CHECK_NUMBER(tally.entries[TALLY_ENTRIES_MAX - 1].count, 2);
}

static const struct tap_case cases[] = {
	CASE(the_most_frequent_comes_first_and_a_missing_detail_is_not_the_empty_one),
	CASE(there_is_a_cap_and_what_is_beyond_counts_together),
};
TAP_MAIN(cases)
