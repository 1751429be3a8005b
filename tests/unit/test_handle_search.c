/* Handles that are looked for in memory: made by hand, the fake runtime has none. */
#include "inspect/handle_search.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	MEMORY = 0x900000, /* of the test's own */
	PINNED = 0x7f0000001008,
	STRONG = 0x7f0000001010,
	NOWHERE = 0x7f0000001018,
};

struct scene {
	struct fake_question fake;
	struct handle_search search;
	uint64_t found[4];
	size_t found_count;
};

static void scene_cleanup(struct scene *scene)
{
	handle_search_deinit(&scene->search);
	fake_question_cleanup(&scene->fake);
}

static struct error *handles_make(struct scene *scene)
{
	static const uint64_t handles[] = { PINNED, STRONG, NOWHERE };
	struct handle_search *search = &scene->search;
	search->question = &scene->fake.question;
	search->lowest = PINNED;
	search->highest = NOWHERE;
	search->uses = calloc(3, sizeof(*search->uses));
	if (!search->uses)
		return &error_no_memory;
	for (uint32_t i = 0; i < 3; i++) {
		search->uses[i].handle = (struct gc_handle){ .address = handles[i] };
		TRY(id_map_put(&search->by_address, handles[i], i));
		search->count++;
	}
	return NULL;
}

static struct error *use_take(const struct handle_use *use, void *context)
{
	struct scene *scene = context;
	if (scene->found_count < 4)
		scene->found[scene->found_count++] = use->found_at;
	return NULL;
}

TEST(the_first_place_of_each_handle_is_found)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	struct fake_runtime *runtime = fake_runtime_new();
	fake_target_zeros(runtime->target, MEMORY, 0x3000);
	fake_put(runtime->target, MEMORY + 0x1ff8, STRONG, 8);
	fake_put(runtime->target, MEMORY + 0x2000, PINNED | 1, 8); /* as GCHandle tags it */
	fake_put(runtime->target, MEMORY + 0x2008, STRONG, 8);
	fake_put(runtime->target, MEMORY + 0x2014, NOWHERE, 8); /* no word of its own */
	CHECK_OK(fake_question_open(&scene.fake, runtime));
	CHECK_OK(handles_make(&scene));
	CHECK_OK(handle_search_memory(&scene.search, use_take, &scene));
	CHECK_NUMBER(scene.search.found, 2);
	REQUIRE(scene.found_count == 2);
	CHECK_NUMBER(scene.found[0], MEMORY + 0x1ff8);
	CHECK_NUMBER(scene.found[1], MEMORY + 0x2000);
	CHECK_NUMBER(scene.search.uses[0].found_at, MEMORY + 0x2000);
	CHECK_NUMBER(scene.search.uses[2].found_at, 0);
}

TEST(a_heap_without_handles_has_none)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CHECK_OK(fake_question_open(&scene.fake, fake_runtime_new()));
	scene.search.question = &scene.fake.question;
	CHECK_OK(handle_search_collect(&scene.search));
	CHECK_OK(handle_search_memory(&scene.search, use_take, &scene));
	CHECK_NUMBER(scene.search.count, 0);
	CHECK_NUMBER(scene.found_count, 0);
}

static const struct tap_case cases[] = {
	CASE(the_first_place_of_each_handle_is_found),
	CASE(a_heap_without_handles_has_none),
};
TAP_MAIN(cases)
