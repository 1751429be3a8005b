/* The toolbox of base/: growing, counting and searching arrays, and what errors are
 * distinguished. */
#include "base/list.h"
#include "base/search.h"
#include "tests/unit/tap.h"

struct numbers {
	int *items;
	size_t count, capacity;
};

static void numbers_cleanup(struct numbers *numbers)
{
	free(numbers->items);
}

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

TEST(a_list_keeps_what_it_has)
{
	CLEANUP(numbers_cleanup) struct numbers list = { 0 };
	for (int i = 0; i < 100; i++) {
		CHECK_OK(LIST_GROW(list.items, list.count, list.capacity));
		CHECK(list.count < list.capacity);
		list.items[list.count++] = i;
	}
	for (int i = 0; i < 100; i++)
		CHECK_NUMBER(list.items[i], i);
}

static struct error *push(struct numbers *list, int number)
{
	TRY(LIST_GROW(list->items, list->count, list->capacity));
	list->items[list->count++] = number;
	return NULL;
}

TEST(a_list_that_cannot_grow_stays)
{
	CLEANUP(numbers_cleanup) struct numbers list = { 0 };
	struct error *error = NULL;
	for (int i = 0; i < 100 && !error; i++)
		error = push(&list, i);
	CHECK(list.count <= list.capacity);
	for (size_t i = 0; i < list.count; i++)
		CHECK_NUMBER(list.items[i], i);
	CHECK_OK(error);
	CHECK_NUMBER(list.count, 100);
}

TEST(a_list_grows_in_an_arena)
{
	CLEANUP(arena_cleanup) struct arena arena;
	struct numbers list = { 0 };
	arena_init(&arena);
	for (int i = 0; i < 100; i++) {
		CHECK_OK(LIST_GROW_IN(&arena, list.items, list.count, list.capacity));
		list.items[list.count++] = i;
	}
	for (int i = 0; i < 100; i++)
		CHECK_NUMBER(list.items[i], i);
}

TEST(arrays_are_counted)
{
	static const short array[] = { 1, 2, 3 };
	static const int again[COUNT_OF(array)] = { 0 };
	CHECK_NUMBER(COUNT_OF(array), 3);
	CHECK_NUMBER(sizeof(again), 3 * sizeof(int));
}

TEST(the_first_place_is_found)
{
	static const int sorted[] = { 1, 3, 3, 3, 7, 9 };
	size_t looks = 0;
	for (int wanted = 0; wanted <= 10; wanted++) {
		size_t expected = 0;
		while (expected < COUNT_OF(sorted) && sorted[expected] < wanted)
			expected++;
		CHECK_NUMBER(SEARCH_FIRST(COUNT_OF(sorted), i, sorted[i] >= wanted), expected);
	}
	CHECK_NUMBER(SEARCH_FIRST(0, i, sorted[i] > 0), 0);
	CHECK_NUMBER(SEARCH_FIRST((size_t)1 << 40, i, ++looks && i >= 12345), 12345);
	CHECK(looks <= 41);
}

TEST(errors_are_told_apart)
{
	struct error *fault = error_fault(1, "a hole");
	struct error *data = error_new(ERROR_BAD_DATA, "a circle");
	struct error *other = error_new(ERROR_UNSUPPORTED, "an old one");
	struct error *told = error_new(ERROR_CANCELLED, "told to stop");
	struct error *none = NULL, *stop = &error_stop, *memory = &error_no_memory;
	CHECK(error_is_fatal(memory) && error_is_fatal(told));
	CHECK(!error_is_fatal(none) && !error_is_fatal(other) && !error_is_fatal(stop));
	CHECK(error_take_damage(&fault) && !fault);
	CHECK(error_take_damage(&data) && !data);
	CHECK(!error_take_damage(&other) && !error_take_damage(&told) && other && told);
	CHECK(!error_take_damage(&none) && !error_take_damage(&stop) &&
	      !error_take_damage(&memory));
	CHECK(!error_take_stop(&other) && !error_take_stop(&none));
	CHECK(error_context(stop, "reading") == &error_stop);
	CHECK(error_take_stop(&stop) && !stop);
	error_free(&error_stop);
	error_free(other);
	error_free(told);
}

static const struct tap_case cases[] = {
	CASE(a_list_keeps_what_it_has), CASE(a_list_that_cannot_grow_stays),
	CASE(a_list_grows_in_an_arena), CASE(arrays_are_counted),
	CASE(the_first_place_is_found), CASE_ONCE(errors_are_told_apart),
};
TAP_MAIN(cases)
