/* The references of a large array of structs, on the fake runtime, which lends nothing, as a live
 * process: what they cost in reads, and that they can be stopped in the middle. */
#include "base/memory_budget.h"
#include "heap/gc/references.h"
#include "inspect/heap_verification.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	ARRAY = 0x30000000,
	COUNT = 60000, /* elements, each with a reference to an object of its own */
	PRIME = 7919,
	DATA = 16, /* bytes of an array before its elements */
	SKIP = 16, /* bytes of an element that are no references */
	ELEMENT = 8 + SKIP,
	OBJECT = 24,
	OBJECTS = ARRAY + OBJECT + COUNT * ELEMENT,
	END = OBJECTS + COUNT * OBJECT,
	HAS_POINTERS = 0x01000000,
	VECTOR = (int)0x800a0000, /* MTFlags, with a component size */
	FEW_READS = 100,
};

struct scene {
	struct fake_question fake;
	struct gc_segment segment;
	struct gc_span span;
	struct region readable;
	struct memory_budget budget;
	uint64_t table;
	volatile sig_atomic_t stop;
	struct task task;
	uint64_t visited, stop_after;
	uint64_t reported[8]; /* kinds of corruptions */
};

static void scene_cleanup(struct scene *scene)
{
	fake_question_cleanup(&scene->fake);
}

#define SCENE CLEANUP(scene_cleanup) struct scene scene = { 0 }

static uint64_t element(uint64_t index)
{
	return ARRAY + DATA + index * ELEMENT;
}

static uint64_t object(uint64_t index)
{
	return OBJECTS + index * OBJECT;
}

/* gcdesc.h: one run of one reference, again and again. */
static void put_description(struct fake_runtime *runtime, uint64_t table)
{
	fake_put(runtime->target, table - 8, (uint64_t)-1, 8);
	fake_put(runtime->target, table - 16, DATA, 8);
	fake_put(runtime->target, table - 24, 1 | (uint64_t)SKIP << 32, 8);
}

static void put_heap(struct scene *scene, struct fake_runtime *runtime)
{
	alloc_fail_pause(true);
	fake_target_zeros(runtime->target, ARRAY, END - ARRAY);
	scene->table =
		fake_method_table(runtime, (uint32_t)VECTOR | HAS_POINTERS | ELEMENT, OBJECT);
	fake_set(runtime, scene->table, "MethodTable", "PerInstInfo", runtime->object_table, 8);
	put_description(runtime, scene->table);
	fake_object(runtime, ARRAY, scene->table, COUNT, OBJECT);
	for (uint64_t i = 0; i < COUNT; i++) {
		fake_object(runtime, object(i), runtime->object_table, 0, OBJECT);
		fake_put(runtime->target, element(i), object(i * PRIME % COUNT), 8);
	}
	alloc_fail_pause(false);
}

static struct error *scene_open(struct scene *scene)
{
	struct fake_runtime *runtime = fake_runtime_new();
	put_heap(scene, runtime);
	TRY(fake_question_open(&scene->fake, runtime));
	struct gc_heap *gc = scene->fake.heap->gc;
	scene->segment = (struct gc_segment){ .start = ARRAY, .end = END };
	scene->span = (struct gc_span){ .start = ARRAY, .end = END };
	scene->readable = (struct region){ .start = ARRAY, .end = END };
	gc->segments = &scene->segment;
	gc->segment_count = 1;
	gc->by_start = NULL;
	gc->spans = &scene->span;
	gc->span_count = 1;
	gc->readable = &scene->readable;
	gc->readable_count = 1;
	scene->task.stop = &scene->stop;
	scene->fake.question.task = &scene->task;
	return NULL;
}

static struct error *see(uint32_t offset, uint64_t target, void *context)
{
	struct scene *scene = context;
	(void)offset;
	(void)target;
	if (++scene->visited == scene->stop_after)
		scene->stop = SIGINT;
	return NULL;
}

static struct error *references_see(struct scene *scene)
{
	CLEANUP(reference_plans_deinit) struct reference_plans plans = { 0 };
	struct gc_object array;
	TRY(reference_plans_init(&plans, scene->fake.heap, &scene->task));
	TRY(object_read(scene->fake.heap, ARRAY, &array));
	scene->fake.runtime->target->reads = 0;
	return object_visit_references(&plans, &array, see, scene);
}

TEST(structs_are_read_by_windows)
{
	SCENE;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(references_see(&scene));
	CHECK_NUMBER(scene.visited, COUNT);
	CHECK(scene.fake.runtime->target->reads < FEW_READS);
}

TEST(structs_are_left_in_the_middle)
{
	SCENE;
	CHECK_OK(scene_open(&scene));
	scene.stop_after = COUNT / 2;
	CHECK_FAILS(references_see(&scene), ERROR_CANCELLED, "following the references");
	CHECK(scene.visited < COUNT / 2 + FEW_READS);
}

static struct error *note(const struct corruption *corruption, void *context)
{
	struct scene *scene = context;
	scene->reported[corruption->kind % 8] += corruption->offset;
	return NULL;
}

static struct error *verify(struct scene *scene, struct heap_verification *ret)
{
	memset(scene->reported, 0, sizeof(scene->reported));
	scene->fake.runtime->target->reads = 0;
	*ret = (struct heap_verification){ 0 };
	return heap_verify(&scene->fake.question, note, scene, ret);
}

TEST(no_reference_is_followed_by_a_read_of_its_own)
{
	SCENE;
	struct heap_verification found;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(verify(&scene, &found));
	CHECK_NUMBER(found.objects, COUNT + 1);
	CHECK_NUMBER(found.count.damaged, 0);
	CHECK(scene.fake.runtime->target->reads < FEW_READS);
}

/* To the middle of an object, to a free one, and out of the heap. */
static void damage(struct scene *scene)
{
	struct fake_runtime *runtime = scene->fake.runtime;
	alloc_fail_pause(true);
	fake_put(runtime->target, element(10), object(5) + 8, 8);
	fake_put(runtime->target, element(20), object(6) + 2, 8);
	fake_put(runtime->target, element(30), END + 0x1000, 8);
	fake_object(runtime, object(7), runtime->free_table, 0, OBJECT);
	fake_put(runtime->target, element(40), object(7), 8);
	alloc_fail_pause(false);
}

TEST(damage_is_found_with_marks_and_without)
{
	SCENE;
	struct heap_verification marked, followed;
	uint64_t reported[8];
	CHECK_OK(scene_open(&scene));
	damage(&scene);
	CHECK_OK(verify(&scene, &marked));
	memcpy(reported, scene.reported, sizeof(reported));
	CHECK(scene.fake.runtime->target->reads < FEW_READS);
	memory_budget_init(&scene.budget, 1000, "a test");
	scene.fake.question.budget = &scene.budget;
	CHECK_OK(verify(&scene, &followed));
	CHECK(scene.fake.runtime->target->reads > COUNT / 10); /* it has no memory for marks */
	CHECK_NUMBER(memory_budget_taken(&scene.budget), 0);
	CHECK_NUMBER(marked.count.damaged, followed.count.damaged);
	CHECK(marked.count.damaged >= 4);
	CHECK(!memcmp(reported, scene.reported, sizeof(reported)));
	CHECK(reported[CORRUPTION_FREE_REFERENCE] > 0 && reported[CORRUPTION_REFERENCE] > 0 &&
	      reported[CORRUPTION_REFERENCE_NOT_ALIGNED] > 0);
}

static const struct tap_case cases[] = {
	CASE_ONCE(structs_are_read_by_windows),
	CASE_ONCE(structs_are_left_in_the_middle),
	CASE_ONCE(no_reference_is_followed_by_a_read_of_its_own),
	CASE_ONCE(damage_is_found_with_marks_and_without),
};
TAP_MAIN(cases)
