/* Objects with a finalizer: the fake runtime has no queue, so the test brings its own. */
#include "inspect/finalize_list.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	MEMORY = 0x900000, /* of the test's own: the words of the queue */
	FIRST = FAKE_GEN2 + 0x28,
	OBJECT_BYTES = 24,
	NOWHERE = 0x10,
};

struct scene {
	struct fake_question fake;
	struct finalize_queue queue;
	struct finalize_list list;
	uint64_t addresses[8];
	bool ready[8];
	size_t count, stop_after;
};

static void scene_cleanup(struct scene *scene)
{
	finalize_list_deinit(&scene->list);
	fake_question_cleanup(&scene->fake);
}

static struct error *object_take(const struct gc_object *object, bool is_ready, void *context)
{
	struct scene *scene = context;
	if (scene->count < 8) {
		scene->ready[scene->count] = is_ready;
		scene->addresses[scene->count++] = object->address;
	}
	return scene->count == scene->stop_after ? &error_stop : NULL;
}

/* Generation 0 has an object, generation 2 another and a word that leads nowhere; one is ready. */
static struct error *scene_open(struct scene *scene)
{
	static const uint64_t words[] = { FIRST, FIRST + OBJECT_BYTES, NOWHERE,
					  FIRST + 2 * OBJECT_BYTES };
	struct fake_runtime *runtime = fake_runtime_new();
	fake_target_bytes(runtime->target, MEMORY, words, sizeof(words));
	scene->queue.generations[GENERATION_0] = (struct finalize_range){ MEMORY, MEMORY + 8 };
	scene->queue.generations[GENERATION_2] = (struct finalize_range){ MEMORY + 8, MEMORY + 24 };
	scene->queue.ready = (struct finalize_range){ MEMORY + 24, MEMORY + 32 };
	scene->list.queues = &scene->queue;
	scene->list.question = &scene->fake.question;
	return fake_question_open(&scene->fake, runtime);
}

TEST(the_oldest_generation_comes_first_and_the_ready_last)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CHECK_OK(scene_open(&scene));
	CHECK_OK(finalize_list_visit(&scene.list, object_take, &scene));
	REQUIRE(scene.count == 3);
	CHECK_NUMBER(scene.addresses[0], FIRST + OBJECT_BYTES);
	CHECK_NUMBER(scene.addresses[1], FIRST);
	CHECK_NUMBER(scene.addresses[2], FIRST + 2 * OBJECT_BYTES);
	CHECK(!scene.ready[0] && !scene.ready[1] && scene.ready[2]);
	CHECK_NUMBER(scene.list.statistics.count, 3);
	CHECK(fake_question_lacks(&scene.fake,
				  "1 objects of the finalization queue could not be read"));
}

TEST(a_visitor_that_has_enough_ends_the_visit)
{
	CLEANUP(scene_cleanup) struct scene scene = { .stop_after = 1 };
	CHECK_OK(scene_open(&scene));
	CHECK_OK(finalize_list_visit(&scene.list, object_take, &scene));
	CHECK_NUMBER(scene.count, 1);
	CHECK_NUMBER(scene.addresses[0], FIRST + OBJECT_BYTES);
	CHECK_NUMBER(scene.list.statistics.count, 1);
}

TEST(objects_of_another_table_are_left_out)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CHECK_OK(scene_open(&scene));
	scene.list.method_table = scene.fake.runtime->string_table;
	CHECK_OK(finalize_list_visit(&scene.list, object_take, &scene));
	CHECK_NUMBER(scene.count, 0);
	CHECK_NUMBER(scene.list.statistics.count, 0);
}

static const struct tap_case cases[] = {
	CASE(the_oldest_generation_comes_first_and_the_ready_last),
	CASE(a_visitor_that_has_enough_ends_the_visit),
	CASE(objects_of_another_table_are_left_out),
};
TAP_MAIN(cases)
