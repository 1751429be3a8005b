/* What dumpmt shows of a type beside what it has in itself, on the fake runtime. */
#include "base/list.h"
#include "inspect/type_view.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

TEST(a_method_table_has_interfaces_and_a_type_desc_none)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	const struct type *type;
	const struct type variable = { .handle = FAKE_TYPES | TYPE_HANDLE_TYPE_DESC };
	struct type_counts counts;
	fake_set(runtime, runtime->object_table, "MethodTable", "NumInterfaces", 3, 2);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(type_at(fake.heap, runtime->object_table, &type));
	CHECK_OK(type_counts_read(&fake.question, type, &counts));
	CHECK(counts.has_interfaces);
	CHECK_NUMBER(counts.interfaces, 3);
	CHECK_OK(type_counts_read(&fake.question, &variable, &counts));
	CHECK(!counts.has_interfaces && !counts.has_methods);
	CHECK(!fake.coverage.incomplete);
}

TEST(a_type_that_is_not_there_has_no_counts)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	const struct type gone = { .handle = 0x12340000 };
	struct type_counts counts;
	struct load_context context;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(type_counts_read(&fake.question, &gone, &counts));
	CHECK(!counts.has_interfaces);
	CHECK(fake.coverage.incomplete);
	CHECK_OK(type_load_context(&fake.question, &gone, &context));
	CHECK(!context.is_known);
}

static const struct tap_case cases[] = {
	CASE(a_method_table_has_interfaces_and_a_type_desc_none),
	CASE(a_type_that_is_not_there_has_no_counts),
};
TAP_MAIN(cases)
