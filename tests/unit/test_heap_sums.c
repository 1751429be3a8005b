/* What is summed up of all objects of a heap: the same on several threads as on one. */
#include "inspect/heap_sizes.h"
#include "inspect/heap_verification.h"
#include "inspect/size_counts.h"
#include "inspect/young_references.h"
#include "tests/unit/fake_heap.h"
#include "tests/unit/tap.h"

enum { OBJECTS = 400, CORRUPTIONS_MAX = 4096 };

struct scene {
	struct fake_question fake;
	struct fake_heap heap_of_spans;
};

static void scene_cleanup(struct scene *scene)
{
	fake_question_cleanup(&scene->fake);
}

static struct error *scene_open(struct scene *scene, unsigned threads)
{
	TRY(fake_heap_ask(&scene->heap_of_spans, OBJECTS, threads, true, &scene->fake));
	return NULL;
}

#define SCENE CLEANUP(scene_cleanup) struct scene scene = { 0 }

/* Each list: how many sizes, of how many objects and bytes. */
struct sizes {
	uint64_t lists[GENERATION_COUNT * 2][3];
	uint64_t objects;
};

static void sizes_note(const struct size_list *list, uint64_t *to, uint64_t *objects)
{
	to[0] = list->count;
	for (size_t i = 0; i < list->count; i++) {
		to[1] += list->items[i].count;
		to[2] += list->items[i].count * list->items[i].size;
		*objects += list->items[i].count;
		CHECK(!i || list->items[i - 1].size < list->items[i].size);
	}
}

static struct error *sizes_of(unsigned threads, struct sizes *ret)
{
	SCENE;
	CLEANUP(size_counts_deinit) struct size_counts counts = { 0 };
	*ret = (struct sizes){ .objects = 0 };
	TRY(scene_open(&scene, threads));
	TRY(size_counts_read(&scene.fake.question, &counts));
	for (size_t i = 0; i < GENERATION_COUNT; i++) {
		sizes_note(&counts.generations[i].objects, ret->lists[i * 2], &ret->objects);
		sizes_note(&counts.generations[i].free_space, ret->lists[i * 2 + 1], &ret->objects);
	}
	return NULL;
}

TEST(sizes_are_counted)
{
	struct sizes alone, together;
	CHECK_OK(sizes_of(1, &alone));
	CHECK(alone.objects > OBJECTS);
	CHECK_OK(sizes_of(3, &together));
	CHECK(!memcmp(&alone, &together, sizeof(alone)));
}

static struct error *heap_of(unsigned threads, struct heap_sizes *ret)
{
	SCENE;
	struct heap_sizes *heaps;
	*ret = (struct heap_sizes){ 0 };
	TRY(scene_open(&scene, threads));
	TRY(heap_sizes_read(&scene.fake.question, &heaps));
	*ret = heaps[0];
	return NULL;
}

TEST(generations_are_measured)
{
	struct heap_sizes alone, together;
	CHECK_OK(heap_of(1, &alone));
	CHECK_OK(heap_of(3, &together));
	CHECK(!memcmp(&alone, &together, sizeof(alone)));
}

struct corruptions {
	struct corruption list[CORRUPTIONS_MAX];
	size_t count;
	struct heap_verification found;
};

static struct error *corruption_note(const struct corruption *corruption, void *context)
{
	struct corruptions *to = context;
	if (to->count < CORRUPTIONS_MAX) {
		struct corruption *note = &to->list[to->count++];
		note->kind = corruption->kind;
		note->object = corruption->object;
		note->offset = corruption->offset;
		note->value = corruption->value;
	}
	return NULL;
}

static struct error *corruptions_of(unsigned threads, struct corruptions *ret)
{
	SCENE;
	memset(ret, 0, sizeof(*ret));
	TRY(scene_open(&scene, threads));
	return heap_verify(&scene.fake.question, corruption_note, ret, &ret->found);
}

TEST(corruptions_come_in_their_order)
{
	static struct corruptions alone, together;
	CHECK_OK(corruptions_of(1, &alone));
	CHECK(alone.count > 0 && alone.found.objects > OBJECTS);
	CHECK_NUMBER(alone.found.count.damaged + alone.found.count.unreadable, alone.count);
	CHECK_OK(corruptions_of(4, &together));
	CHECK(!memcmp(&alone, &together, sizeof(alone)));
}

static struct error *young_of(unsigned threads, uint64_t numbers[3])
{
	SCENE;
	CLEANUP(young_references_deinit) struct young_references found = { 0 };
	memset(numbers, 0, 3 * sizeof(*numbers));
	TRY(scene_open(&scene, threads));
	TRY(young_references_find(&scene.fake.question, &found));
	numbers[0] = found.count;
	numbers[1] = found.referenced_count;
	numbers[2] = found.referenced_size;
	return NULL;
}

TEST(young_references_are_found)
{
	uint64_t alone[3], together[3];
	CHECK_OK(young_of(1, alone));
	CHECK_OK(young_of(3, together));
	for (unsigned i = 0; i < 3; i++)
		CHECK_NUMBER(together[i], alone[i]);
}

static const struct tap_case cases[] = {
	CASE(sizes_are_counted),
	CASE(generations_are_measured),
	CASE(corruptions_come_in_their_order),
	CASE(young_references_are_found),
};
TAP_MAIN(cases)
