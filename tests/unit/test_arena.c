/* An arena with a limit refuses what is beyond it, and whoever asks learns that it was full. */
#include "base/arena.h"
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

static const struct tap_case cases[] = {
	CASE(a_limit_is_kept),
	CASE(an_arena_within_another_tells_it),
	CASE(without_a_limit_there_is_none),
};
TAP_MAIN(cases)
