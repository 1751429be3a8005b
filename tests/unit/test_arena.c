/* An arena with a limit refuses what is beyond it, and the caller learns that it was full. */
#include "base/arena.h"
#include "base/memory_budget.h"
#include "tests/unit/tap.h"

enum { LIMIT_BYTES = 256 * 1024 };

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

TEST(a_limit_is_kept)
{
	CLEANUP(arena_cleanup) struct arena arena = { .limit_bytes = LIMIT_BYTES };
	size_t got = 0;
	while (got <= LIMIT_BYTES && arena_allocate(&arena, 1024))
		got += 1024;
	CHECK(got <= LIMIT_BYTES);
	/* Where memory was out it is not the limit that refused. */
	CHECK(arena.full == (got == LIMIT_BYTES));
	arena_reset(&arena);
	CHECK(!arena.full && !arena_allocate(&arena, LIMIT_BYTES + 1) && arena.full);
	arena_reset(&arena);
	CHECK(!arena_allocate(&arena, SIZE_MAX / 2) && arena.full);
}

TEST(an_arena_within_another_tells_it)
{
	CLEANUP(arena_cleanup) struct arena arena = { .limit_bytes = LIMIT_BYTES };
	CLEANUP(arena_cleanup) struct arena inner = arena_within(&arena);
	CHECK(!arena_allocate(&inner, LIMIT_BYTES + 1));
	CHECK(inner.full && arena.full);
	arena_reset(&inner);
	CHECK(!inner.full && arena.full);
}

TEST(without_a_limit_there_is_none)
{
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	bool got = arena_allocate(&arena, 4 * LIMIT_BYTES) != NULL;
	CHECK(got || !arena.full);
	CHECK(!arena.full);
}

TEST(chunks_are_taken_of_a_budget)
{
	struct memory_budget budget;
	memory_budget_init(&budget, LIMIT_BYTES, "a test");
	struct arena arena = { .limit_bytes = 8 * LIMIT_BYTES, .budget = &budget };
	struct arena inner = arena_within(&arena);
	size_t got = 0;
	while (got <= LIMIT_BYTES && arena_allocate(&inner, 1024))
		got += 1024;
	CHECK(got <= LIMIT_BYTES);
	/* Where memory was out it is not the budget that refused. */
	CHECK(!inner.refused_bytes || (got == LIMIT_BYTES && !memory_budget_left(&budget)));
	CHECK_NUMBER(inner.refused_bytes, arena.refused_bytes);
	CHECK(!inner.full && !arena.full);
	arena_reset(&inner);
	CHECK(!inner.refused_bytes && memory_budget_taken(&budget) <= LIMIT_BYTES / 4);
	CHECK(!arena_allocate(&inner, LIMIT_BYTES + 1));
	CHECK(inner.refused_bytes > LIMIT_BYTES && arena.refused_bytes == inner.refused_bytes);
	arena_deinit(&inner);
	arena_deinit(&arena);
	CHECK_NUMBER(memory_budget_taken(&budget), 0);
}

static const struct tap_case cases[] = {
	CASE(a_limit_is_kept),
	CASE(an_arena_within_another_tells_it),
	CASE(without_a_limit_there_is_none),
	CASE(chunks_are_taken_of_a_budget),
};
TAP_MAIN(cases)
