/* Joining two heaps by type: by name and module, the largest change first. */
#include "base/list.h"
#include "inspect/heap_diff.h"
#include "tests/unit/tap.h"

static struct heap_diff_row row(const char *type, const char *module, int side, uint64_t count,
				uint64_t size)
{
	struct heap_diff_row row = { .type = type, .module = module };
	row.side[side] = (struct type_usage){ count, size };
	return row;
}

TEST(types_are_joined_by_name_and_module_and_the_largest_change_comes_first)
{
	struct heap_diff_row rows[] = {
		row("Same", "One", HEAP_A, 1, 24),  row("Grown", "One", HEAP_A, 2, 48),
		row("Gone", "One", HEAP_A, 9, 216), row("Grown", "Other", HEAP_B, 1, 24),
		row("Same", "One", HEAP_B, 1, 24),  row("Grown", "One", HEAP_B, 3, 72),
		row("Grown", "One", HEAP_B, 1, 24), row("Even", "One", HEAP_A, 2, 96),
		row("Even", "One", HEAP_B, 4, 96),
	};
	struct heap_diff diff = { .rows = rows, .count = COUNT_OF(rows) };
	heap_diff_join(&diff);
	CHECK_NUMBER(diff.count, 5);
	CHECK_TEXT(diff.rows[0].type, "Gone");
	CHECK(heap_diff_size(diff.rows[0].side) == -216);
	CHECK(heap_diff_count(diff.rows[0].side) == -9);
	/* Loaded twice in B: both count. */
	CHECK_TEXT(diff.rows[1].type, "Grown");
	CHECK_TEXT(diff.rows[1].module, "One");
	CHECK(heap_diff_size(diff.rows[1].side) == 48);
	CHECK_NUMBER(diff.rows[1].side[HEAP_B].count, 4);
	CHECK_TEXT(diff.rows[2].module, "Other");
	CHECK(heap_diff_size(diff.rows[2].side) == 24);
	/* No change of size: by count, then by name. */
	CHECK_TEXT(diff.rows[3].type, "Even");
	CHECK(heap_diff_changed(diff.rows[3].side));
	CHECK_TEXT(diff.rows[4].type, "Same");
	CHECK(!heap_diff_changed(diff.rows[4].side));
}

TEST(nothing_is_joined_to_nothing)
{
	struct heap_diff diff = { 0 };
	heap_diff_join(&diff);
	CHECK_NUMBER(diff.count, 0);
	heap_diff_deinit(&diff);
}

static const struct tap_case cases[] = {
	CASE(types_are_joined_by_name_and_module_and_the_largest_change_comes_first),
	CASE(nothing_is_joined_to_nothing),
};
TAP_MAIN(cases)
