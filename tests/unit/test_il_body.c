/* IL by its address, and methods that are none, on the fake runtime. */
#include "base/list.h"
#include "inspect/il_body.h"
#include "inspect/method_view.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum { IL = FAKE_GEN2 + 0x1000, END = FAKE_GEN2 + FAKE_REGION_SIZE };

TEST(il_at_an_address_is_as_long_as_its_header_says)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	struct il_body body;
	/* Tiny headers, ECMA-335 II.25.4.2: the size in the upper six bits. */
	fake_put(runtime->target, IL, 2 << 2 | 2, 1);
	fake_put(runtime->target, IL + 1, 0x2a00, 2); /* nop, ret */
	fake_put(runtime->target, END - 2, 9 << 2 | 2, 1);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(il_body_at(&fake.question, IL, &body));
	CHECK_NUMBER(body.address, IL);
	REQUIRE(body.size == 2);
	CHECK_NUMBER(body.il[1], 0x2a);
	CHECK(!body.context.metadata && !body.context.owner);
	CHECK_FAILS(il_body_at(&fake.question, END - 2, &body), ERROR_FAULT, NULL);
	CHECK_FAILS(il_body_at(&fake.question, IL + 8, &body), ERROR_BAD_DATA, NULL);
}

TEST(what_is_no_method_is_refused_or_counted)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct il_body body;
	struct method_view view;
	const char *name = "";
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_FAILS(il_body_of_method(&fake.question, 0x123458, &body), ERROR_FAULT,
		    "0x123458 is not a MethodDesc");
	CHECK_FAILS(method_view_read(&fake.question, 0x123458, &view), ERROR_FAULT,
		    "0x123458 is not a MethodDesc");
	CHECK(!fake.coverage.incomplete);
	CHECK_OK(method_name_or_missing(&fake.question, 0x123458, &name));
	CHECK(!name);
	CHECK(fake_question_lacks(
		&fake, "the names of methods are not in the dump; --sysroot DIR may have them"));
}

static const struct tap_case cases[] = {
	CASE(il_at_an_address_is_as_long_as_its_header_says),
	CASE(what_is_no_method_is_refused_or_counted),
};
TAP_MAIN(cases)
