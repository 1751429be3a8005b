/* The elements of arrays, and where a forged length ends, on the fake runtime. */
#include "base/limits.h"
#include "base/list.h"
#include "inspect/array_elements.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	DATA = FAKE_GEN2 + 0x310,
	OBJECT = FAKE_GEN2 + 0x28,
	NOWHERE = 0x12340000,
	OBJECTS_END = FAKE_GEN2 + 0x828, /* where the fake's segment ends */
};

/* A vector of objects, whose first elements are at `data`; `object`: where it says it is. */
static struct error *view_make(struct fake_question *fake, uint64_t object, uint64_t data,
			       uint64_t count, struct object_view *ret)
{
	*ret = (struct object_view){ .object = { .address = object }, .is_array = true };
	ret->shape = (struct array_shape){ .count = count,
					   .rank = 1,
					   .lengths = { (uint32_t)count },
					   .data = data,
					   .element_size = 8 };
	return type_at(fake->heap, fake->runtime->object_table, &ret->shape.element);
}

TEST(a_part_of_an_array)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	struct array_elements elements;
	struct array_element_view element;
	struct object_view view;
	bool more;
	for (uint64_t i = 0; i < 5; i++)
		fake_put(runtime->target, DATA + 8 * i, i == 2 ? OBJECT : 0, 8);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(view_make(&fake, DATA - 16, DATA, 5, &view));
	array_elements_init(&fake.question, &view, 2, 2, &elements);
	CHECK_OK(array_elements_next(&elements, &element, &more));
	REQUIRE(more);
	CHECK_NUMBER(element.index, 2);
	CHECK_NUMBER(element.address, DATA + 16);
	CHECK_NUMBER(element.value.kind, VALUE_REFERENCE);
	CHECK_NUMBER(element.value.bits, OBJECT);
	CHECK_OK(array_elements_next(&elements, &element, &more));
	CHECK(more && element.value.kind == VALUE_NULL);
	CHECK_OK(array_elements_next(&elements, &element, &more));
	CHECK(!more && !fake.coverage.incomplete);
	array_elements_init(&fake.question, &view, 7, UINT64_MAX, &elements);
	CHECK_OK(array_elements_next(&elements, &element, &more));
	CHECK(!more);
}

TEST(a_forged_length_ends_with_the_segment)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct array_elements elements;
	struct object_view view;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(view_make(&fake, DATA - 16, DATA, 1000000, &view));
	array_elements_init(&fake.question, &view, 0, UINT64_MAX, &elements);
	CHECK_NUMBER(elements.end, (OBJECTS_END - DATA) / 8);
	CHECK(fake.coverage.incomplete);
}

TEST(a_forged_length_ends_where_nothing_can_be_read)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct array_elements elements;
	struct array_element_view element;
	struct object_view view;
	uint64_t count = 0;
	bool more = true;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(view_make(&fake, NOWHERE, NOWHERE, 1000000, &view));
	array_elements_init(&fake.question, &view, 0, UINT64_MAX, &elements);
	for (;; count++) {
		CHECK_OK(array_elements_next(&elements, &element, &more));
		if (!more)
			break;
		CHECK_NUMBER(element.value.kind, VALUE_UNREADABLE);
	}
	CHECK_NUMBER(count, LIMIT_UNREADABLE_RUN);
	CHECK_NUMBER(fake.coverage.unreadable_bytes, 8 * (1000000 - LIMIT_UNREADABLE_RUN));
}

TEST(indexes_are_written_as_in_a_program)
{
	const struct array_shape vector = { .rank = 1, .lengths = { 9 } };
	const struct array_shape matrix = { .rank = 3,
					    .lengths = { 2, 3, 4 },
					    .lower_bounds = { 0, -1, 5 } };
	char text[ARRAY_INDEX_BYTES];
	array_index_text(&vector, 8, text);
	CHECK_TEXT(text, "[8]");
	array_index_text(&matrix, 23, text);
	CHECK_TEXT(text, "[1,1,8]");
	array_index_text(&matrix, 4, text);
	CHECK_TEXT(text, "[0,0,5]");
}

static const struct tap_case cases[] = {
	CASE(a_part_of_an_array),
	CASE(a_forged_length_ends_with_the_segment),
	CASE_ONCE(a_forged_length_ends_where_nothing_can_be_read),
	CASE(indexes_are_written_as_in_a_program),
};
TAP_MAIN(cases)
