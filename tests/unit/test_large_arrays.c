/* The largest arrays of a walk, on the fake runtime: what parts keep, and how they are put
 * together.
 */
#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/large_arrays.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum { TYPE = 300, WORD = 2, HOLDER = FAKE_GEN2 + 0x200 };

static struct error *array_meet(struct large_part *part, uint64_t address, uint64_t size)
{
	const struct gc_object array = { .address = address, .size = size };
	return large_meet(part, NULL, &array, LARGE_IS_ARRAY, true);
}

/* Whichever part met which: the largest first, of two alike the lower one. */
TEST(the_largest_arrays_are_kept)
{
	static const uint64_t sizes[] = { 10, 70, 30, 20, 60, 50, 40, 70 };
	static const uint64_t kept[] = { 2, 8, 5, 6, 7 };
	for (size_t split = 0; split <= COUNT_OF(sizes); split++) {
		CLEANUP(large_part_deinit) struct large_part one = { 0 };
		CLEANUP(large_part_deinit) struct large_part other = { 0 };
		for (size_t i = 0; i < COUNT_OF(sizes); i++)
			CHECK_OK(array_meet(i < split ? &other : &one, i + 1, sizes[i]));
		CHECK_OK(large_merge(&one, &other));
		REQUIRE(one.array_count == LARGE_ARRAYS);
		for (size_t i = 0; i < LARGE_ARRAYS; i++)
			CHECK_NUMBER(one.arrays[i].address, kept[i]);
	}
}

/* As many as would be kept may be more. */
TEST(objects_of_types_of_which_there_are_few_are_kept)
{
	CLEANUP(large_part_deinit) struct large_part one = { 0 };
	CLEANUP(large_part_deinit) struct large_part other = { 0 };
	for (uint64_t i = 1; i <= 3; i++) {
		const struct gc_object object = { .address = i, .type = TYPE };
		CHECK(!large_is_done(&one, TYPE, 0));
		CHECK_OK(large_meet(i < 3 ? &one : &other, NULL, &object, 0, false));
	}
	CHECK_OK(large_merge(&one, &other));
	REQUIRE(one.few_count > TYPE);
	CHECK_NUMBER(one.few[TYPE].count, 3);
	CHECK_NUMBER(one.few[TYPE].objects[2], 3);
	CHECK_OK(large_merge(&one, &other));
	CHECK(large_is_done(&one, TYPE, 0));
	CHECK(!large_is_done(&one, TYPE, WORD));
}

/* A collection is noted whose array is in the large object heap. */
TEST(collections_are_known_by_where_their_arrays_are)
{
	static const uint64_t arrays[] = { FAKE_LOH + 0x40, FAKE_GEN2 + 0x40, 0 };
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	CHECK_OK(fake_question_open(&fake, runtime));
	for (size_t i = 0; i < COUNT_OF(arrays); i++) {
		CLEANUP(large_part_deinit) struct large_part part;
		const struct gc_object holder = { .address = HOLDER, .type = TYPE };
		large_part_init(&part, fake.heap);
		fake_put(runtime->target, HOLDER + WORD * sizeof(uint64_t), arrays[i], 8);
		CLEANUP(reader_deinit) struct reader reader;
		CHECK_OK(reader_init(&reader, fake.heap->target));
		CHECK_OK(large_meet(&part, &reader, &holder, WORD, false));
		REQUIRE(part.holder_count == !i);
		if (!i)
			CHECK_NUMBER(part.holders[0].array, arrays[0]);
	}
}

static const struct tap_case cases[] = {
	CASE(the_largest_arrays_are_kept),
	CASE(objects_of_types_of_which_there_are_few_are_kept),
	CASE(collections_are_known_by_where_their_arrays_are),
};
TAP_MAIN(cases)
