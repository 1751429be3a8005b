/* What report finds, on the fake runtime: three threads, objects of one type in four regions. */
#include "base/cleanup.h"
#include "base/list.h"
#include "heap/clr_threads.h"
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

enum {
	EXCEPTION = FAKE_GEN2 + 0x28, /* in place of the first five objects of generation 2 */
	EXCEPTION_BYTES = 5 * OBJECT_BYTES,
	VARIABLES = 0x900000, /* memory of the test's own */
	HANDLE = VARIABLES + 16,
	OUT_OF_MEMORY = (int)0x8007000e,
};

/* An exception as the runtime makes it in advance. */
static struct fake_runtime *runtime_with_exception(void)
{
	static const char *const references[] = { "_message", "_innerException", "_stackTrace",
						  "_stackTraceString" };
	struct fake_runtime *runtime = fake_runtime_new();
	uint64_t base = fake_method_table(runtime, 0, EXCEPTION_BYTES);
	uint64_t table = fake_method_table(runtime, 0, EXCEPTION_BYTES);
	fake_set(runtime, table, "MethodTable", "ParentMethodTable", base, 8);
	fake_target_zeros(runtime->target, VARIABLES, 64);
	fake_put(runtime->target, HANDLE, EXCEPTION, 8);
	fake_put(runtime->target, VARIABLES, base, 8);
	fake_put(runtime->target, fake_table_entry(runtime, "ExceptionMethodTable"), VARIABLES, 8);
	fake_object(runtime, EXCEPTION, table, 0, EXCEPTION_BYTES);
	for (size_t i = 0; i < COUNT_OF(references); i++)
		fake_set(runtime, EXCEPTION, "Exception", references[i], 0, 8);
	fake_set(runtime, EXCEPTION, "Exception", "_HResult", (uint32_t)OUT_OF_MEMORY, 4);
	return runtime;
}

static void check_exceptions(struct fake_runtime *runtime, uint64_t last_thrown, uint64_t listed)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(heap_report_deinit) struct heap_report report = { 0 };
	CHECK_OK(fake_question_open(&fake, runtime));
	fake.heap->threads->threads[1].last_thrown = last_thrown;
	CHECK_OK(heap_report_init(&report, &fake.question));
	CHECK_OK(heap_report_threads(&report));
	CHECK_OK(heap_report_objects(&report));
	CHECK_NUMBER(report.exceptions.total, listed);
	CHECK_NUMBER(report.preallocated_exceptions, 1 - listed);
}

TEST(an_exception_made_in_advance_is_none_that_was_thrown)
{
	check_exceptions(runtime_with_exception(), 0, 0);
}

TEST(unless_a_thread_has_thrown_it)
{
	check_exceptions(runtime_with_exception(), HANDLE, 1);
}

TEST(an_exception_of_another_hresult_was_made_by_code)
{
	struct fake_runtime *runtime = runtime_with_exception();
	fake_set(runtime, EXCEPTION, "Exception", "_HResult", 0x80131500, 4);
	check_exceptions(runtime, 0, 1);
}

static const struct tap_case cases[] = {
	CASE(objects_are_counted_and_the_largest_types_chosen),
	CASE(free_space_is_no_type),
	CASE(a_heap_that_is_not_there_is_said_once),
	CASE(a_table_that_cannot_be_read_ends_nothing),
	CASE(an_exception_made_in_advance_is_none_that_was_thrown),
	CASE(unless_a_thread_has_thrown_it),
	CASE(an_exception_of_another_hresult_was_made_by_code),
};
TAP_MAIN(cases)
