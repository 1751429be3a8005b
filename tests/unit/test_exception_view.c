/* Exceptions as printexception and clrthreads ask for them, on the fake runtime (8.0's layouts, no
 * metadata). */
#include "inspect/thread_view.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	OUTER = FAKE_GEN2 + 0x200,
	INNER = FAKE_GEN2 + 0x300,
	MESSAGE = FAKE_GEN2 + 0x400,
	TRACE = FAKE_GEN2 + 0x500,
	VARIABLES = 0x900000, /* memory of the test's own */
	HANDLE = VARIABLES + 16,
	NOWHERE = 0x10,
	HRESULT = (int)0x80131500,
	BYTES = (int)0x80000000, /* MTFlags of an array of bytes, with a component size */
};

struct scene {
	struct fake_question fake;
	struct fake_runtime *runtime;
};

static void scene_cleanup(struct scene *scene)
{
	fake_question_cleanup(&scene->fake);
}

static void put_exception(struct fake_runtime *runtime, uint64_t address, uint64_t table,
			  uint64_t message, uint64_t inner)
{
	fake_object(runtime, address, table, 0, 128);
	fake_set(runtime, address, "Exception", "_message", message, 8);
	fake_set(runtime, address, "Exception", "_innerException", inner, 8);
	fake_set(runtime, address, "Exception", "_stackTrace", 0, 8);
	fake_set(runtime, address, "Exception", "_stackTraceString", 0, 8);
	fake_set(runtime, address, "Exception", "_HResult", (uint32_t)HRESULT, 4);
}

/* An exception, which has a message and another in it. */
static struct fake_runtime *runtime_with_exceptions(void)
{
	struct fake_runtime *runtime = fake_runtime_new();
	uint64_t base = fake_method_table(runtime, 0, 128);
	uint64_t derived = fake_method_table(runtime, 0, 128);
	fake_target_zeros(runtime->target, VARIABLES, 64);
	fake_put(runtime->target, HANDLE, OUTER, 8);
	fake_put(runtime->target, VARIABLES, base, 8);
	fake_put(runtime->target, fake_table_entry(runtime, "ExceptionMethodTable"), VARIABLES, 8);
	fake_set(runtime, derived, "MethodTable", "ParentMethodTable", base, 8);
	put_exception(runtime, OUTER, derived, MESSAGE, INNER);
	put_exception(runtime, INNER, base, NOWHERE, NOWHERE);
	fake_object(runtime, MESSAGE, runtime->string_table, 2, 32);
	fake_put(runtime->target, fake_field(runtime, MESSAGE, "String", "m_FirstChar"),
		 'h' | (uint32_t)'i' << 16, 4);
	return runtime;
}

TEST(an_exception_has_its_strings_and_what_is_in_it)
{
	CLEANUP(scene_cleanup) struct scene scene = { .runtime = runtime_with_exceptions() };
	struct exception_view view;
	CHECK_OK(fake_question_open(&scene.fake, scene.runtime));
	CHECK_OK(exception_view_read(&scene.fake.question, OUTER, &view));
	CHECK_NUMBER(view.exception.hresult, (uint32_t)HRESULT);
	CHECK_NUMBER(view.message.state, VIEW_STRING_READ);
	REQUIRE(view.message.units && view.message.count == 2);
	CHECK_NUMBER(view.message.length, 2);
	CHECK_NUMBER(view.message.units[1], 'i');
	CHECK_NUMBER(view.stack_trace_string.state, VIEW_STRING_NONE);
	REQUIRE(view.inner_type);
	CHECK_NUMBER(view.inner_type->handle, view.exception.type->parent_handle);
	CHECK_NUMBER(view.frame_count, 0);
	CHECK(!view.frames_unreadable);
	CHECK(!scene.fake.coverage.incomplete);
}

TEST(what_cannot_be_read_of_an_exception_is_counted)
{
	CLEANUP(scene_cleanup) struct scene scene = { .runtime = runtime_with_exceptions() };
	struct exception_view view;
	fake_set(scene.runtime, INNER, "Exception", "_stackTrace", NOWHERE, 8);
	CHECK_OK(fake_question_open(&scene.fake, scene.runtime));
	CHECK_OK(exception_view_read(&scene.fake.question, INNER, &view));
	CHECK_NUMBER(view.message.state, VIEW_STRING_UNREADABLE);
	CHECK(!view.inner_type);
	CHECK(view.frames_unreadable);
	CHECK_NUMBER(view.frame_count, 0);
	CHECK(fake_question_lacks(&scene.fake, "the string at 0x10 is not in the dump"));
	CHECK(fake_question_lacks(&scene.fake, "the stack trace at 0x10 is not in the dump"));
}

/* Its method is no method: the frame stays, without a name. */
TEST(a_frame_without_a_method_is_a_frame)
{
	CLEANUP(scene_cleanup) struct scene scene = { .runtime = runtime_with_exceptions() };
	struct fake_runtime *runtime = scene.runtime;
	struct exception_view view;
	uint64_t bytes = fake_method_table(runtime, (uint32_t)BYTES | 1, 24);
	uint64_t data = TRACE + 16, frame = data + 16;
	fake_object(runtime, TRACE, bytes, 64, 96);
	fake_set(runtime, data, "StackTraceArrayHeader", "Size", 1, 4);
	fake_set(runtime, frame, "StackTraceElement", "Ip", 0x1234, 8);
	fake_set(runtime, frame, "StackTraceElement", "Sp", 0x5678, 8);
	fake_set(runtime, frame, "StackTraceElement", "MethodDesc", NOWHERE, 8);
	fake_set(runtime, OUTER, "Exception", "_stackTrace", TRACE, 8);
	CHECK_OK(fake_question_open(&scene.fake, runtime));
	CHECK_OK(exception_view_read(&scene.fake.question, OUTER, &view));
	REQUIRE(view.frame_count == 1);
	CHECK_NUMBER(view.frames[0].frame.ip, 0x1234);
	CHECK_NUMBER(view.frames[0].frame.sp, 0x5678);
	CHECK(!view.frames[0].method && !view.frames[0].module);
	CHECK(!view.frames[0].offset_known);
	CHECK(fake_question_lacks(&scene.fake, "methods on the stack trace are not in the dump"));
}

TEST(what_is_no_exception_is_refused)
{
	CLEANUP(scene_cleanup) struct scene scene = { .runtime = runtime_with_exceptions() };
	struct exception_view view;
	CHECK_OK(fake_question_open(&scene.fake, scene.runtime));
	CHECK_FAILS(exception_view_read(&scene.fake.question, MESSAGE, &view), ERROR_BAD_DATA,
		    "is no exception");
	CHECK_FAILS(exception_view_read(&scene.fake.question, NOWHERE, &view), ERROR_FAULT, "0x10");
}

TEST(a_thread_has_what_it_threw_last)
{
	static const struct clr_thread thrower = { .managed_id = 1, .last_thrown = HANDLE };
	static const struct clr_thread lost = { .managed_id = 2, .last_thrown = NOWHERE };
	static const struct clr_thread calm = { .managed_id = 3 };
	CLEANUP(scene_cleanup) struct scene scene = { .runtime = runtime_with_exceptions() };
	struct thread_thrown thrown;
	struct view_string name;
	CHECK_OK(fake_question_open(&scene.fake, scene.runtime));
	CHECK_OK(thread_thrown(&scene.fake.question, &thrower, &thrown));
	CHECK_NUMBER(thrown.address, OUTER);
	CHECK(thrown.type && !thrown.has_nested && !thrown.unreadable);
	CHECK_OK(thread_thrown(&scene.fake.question, &calm, &thrown));
	CHECK(!thrown.address && !thrown.type && !thrown.unreadable);
	CHECK(!scene.fake.coverage.incomplete);
	CHECK_OK(thread_thrown(&scene.fake.question, &lost, &thrown));
	CHECK(!thrown.address && thrown.unreadable);
	CHECK(fake_question_lacks(&scene.fake, "the exception of thread 2 is not in the dump"));
	CHECK_OK(thread_name(&scene.fake.question, &calm, &scene.fake.scratch, &name));
	CHECK_NUMBER(name.state, VIEW_STRING_NONE);
}

TEST(a_thread_is_found_by_its_os_id)
{
	CLEANUP(scene_cleanup) struct scene scene = { .runtime = runtime_with_exceptions() };
	CHECK_OK(fake_question_open(&scene.fake, scene.runtime));
	const struct clr_thread *thread = thread_with_os_id(scene.fake.heap, 1001);
	REQUIRE(thread);
	CHECK_NUMBER(thread->managed_id, 2);
	CHECK(!thread_with_os_id(scene.fake.heap, 7));
}

static const struct tap_case cases[] = {
	CASE(an_exception_has_its_strings_and_what_is_in_it),
	CASE(what_cannot_be_read_of_an_exception_is_counted),
	CASE(a_frame_without_a_method_is_a_frame),
	CASE(what_is_no_exception_is_refused),
	CASE(a_thread_has_what_it_threw_last),
	CASE(a_thread_is_found_by_its_os_id),
};
TAP_MAIN(cases)
