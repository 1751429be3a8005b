/* Handles with their objects: the fake runtime has no handles, so what is counted is made here. */
#include "inspect/handle_list.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum { STRING = FAKE_GEN2 + 0x200, ARRAY = FAKE_GEN2 + 0x300 };

static struct error *object_count(struct handle_list *list, uint64_t address, unsigned times)
{
	struct gc_object object;
	TRY(object_read(list->question->heap, address, &object));
	for (unsigned i = 0; i < times; i++)
		TRY(heap_statistics_add(&list->statistics, &object));
	return NULL;
}

struct scene {
	struct fake_question fake;
	struct handle_list list;
};

static void scene_cleanup(struct scene *scene)
{
	handle_list_deinit(&scene->list);
	fake_question_cleanup(&scene->fake);
}

TEST(types_are_listed_by_size_then_by_their_tables)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	struct handle_type *types;
	size_t count;
	fake_object(runtime, STRING, runtime->string_table, 13, 64); /* 48 bytes */
	fake_object(runtime, ARRAY, runtime->array_table, 6, 64);    /* as many */
	CHECK_OK(fake_question_open(&scene.fake, runtime));
	scene.list.question = &scene.fake.question;
	CHECK_OK(object_count(&scene.list, ARRAY, 1));
	CHECK_OK(object_count(&scene.list, STRING, 1));
	CHECK_OK(object_count(&scene.list, FAKE_GEN2 + 0x28, 3)); /* 3 * 24 bytes */
	CHECK_OK(handle_list_types(&scene.list, &types, &count));
	REQUIRE(count == 3);
	CHECK_NUMBER(types[0].type->handle, runtime->array_table);
	CHECK_NUMBER(types[0].statistic->size_bytes, types[1].statistic->size_bytes);
	CHECK_NUMBER(types[1].type->handle, runtime->string_table);
	CHECK_NUMBER(types[2].type->handle, runtime->object_table);
	CHECK_NUMBER(types[2].statistic->count, 3);
}

TEST(a_process_without_handles_has_none)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CHECK_OK(fake_question_open(&scene.fake, fake_runtime_new()));
	scene.list = (struct handle_list){ .question = &scene.fake.question,
					   .wanted = HANDLE_KIND_COUNT };
	CHECK_OK(handle_list_visit(&scene.list, NULL, NULL));
	CHECK_NUMBER(scene.list.total, 0);
	CHECK_NUMBER(scene.list.unreadable, 0);
}

static const struct tap_case cases[] = {
	CASE(types_are_listed_by_size_then_by_their_tables),
	CASE(a_process_without_handles_has_none),
};
TAP_MAIN(cases)
