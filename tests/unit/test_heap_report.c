/* What report finds, on the fake runtime: three threads, objects of one type in four regions. */
#include "base/cleanup.h"
#include "inspect/heap_report.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum { OBJECT_BYTES = 24 };

TEST(objects_are_counted_and_the_largest_types_chosen)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(heap_report_deinit) struct heap_report report = { 0 };
	uint64_t bytes = 0;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(heap_report_init(&report, &fake.question));
	CHECK_OK(heap_report_objects(&report));
	for (unsigned i = 0; i < GENERATION_COUNT; i++)
		bytes += report.generation_bytes[i];
	CHECK(report.statistics.count > 0);
	CHECK_NUMBER(report.statistics.size_bytes, report.statistics.count * OBJECT_BYTES);
	/* The last object of each region would not fit. */
	CHECK(bytes - report.statistics.size_bytes < (uint64_t)GENERATION_COUNT * OBJECT_BYTES);
	CHECK_NUMBER(report.free_space.count, 0);
	REQUIRE(report.largest_count == 1);
	CHECK_NUMBER(report.statistics.types[report.largest[0]].count, report.statistics.count);
	CHECK_NUMBER(report.exceptions.total, 0);
	CHECK_NUMBER(report.tasks.total, 0);
}

TEST(free_space_is_no_type)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(heap_report_deinit) struct heap_report report = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	/* The first object of generation 2 and the one after it. */
	fake_object(runtime, FAKE_GEN2 + 0x28, runtime->free_table, 24, 48);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(heap_report_init(&report, &fake.question));
	CHECK_OK(heap_report_objects(&report));
	CHECK_NUMBER(report.free_space.count, 1);
	CHECK_NUMBER(report.free_space.size_bytes, 48);
	CHECK_NUMBER(report.largest_count, 1);
}

TEST(a_heap_that_is_not_there_is_said_once)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(heap_report_deinit) struct heap_report report = { 0 };
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	fake.heap->no_objects = "it was left out";
	CHECK_OK(heap_report_init(&report, &fake.question));
	CHECK_OK(heap_report_objects(&report));
	CHECK_NUMBER(report.statistics.count, 0);
	CHECK(fake_question_lacks(&fake, "heap, types, exceptions, tasks, locks, timers, thread "
					 "pool: it was left out"));
}

/* The fake runtime has no finalization queue: it is missing by its name, the others are there. */
TEST(a_table_that_cannot_be_read_ends_nothing)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(heap_report_deinit) struct heap_report report = { 0 };
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(heap_report_init(&report, &fake.question));
	CHECK_OK(heap_report_threads(&report));
	CHECK_NUMBER(report.pool_threads, 0);
	CHECK_NUMBER(report.threads_with_exception, 0);
	CHECK_OK(heap_report_tables(&report));
	CHECK(!(report.parts & REPORT_FINALIZERS));
	CHECK(report.parts & REPORT_HANDLES);
	CHECK_NUMBER(report.handles.total, 0);
	CHECK(fake_question_lacks(&fake, "finalizers: cannot read the pointer to the finalization "
					 "queue at 0"));
}

static const struct tap_case cases[] = {
	CASE(objects_are_counted_and_the_largest_types_chosen),
	CASE(free_space_is_no_type),
	CASE(a_heap_that_is_not_there_is_said_once),
	CASE(a_table_that_cannot_be_read_ends_nothing),
};
TAP_MAIN(cases)
