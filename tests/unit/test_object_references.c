/* What an object refers to, and leads to, on the fake runtime (8.0's layouts, no metadata). */
#include "base/list.h"
#include "heap/values/object_type.h"
#include "inspect/object_expansion.h"
#include "inspect/object_references.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	ARRAY = FAKE_GEN2 + 0x300,
	FIRST = FAKE_GEN2 + 0x28, /* objects of the fake's own, 24 bytes each */
	SECOND = FIRST + 24,
	NOWHERE = FAKE_GEN2 + 0x2c,
	HAS_POINTERS = 0x01000000,
	VECTOR = (int)0x800a0000, /* MTFlags, with a component size */
	BASE_SIZE = 24,
	DATA = 16, /* bytes of an array before its elements */
};

/* A MethodTable with one series of references in front of it (gcdesc.h: CGCDescSeries), from
 * `offset` on; `less` is what the object has beside them. */
static void put_series(struct fake_runtime *runtime, uint64_t table, uint64_t offset, int64_t less)
{
	fake_put(runtime->target, table - 8, 1, 8);
	fake_put(runtime->target, table - 16, offset, 8);
	fake_put(runtime->target, table - 24, (uint64_t)-less, 8);
}

/* An array of objects: the first, nothing, one that is none, the first again. */
static struct fake_runtime *runtime_new(void)
{
	static const uint64_t elements[] = { FIRST, 0, NOWHERE, FIRST, SECOND };
	struct fake_runtime *runtime = fake_runtime_new();
	uint64_t table = fake_method_table(runtime, (uint32_t)VECTOR | HAS_POINTERS | 8, BASE_SIZE);
	fake_set(runtime, table, "MethodTable", "PerInstInfo", runtime->object_table, 8);
	put_series(runtime, table, DATA, BASE_SIZE);
	fake_object(runtime, ARRAY, table, COUNT_OF(elements), 64);
	for (size_t i = 0; i < COUNT_OF(elements); i++)
		fake_put(runtime->target, ARRAY + DATA + 8 * i, elements[i], 8);
	return runtime;
}

struct seen {
	uint64_t targets[8];
	uint32_t offsets[8];
	size_t count, typed, stop_after;
};

static struct error *see(const struct object_reference *reference, void *context)
{
	struct seen *seen = context;
	if (seen->count == COUNT_OF(seen->targets))
		return &error_stop;
	seen->typed += reference->type != NULL;
	seen->offsets[seen->count] = reference->offset;
	seen->targets[seen->count++] = reference->target;
	return seen->count == seen->stop_after ? &error_stop : NULL;
}

TEST(the_references_of_an_array_are_visited_as_they_are_met)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct object_view view;
	struct seen all = { 0 }, some = { .stop_after = 1 };
	CHECK_OK(fake_question_open(&fake, runtime_new()));
	CHECK_OK(object_view_read(&fake.question, ARRAY, &view));
	CHECK_OK(array_references_visit(&fake.question, &view, see, &all));
	REQUIRE(all.count == 4);
	CHECK_NUMBER(all.targets[0], FIRST);
	CHECK_NUMBER(all.offsets[0], DATA - 8);
	CHECK_NUMBER(all.targets[1], NOWHERE);
	CHECK_NUMBER(all.targets[3], SECOND);
	CHECK_NUMBER(all.typed, 3);
	CHECK(fake_question_lacks(&fake, "the object at 0x50002c cannot be read"));
	CHECK_OK(array_references_visit(&fake.question, &view, see, &some));
	CHECK_NUMBER(some.count, 1);
}

static struct error *fail(const struct object_reference *reference, void *context)
{
	(void)reference;
	(void)context;
	return error_fault(NOWHERE, "the visitor cannot read what it wants");
}

TEST(damage_that_a_visitor_answers_is_the_visitors)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct object_view view;
	CHECK_OK(fake_question_open(&fake, runtime_new()));
	CHECK_OK(object_view_read(&fake.question, ARRAY, &view));
	CHECK_FAILS(array_references_visit(&fake.question, &view, fail, NULL), ERROR_FAULT,
		    "the visitor cannot read");
	CHECK(!fake.coverage.incomplete);
}

TEST(the_type_of_what_is_referred_to)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	const struct type *type;
	struct fake_runtime *runtime = runtime_new();
	fake_object(runtime, SECOND, 0x7770, 0, 24);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(object_type(fake.heap, FIRST, &type));
	CHECK(type && type->handle == runtime->object_table);
	CHECK_OK(object_type(fake.heap, SECOND, &type)); /* its type is none */
	CHECK(!type);
	CHECK_OK(object_type(fake.heap, NOWHERE, &type));
	CHECK(!type);
	CHECK_OK(object_type(fake.heap, 0, &type));
	CHECK(!type);
}

TEST(an_object_without_pointers_has_no_references)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(object_references_deinit) struct object_references references = { 0 };
	struct object_view view;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(object_view_read(&fake.question, FIRST, &view));
	CHECK_OK(object_references_read(&fake.question, &view, &references));
	CHECK_NUMBER(references.count, 0);
	CHECK(!fake.coverage.incomplete);
}

TEST(what_an_object_leads_to_is_found_once_and_by_its_path)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct object_expansion expansion;
	CHECK_OK(fake_question_open(&fake, runtime_new()));
	CHECK_OK(object_expansion_read(&fake.question, ARRAY, 1, &expansion));
	REQUIRE(expansion.count == 4);
	CHECK_NUMBER(expansion.objects[0].address, ARRAY);
	CHECK_NUMBER(expansion.objects[0].level, 0);
	CHECK_NUMBER(expansion.objects[1].address, FIRST);
	CHECK_TEXT(expansion.objects[1].path, "[0]");
	CHECK_NUMBER(expansion.objects[2].address, NOWHERE);
	CHECK_TEXT(expansion.objects[3].path, "[4]");
	CHECK_NUMBER(expansion.objects[3].level, 1);
	CHECK(!expansion.cut && !fake.coverage.incomplete);
	CHECK_OK(object_expansion_read(&fake.question, ARRAY, 0, &expansion));
	CHECK_NUMBER(expansion.count, 1);
}

TEST(an_array_is_followed_as_far_as_the_limit)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct fake_runtime *runtime = runtime_new();
	struct object_expansion expansion;
	uint64_t table;
	memcpy(&table, fake_target_at(runtime->target, ARRAY, 8), 8);
	fake_object(runtime, ARRAY, table, LIMIT_EXPANDED_ELEMENTS + 1, 64);
	for (uint64_t i = 0; i <= LIMIT_EXPANDED_ELEMENTS; i++)
		fake_put(runtime->target, ARRAY + DATA + 8 * i, FIRST, 8);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(object_expansion_read(&fake.question, ARRAY, 1, &expansion));
	CHECK_NUMBER(expansion.count, 2);
	CHECK(expansion.cut);
}

static const struct tap_case cases[] = {
	CASE(the_type_of_what_is_referred_to),
	CASE(the_references_of_an_array_are_visited_as_they_are_met),
	CASE(damage_that_a_visitor_answers_is_the_visitors),
	CASE(an_object_without_pointers_has_no_references),
	CASE(what_an_object_leads_to_is_found_once_and_by_its_path),
	CASE(an_array_is_followed_as_far_as_the_limit),
};
TAP_MAIN(cases)
