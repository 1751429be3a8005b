/* Objects as dumpobj and dumparray ask for them, on the fake runtime (8.0's layouts, no metadata).
 */
#include "base/list.h"
#include "heap/clr_threads.h"
#include "inspect/object_view.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	STRING = FAKE_GEN2 + 0x200,
	ARRAY = FAKE_GEN2 + 0x300,
	SZ_ARRAY = (int)0x800a0000, /* MTFlags of a vector, with a component size */
};

static void put_units(struct fake_runtime *runtime, uint64_t string, const char *text)
{
	uint64_t units = fake_field(runtime, string, "String", "m_FirstChar");
	fake_object(runtime, string, runtime->string_table, (uint32_t)strlen(text), 64);
	for (size_t i = 0; text[i]; i++)
		fake_put(runtime->target, units + 2 * i, (unsigned char)text[i], 2);
}

TEST(a_string_has_its_content)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	struct object_view view;
	struct string_view string;
	put_units(runtime, STRING, "abc");
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(object_view_read(&fake.question, STRING, &view));
	CHECK(view.is_string && !view.is_array);
	CHECK_NUMBER(view.object.method_table, runtime->string_table);
	CHECK_NUMBER(view.object.size, 22 + 2 * 3);
	CHECK_OK(object_view_string(&fake.question, &view, &string));
	REQUIRE(string.units && string.count == 3);
	CHECK_NUMBER(string.length, 3);
	CHECK_NUMBER(string.units[2], 'c');
	CHECK(!fake.coverage.incomplete);
}

TEST(an_array_has_a_shape)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	struct object_view view;
	uint64_t table = fake_method_table(runtime, (uint32_t)SZ_ARRAY | 8, 24);
	fake_set(runtime, table, "MethodTable", "PerInstInfo", runtime->object_table, 8);
	fake_object(runtime, ARRAY, table, 5, 64);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(object_view_read(&fake.question, ARRAY, &view));
	CHECK(view.is_array && !view.is_string);
	CHECK_NUMBER(view.shape.count, 5);
	CHECK_NUMBER(view.shape.rank, 1);
	CHECK_NUMBER(view.shape.element_size, 8);
	CHECK_NUMBER(view.shape.data, ARRAY + 16);
}

TEST(what_is_no_object_is_refused_and_a_string_without_content_counted)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct object_view view;
	struct string_view string;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_FAILS(object_view_read(&fake.question, FAKE_GEN2 + 0x2c, &view), ERROR_BAD_DATA,
		    NULL);
	CHECK_FAILS(object_view_read(&fake.question, 0x10, &view), ERROR_FAULT, "0x10");
	view = (struct object_view){ .object = { .address = FAKE_GEN2 + 0x28, .size = 24 } };
	CHECK_OK(object_view_string(&fake.question, &view, &string));
	CHECK(!string.units);
	CHECK(fake_question_lacks(&fake, "the string at 0x500028 could not be read"));
	CHECK_NUMBER(fake.coverage.unreadable_bytes, 24);
}

TEST(a_string_is_lent_up_to_a_limit)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	const uint8_t *units = NULL;
	uint32_t count = 0, length = 0;
	uint64_t table;
	put_units(runtime, STRING, "abc");
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(type_string_table(fake.heap, &table));
	CHECK_NUMBER(table, runtime->string_table);
	CHECK_OK(string_borrow(fake.heap, &fake.heap->reader, STRING, 2, &units, &count, &length));
	REQUIRE(units && count == 2);
	CHECK_NUMBER(length, 3);
	CHECK_NUMBER(units[2], 'b');
	CHECK_OK(string_borrow(fake.heap, &fake.heap->reader, 0x10, 2, &units, &count, &length));
	CHECK(!units);
}

/* src/coreclr/vm/syncblk.h: the header's last four bytes have the thread's id, then how often it
 * entered again. */
TEST(a_thin_lock_is_held_by_a_thread)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	struct thin_lock lock;
	bool is_held;
	fake_put(runtime->target, STRING - 4, 2, 4);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(object_thin_lock(&fake.question, STRING, &lock, &is_held));
	REQUIRE(is_held);
	CHECK_NUMBER(lock.thread_id, 2);
	CHECK_NUMBER(lock.recursion, 0);
	REQUIRE(lock.thread);
	CHECK_NUMBER(lock.thread->os_id, 1001);
	CHECK_OK(object_thin_lock(&fake.question, ARRAY, &lock, &is_held));
	CHECK(!is_held);
}

static const struct tap_case cases[] = {
	CASE(a_string_has_its_content),
	CASE(an_array_has_a_shape),
	CASE(a_string_is_lent_up_to_a_limit),
	CASE(a_thin_lock_is_held_by_a_thread),
	CASE(what_is_no_object_is_refused_and_a_string_without_content_counted),
};
TAP_MAIN(cases)
