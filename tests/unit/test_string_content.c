/* The content of strings and what is none, on the fake runtime (8.0's layouts, no metadata). */
#include "base/list.h"
#include "inspect/string_content.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	STRING = FAKE_GEN2 + 0x200,
	OBJECT = FAKE_GEN2 + 0x28,
	END = FAKE_GEN2 + FAKE_REGION_SIZE,
	LAST = END - 64, /* a string that goes on after the region's end */
	LAST_LENGTH = 100,
};

struct scene {
	struct fake_question fake;
	struct string_content *content;
	uint64_t first; /* where the units of a string begin, from the object on */
};

static void scene_cleanup(struct scene *scene)
{
	string_content_free(scene->content);
	fake_question_cleanup(&scene->fake);
}

static struct error *scene_open(struct scene *scene)
{
	struct fake_runtime *runtime = fake_runtime_new();
	scene->first = fake_field(runtime, 0, "String", "m_FirstChar");
	fake_object(runtime, STRING, runtime->string_table, 3, 64);
	for (uint64_t i = 0; i < 3; i++)
		fake_put(runtime->target, STRING + scene->first + 2 * i, 'a' + i, 2);
	fake_object(runtime, LAST, runtime->string_table, LAST_LENGTH, 64);
	return fake_question_open(&scene->fake, runtime);
}

static struct error *content_open(struct scene *scene, uint64_t object)
{
	const struct type *type;
	uint64_t method_table;
	if (!heap_object_method_table(scene->fake.heap, object, &method_table))
		return error_fault(object, "no object");
	TRY(type_at(scene->fake.heap, method_table, &type));
	return string_content_new(&scene->fake.question, object, type, &scene->content);
}

TEST(a_string_comes_in_parts)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	const uint16_t *units = NULL;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(content_open(&scene, STRING));
	CHECK_NUMBER(string_content_length(scene.content), 3);
	REQUIRE(string_content_next(scene.content, &units) == 3);
	CHECK_NUMBER(units[0], 'a');
	CHECK_NUMBER(units[2], 'c');
	CHECK_NUMBER(string_content_next(scene.content, &units), 0);
	CHECK_OK(string_content_end(scene.content));
	CHECK(!scene.fake.coverage.incomplete);
}

TEST(what_cannot_be_read_ends_it_and_is_counted)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	const uint16_t *units;
	CHECK_OK(scene_open(&scene));
	size_t there = (size_t)(END - LAST - scene.first) / 2;
	CHECK_OK(content_open(&scene, LAST));
	CHECK_NUMBER(string_content_length(scene.content), LAST_LENGTH);
	CHECK_NUMBER(string_content_next(scene.content, &units), there);
	CHECK_NUMBER(string_content_next(scene.content, &units), 0);
	CHECK_OK(string_content_end(scene.content));
	CHECK(scene.fake.coverage.incomplete);
	CHECK_NUMBER(scene.fake.coverage.unreadable_bytes, 2 * (LAST_LENGTH - there));
}

TEST(what_is_no_string_is_refused)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CHECK_OK(scene_open(&scene));
	CHECK_FAILS(content_open(&scene, OBJECT), ERROR_BAD_DATA,
		    "no string, char[] or StringBuilder");
}

static const struct tap_case cases[] = {
	CASE(a_string_comes_in_parts),
	CASE(what_cannot_be_read_ends_it_and_is_counted),
	CASE(what_is_no_string_is_refused),
};
TAP_MAIN(cases)
