/* Who waits for whom, by 8.0's notes (DebugBlockingItem) on the fake runtime: three threads, and
 * monitors in sync blocks. */
#include "base/list.h"
#include "inspect/waits.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	TABLES = 0x900000,
	VARIABLES = FAKE_RUNTIME_BASE + 0xf000,
	SYNC_TABLE = TABLES,
	SYNC_CACHE = TABLES + 0x200,
	BLOCKS = TABLES + 0x400,
	BLOCK_STRIDE = 0x100,
	NOTES = TABLES + 0xc00, /* of the threads, one each */
	NOTE_STRIDE = 0x80,
	HOUR_MS = 3600000,
	THREADS = 3, /* the fake runtime has; their managed ids are 1 to 3 */
	NOBODY = 0x123,
	HELD = 1,
	KIND_WAIT = 1, /* threaddebugblockinginfo.h: DebugBlock_MonitorEvent */
};

static uint64_t block(unsigned number)
{
	return BLOCKS + number * BLOCK_STRIDE;
}

/* Its table of sync blocks has a monitor a thread, on objects of generation 0. */
static struct fake_runtime *with_monitors(void)
{
	struct fake_runtime *runtime = fake_runtime_new();
	fake_target_zeros(runtime->target, TABLES, 0x1000);
	fake_put(runtime->target, fake_table_entry(runtime, "SyncTableEntries"), VARIABLES, 8);
	fake_put(runtime->target, VARIABLES, SYNC_TABLE, 8);
	fake_put(runtime->target, fake_table_entry(runtime, "SyncBlockCache"), VARIABLES + 8, 8);
	fake_put(runtime->target, VARIABLES + 8, SYNC_CACHE, 8);
	fake_set(runtime, SYNC_CACHE, "SyncBlockCache", "FreeSyncTableIndex", THREADS + 1, 4);
	fake_set(runtime, SYNC_CACHE, "SyncBlockCache", "SyncTableSize", 10, 4);
	for (unsigned i = 1; i <= THREADS; i++) {
		fake_put(runtime->target, SYNC_TABLE + i * 16, block(i), 8);
		fake_put(runtime->target, SYNC_TABLE + i * 16 + 8, FAKE_GEN0 + (i - 1) * 24, 8);
	}
	return runtime;
}

static void hold(struct fake_runtime *runtime, unsigned number, uint64_t owner)
{
	fake_set(runtime, block(number), "AwareLock", "LockState", HELD, 4);
	fake_set(runtime, block(number), "AwareLock", "RecursionLevel", 1, 4);
	fake_set(runtime, block(number), "AwareLock", "HoldingThread", owner, 8);
}

/* The thread's note: how it blocks on the monitor at `monitor`. */
static void note(struct fake_runtime *runtime, unsigned thread, uint64_t monitor, uint32_t kind,
		 uint32_t timeout_ms)
{
	uint64_t at = NOTES + thread * NOTE_STRIDE;
	fake_set(runtime, fake_runtime_thread(thread), "Thread", "DebugBlockingInfo", at, 8);
	fake_set(runtime, at, "DebugBlockingItem", "Monitor", monitor, 8);
	fake_set(runtime, at, "DebugBlockingItem", "Type", kind, 4);
	fake_set(runtime, at, "DebugBlockingItem", "Timeout", timeout_ms, 4);
}

/* Thread `thread` holds monitor `held` and waits for monitor `wanted`. */
static void wait_for(struct fake_runtime *runtime, unsigned thread, unsigned held, unsigned wanted)
{
	hold(runtime, held, fake_runtime_thread(thread));
	note(runtime, thread, block(wanted), 0, UINT32_MAX);
}

static uint32_t member(const struct waits *waits, size_t cycle, size_t at)
{
	return waits->cycles[cycle].waits[at]->thread->managed_id;
}

TEST(a_circle_of_three_is_found_from_its_lowest_thread_on)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	wait_for(runtime, 1, 1, 3);
	wait_for(runtime, 2, 2, 1);
	wait_for(runtime, 3, 3, 2);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(waits_conclude(&waits));
	REQUIRE(waits.cycle_count == 1);
	REQUIRE(waits.cycles[0].count == 3);
	CHECK_NUMBER(member(&waits, 0, 0), 1);
	CHECK_NUMBER(member(&waits, 0, 1), 3);
	CHECK_NUMBER(member(&waits, 0, 2), 2);
	CHECK_NUMBER(waits.cycles[0].timeout_ms, -1);
	CHECK(waits.cycles[0].timeouts_known);
	CHECK_NUMBER(waits.cycles[0].waits[0]->object, FAKE_GEN0 + 2 * 24);
	CHECK_TEXT(wait_kind_name(waits.cycles[0].waits[0]->kind), "Monitor");
	CHECK_NUMBER(waits.behind, 0);
	CHECK(waits_know_all(&waits));
	CHECK(!fake.coverage.incomplete);
}

TEST(a_timeout_ends_a_circle_and_a_third_thread_is_behind_it)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	wait_for(runtime, 2, 2, 3);
	wait_for(runtime, 3, 3, 2);
	note(runtime, 1, block(3), 0, UINT32_MAX);
	note(runtime, 2, block(3), 0, HOUR_MS);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(waits_conclude(&waits));
	REQUIRE(waits.cycle_count == 1);
	CHECK_NUMBER(member(&waits, 0, 0), 2);
	CHECK_NUMBER(waits.cycles[0].timeout_ms, HOUR_MS);
	CHECK_NUMBER(waits.behind, 1);
	CHECK_NUMBER(waits.abandoned, 0);
	const struct clr_thread *threads[4];
	REQUIRE(waits_to_enter(&waits, FAKE_GEN0 + 2 * 24, threads, 4) == 2);
	CHECK_NUMBER(threads[0]->managed_id + threads[1]->managed_id, 3);
	CHECK_NUMBER(waits_to_enter(&waits, FAKE_GEN0 + 2 * 24, threads, 1), 1);
	CHECK_NUMBER(waits_for_pulse(&waits, FAKE_GEN0 + 2 * 24, threads, 4), 0);
}

TEST(a_pulse_a_busy_holder_and_a_lock_that_was_entered_make_no_circle)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	const struct clr_thread *threads[4];
	hold(runtime, 1, fake_runtime_thread(1));
	hold(runtime, 2, fake_runtime_thread(2));
	note(runtime, 1, block(2), KIND_WAIT, UINT32_MAX); /* would be one, were it to enter */
	note(runtime, 2, block(1), 0, UINT32_MAX);
	note(runtime, 3, block(3), 0, UINT32_MAX); /* has it by now */
	hold(runtime, 3, fake_runtime_thread(3));
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(waits_conclude(&waits));
	CHECK_NUMBER(waits.cycle_count, 0);
	CHECK_NUMBER(waits.behind, 0);
	CHECK_NUMBER(waits.count, 2);
	CHECK_NUMBER(waits_for_pulse(&waits, FAKE_GEN0 + 24, threads, 4), 1);
	CHECK(wait_of_thread(&waits, &fake.heap->threads->threads[0]));
	CHECK(!wait_of_thread(&waits, &fake.heap->threads->threads[2]));
	CHECK(waits_know_all(&waits));
}

TEST(who_waits_for_one_lock_is_in_the_order_of_the_threads)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	const struct clr_thread *threads[4];
	for (unsigned i = 1; i <= THREADS; i++)
		note(runtime, i, block(1), 0, UINT32_MAX);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	REQUIRE(waits_to_enter(&waits, FAKE_GEN0, threads, 4) == THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(threads[i] == &fake.heap->threads->threads[i]);
}

TEST(a_holder_that_has_ended_is_waited_for_in_vain)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	hold(runtime, 1, NOBODY);
	wait_for(runtime, 2, 2, 1);
	note(runtime, 3, block(2), 0, UINT32_MAX);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(waits_conclude(&waits));
	CHECK_NUMBER(waits.cycle_count, 0);
	CHECK_NUMBER(waits.abandoned, 2);
	CHECK_NUMBER(waits.behind, 0);
}

/* The runtime lists a thread as long as its managed object is kept. */
TEST(a_thread_that_has_ended_and_is_listed_holds_in_vain_and_waits_for_nothing)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	wait_for(runtime, 2, 2, 1); /* by a note that is not its own */
	wait_for(runtime, 1, 1, 2);
	note(runtime, 3, block(2), 0, UINT32_MAX);
	fake_set(runtime, fake_runtime_thread(2), "Thread", "State", THREAD_STATE_DEAD, 4);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(waits_conclude(&waits));
	CHECK_NUMBER(waits.count, 2);
	CHECK_NUMBER(waits.cycle_count, 0);
	CHECK_NUMBER(waits.abandoned, 2);
	CHECK_NUMBER(waits.waits[0].gone, fake_runtime_thread(2));
	CHECK_NUMBER(waits.waits[0].owner_count, 0);
	CHECK(waits_know_all(&waits));
	CHECK(!fake.coverage.incomplete);
}

TEST(what_cannot_be_read_is_counted_and_all_is_not_known)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	note(runtime, 1, 0xdead000, 0, UINT32_MAX); /* in no sync block */
	note(runtime, 2, block(1), 77, UINT32_MAX);
	fake_set(runtime, fake_runtime_thread(3), "Thread", "DebugBlockingInfo", 0x9990000, 8);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(waits_conclude(&waits));
	CHECK_NUMBER(waits.threads_unreadable, 2);
	CHECK_NUMBER(waits.unresolved, 1);
	REQUIRE(waits.count == 1);
	CHECK(waits.waits[0].holder_lost);
	CHECK(!waits_know_all(&waits));
	CHECK(fake_question_lacks(&fake,
				  "what thread 1 waits for: the monitor at 0xdead000 is in no "
				  "sync block"));
	CHECK(fake_question_lacks(&fake,
				  "what thread 2 waits for: the note of a thread that waits at "
				  "0x900d00 is of an unknown kind, 77"));
	CHECK_NUMBER(fake.coverage.reason_count, 3);
}

TEST(a_note_that_names_no_lock_and_a_sync_block_that_cannot_be_read_are_said_so)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	note(runtime, 1, 0, 0, UINT32_MAX);
	note(runtime, 2, block(1), 0, UINT32_MAX);
	fake_put(runtime->target, SYNC_TABLE + 16, 0x9990000, 8); /* instead of block(1) */
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(waits_conclude(&waits));
	CHECK_NUMBER(waits.threads_unreadable, 1);
	CHECK_NUMBER(waits.unresolved, 1);
	CHECK(!waits_know_all(&waits));
	CHECK(fake_question_lacks(&fake, "what thread 1 waits for: its note names no lock"));
	CHECK(fake_question_lacks(&fake, "what thread 2 waits for: the sync block of the monitor "
					 "at 0x900500 cannot be read"));
}

/* Thread 2 reads and waits for a monitor of thread 1's, which wants to write. */
static struct error *upgrade_add(struct waits *waits, bool to_upgrade, uint64_t waiters)
{
	const struct clr_threads *all = waits->question->heap->threads;
	const struct clr_thread *holders[2] = { 0 };
	for (size_t i = 0; i < all->count; i++)
		if (all->threads[i].managed_id <= 2)
			holders[all->threads[i].managed_id - 1] = &all->threads[i];
	const struct managed_lock lock = { .kind = MANAGED_LOCK_READER_WRITER,
					   .is_held = true,
					   .readers = 2,
					   .waiting_to_upgrade = to_upgrade,
					   .upgrader = holders[0] };
	return waits_add_lock(waits, FAKE_GEN2, &lock, waiters, holders, COUNT_OF(holders));
}

TEST(the_one_in_upgradeable_mode_waits_for_those_that_read)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	hold(runtime, 1, fake_runtime_thread(1));
	note(runtime, 2, block(1), 0, UINT32_MAX);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(upgrade_add(&waits, true, 1));
	CHECK_OK(waits_conclude(&waits));
	REQUIRE(waits.cycle_count == 1);
	CHECK_NUMBER(waits.cycles[0].count, 2);
	CHECK(!waits.cycles[0].timeouts_known);
	CHECK_TEXT(wait_kind_name(waits.cycles[0].waits[0]->kind), "ReaderWriterLockSlim");
	CHECK_NUMBER(waits.unnamed, 0);
	CHECK(waits_know_all(&waits));
}

TEST(a_reader_writer_lock_that_is_waited_for_by_nobody_knows_whom_is_not_known)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	CHECK_OK(fake_question_open(&fake, with_monitors()));
	CHECK_OK(waits_read(&waits, &fake.question));
	CHECK_OK(upgrade_add(&waits, false, 3));
	CHECK_OK(waits_conclude(&waits));
	CHECK_NUMBER(waits.cycle_count, 0);
	CHECK_NUMBER(waits.unnamed, 3);
	CHECK(!waits_know_all(&waits));
	CHECK(!fake.coverage.incomplete); /* the lock does not note it: nothing is missing */
}

/* Three that read wait each for a monitor that the one who wants to write has. */
TEST(circles_over_several_holders_are_each_found_once)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(waits_deinit) struct waits waits = { 0 };
	struct fake_runtime *runtime = with_monitors();
	hold(runtime, 1, fake_runtime_thread(1));
	note(runtime, 2, block(1), 0, UINT32_MAX);
	note(runtime, 3, block(1), 0, UINT32_MAX);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(waits_read(&waits, &fake.question));
	const struct clr_threads *all = fake.heap->threads;
	const struct clr_thread *holders[] = { &all->threads[0], &all->threads[1],
					       &all->threads[2] };
	struct managed_lock lock = { .kind = MANAGED_LOCK_READER_WRITER,
				     .is_held = true,
				     .readers = 3,
				     .waiting_to_upgrade = true };
	for (size_t i = 0; i < all->count; i++)
		if (all->threads[i].managed_id == 1)
			lock.upgrader = &all->threads[i];
	CHECK_OK(waits_add_lock(&waits, FAKE_GEN2, &lock, 1, holders, COUNT_OF(holders)));
	CHECK_OK(waits_conclude(&waits));
	CHECK_NUMBER(waits.cycle_count, 2);
	CHECK_NUMBER(waits.behind, 0);
}

static const struct tap_case cases[] = {
	CASE(a_circle_of_three_is_found_from_its_lowest_thread_on),
	CASE(a_timeout_ends_a_circle_and_a_third_thread_is_behind_it),
	CASE(a_pulse_a_busy_holder_and_a_lock_that_was_entered_make_no_circle),
	CASE(who_waits_for_one_lock_is_in_the_order_of_the_threads),
	CASE(a_holder_that_has_ended_is_waited_for_in_vain),
	CASE(a_thread_that_has_ended_and_is_listed_holds_in_vain_and_waits_for_nothing),
	CASE(what_cannot_be_read_is_counted_and_all_is_not_known),
	CASE(a_note_that_names_no_lock_and_a_sync_block_that_cannot_be_read_are_said_so),
	CASE(the_one_in_upgradeable_mode_waits_for_those_that_read),
	CASE(a_reader_writer_lock_that_is_waited_for_by_nobody_knows_whom_is_not_known),
	CASE(circles_over_several_holders_are_each_found_once),
};
TAP_MAIN(cases)
