/* The objects around an address, on the fake runtime: 85 of 24 bytes in each region. */
#include "base/list.h"
#include "inspect/near_objects.h"
#include "inspect/type_named.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

#include <inttypes.h>

enum {
	FIRST = FAKE_GEN2 + 0x28,
	SIZE = 24,
	LAST = FIRST + 84 * SIZE,
};

TEST(an_object_has_neighbours)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct near_objects near;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(near_objects_find(&fake.question, FIRST + 3 * SIZE, &near));
	CHECK_NUMBER(near.before.address, FIRST + 2 * SIZE);
	CHECK_NUMBER(near.at.address, FIRST + 3 * SIZE);
	CHECK_NUMBER(near.next.address, FIRST + 4 * SIZE);
	CHECK(near.consistent && !near.gap_end);
	CHECK_OK(near_objects_find(&fake.question, FIRST + 3 * SIZE + 8, &near));
	CHECK_NUMBER(near.before.address, FIRST + 3 * SIZE);
	CHECK_NUMBER(near.at.address, 0);
	CHECK_NUMBER(near.next.address, FIRST + 4 * SIZE);
}

TEST(the_first_and_the_last_have_one)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct near_objects near;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(near_objects_find(&fake.question, FIRST, &near));
	CHECK_NUMBER(near.before.address, 0);
	CHECK_NUMBER(near.next.address, FIRST + SIZE);
	CHECK_OK(near_objects_find(&fake.question, LAST, &near));
	CHECK_NUMBER(near.at.address, LAST);
	CHECK_NUMBER(near.next.address, 0);
	CHECK_FAILS(near_objects_find(&fake.question, 0x1238, &near), ERROR_NOT_FOUND,
		    "0x1238 is in no segment");
}

TEST(damage_before_an_object_is_no_consistent_heap)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	struct near_objects near;
	fake_put(runtime->target, FIRST + 3 * SIZE, 0xdeadbeef, 8);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(near_objects_find(&fake.question, FIRST + 4 * SIZE, &near));
	CHECK_NUMBER(near.at.address, FIRST + 4 * SIZE);
	CHECK(!near.consistent);
}

TEST(a_type_is_named_by_its_method_table)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	const struct type *type;
	char text[32];
	uint64_t table = runtime->string_table;
	snprintf(text, sizeof(text), "%" PRIx64, table);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(type_named(&fake.question, text, &type));
	CHECK_NUMBER(type->handle, table);
	CHECK_FAILS(type_named(&fake.question, "123458", &type), ERROR_FAULT, NULL);
	CHECK_FAILS(type_named(&fake.question, "No.Such.Type", &type), ERROR_NOT_FOUND,
		    "No.Such.Type");
}

static const struct tap_case cases[] = {
	CASE(an_object_has_neighbours),
	CASE(the_first_and_the_last_have_one),
	CASE(damage_before_an_object_is_no_consistent_heap),
	CASE(a_type_is_named_by_its_method_table),
};
TAP_MAIN(cases)
