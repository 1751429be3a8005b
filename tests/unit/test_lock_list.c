/* Locks as dumplocks lists them, on the fake runtime: it has no table of sync blocks, and its
 * library no locks; thin locks are in the objects' headers. */
#include "inspect/lock_list.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	LOCKED = FAKE_GEN2 + 0x28,
	ALSO_LOCKED = LOCKED + 2 * 24,
	HEADER_BYTES = 4,        /* the header's value is in the 4 bytes before the object */
	RECURSION_ONE = 1 << 16, /* src/coreclr/vm/syncblk.h: SBLK_MASK_LOCK_RECLEVEL */
	NO_THREAD = 77,
};

struct rows {
	struct lock_row rows[8];
	uint32_t holder[8]; /* managed id; 0: none */
	size_t count;
	bool stop;
};

static struct error *row_take(const struct lock_row *row, void *context)
{
	struct rows *rows = context;
	if (rows->count < 8) {
		rows->holder[rows->count] = row->holder_count ? row->holders[0]->managed_id : 0;
		rows->rows[rows->count++] = *row;
	}
	return rows->stop ? &error_stop : NULL;
}

static struct fake_runtime *runtime_with_locks(void)
{
	struct fake_runtime *runtime = fake_runtime_new();
	fake_put(runtime->target, LOCKED - HEADER_BYTES, 2, 4);
	fake_put(runtime->target, ALSO_LOCKED - HEADER_BYTES, NO_THREAD | RECURSION_ONE, 4);
	return runtime;
}

TEST(thin_locks_have_their_threads)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(lock_list_deinit) struct lock_list list = { 0 };
	struct rows rows = { 0 };
	CHECK_OK(fake_question_open(&fake, runtime_with_locks()));
	CHECK_OK(lock_list_open(&list, &fake.question, false));
	CHECK(list.has_thin_locks);
	CHECK(fake.coverage.incomplete); /* monitors: there is no table */
	CHECK_OK(lock_list_visit(&list, row_take, &rows));
	REQUIRE(rows.count == 2);
	CHECK_NUMBER(rows.rows[0].address, LOCKED);
	CHECK(!rows.rows[0].lock && !rows.rows[0].block && rows.rows[0].is_held);
	CHECK_NUMBER(rows.holder[0], 2);
	CHECK_NUMBER(rows.rows[0].recursion, 1);
	CHECK_NUMBER(rows.rows[0].gone, 0);
	REQUIRE(rows.rows[0].type);
	CHECK_NUMBER(rows.rows[0].type->handle, fake.runtime->object_table);
	CHECK_NUMBER(rows.rows[1].address, ALSO_LOCKED);
	CHECK_NUMBER(rows.holder[1], 0);
	CHECK_NUMBER(rows.rows[1].gone, NO_THREAD);
	CHECK_NUMBER(rows.rows[1].recursion, 2);
	CHECK_NUMBER(list.held, 2);
	CHECK_NUMBER(list.waited_for, 0);
	CHECK_NUMBER(list.unreadable, 0);
}

TEST(a_visitor_that_has_enough_ends_the_list)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(lock_list_deinit) struct lock_list list = { 0 };
	struct rows rows = { .stop = true };
	CHECK_OK(fake_question_open(&fake, runtime_with_locks()));
	CHECK_OK(lock_list_open(&list, &fake.question, true));
	CHECK_OK(lock_list_visit(&list, row_take, &rows));
	CHECK_NUMBER(rows.count, 1);
	CHECK_NUMBER(list.held, 1);
}

static const struct tap_case cases[] = {
	CASE(thin_locks_have_their_threads),
	CASE(a_visitor_that_has_enough_ends_the_list),
};
TAP_MAIN(cases)
