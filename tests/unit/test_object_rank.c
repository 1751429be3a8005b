/* Numbers of objects: against a walk of the same heap. */
#include "base/list.h"
#include "base/thread.h"
#include "heap/gc/object_rank.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

enum {
	OBJECTS_A_SPAN = 85,
	HOLE = 32 * 1024 * 1024, /* of the heap: longer than several chunks */
	OBJECTS_MAX = 1024,
	KIB = 1024,
};

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

static void ranks_cleanup(struct object_ranks **ranks)
{
	object_ranks_free(*ranks);
}

#define HEAP                                                                                       \
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();           \
	CLEANUP(heap_cleanup) struct heap *heap = NULL;                                            \
	CLEANUP(ranks_cleanup) struct object_ranks *ranks = NULL

struct walked {
	uint64_t addresses[OBJECTS_MAX];
	size_t spans[OBJECTS_MAX]; /* their indexes */
	size_t count;
	size_t span; /* that is walked */
};

static struct error *note(struct gc_object *objects, size_t count, void *context)
{
	struct walked *walked = context;
	for (size_t i = 0; i < count && walked->count < OBJECTS_MAX; i++) {
		walked->spans[walked->count] = walked->span;
		walked->addresses[walked->count++] = objects[i].address;
	}
	return NULL;
}

static struct error *walk(struct heap *heap, struct walked *walked)
{
	CLEANUP(walker_deinit) struct walker walker = { 0 };
	TRY(walker_init(&walker, heap));
	for (size_t i = 0; i < heap->gc->span_count; i++) {
		walked->span = i;
		TRY(walker_span(&walker, &heap->gc->spans[i], NULL, note, walked));
	}
	return NULL;
}

/* Each object has its place in the walk as its number, and nothing else has one. */
static void check_ranks(const struct object_ranks *ranks, const struct walked *walked)
{
	uint32_t rank = UINT32_MAX;
	CHECK_NUMBER(object_ranks_count(ranks), walked->count);
	for (size_t i = 0; i < walked->count; i++) {
		uint64_t address = walked->addresses[i];
		CHECK(object_rank_of(ranks, address, &rank));
		CHECK_NUMBER(rank, i);
		CHECK_NUMBER(object_address_of(ranks, (uint32_t)i), address);
		CHECK(!object_rank_of(ranks, address + 8, &rank));
		CHECK(!object_rank_of(ranks, address + 1, &rank));
		CHECK(!object_rank_of(ranks, address - 8, &rank));
	}
	CHECK_NUMBER(object_address_of(ranks, object_ranks_count(ranks)), 0);
	CHECK_NUMBER(object_address_of(ranks, UINT32_MAX), 0);
}

TEST(every_object_has_its_number)
{
	HEAP;
	struct walk_damage damage = { 0 };
	struct walked walked = { .count = 0 };
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(walk(heap, &walked));
	CHECK_OK(object_ranks_build(heap, 3, NULL, NULL, &damage, &ranks));
	REQUIRE(ranks);
	CHECK_NUMBER(walked.count, 4 * OBJECTS_A_SPAN);
	check_ranks(ranks, &walked);
	uint32_t rank;
	CHECK(!object_rank_of(ranks, 0, &rank));
	CHECK(!object_rank_of(ranks, FAKE_GEN0, &rank));
	CHECK(!object_rank_of(ranks, FAKE_GEN2 - 8, &rank));
	CHECK(!object_rank_of(ranks, FAKE_POH + FAKE_REGION_SIZE, &rank));
	CHECK(!object_rank_of(ranks, UINT64_MAX - 7, &rank));
	CHECK_NUMBER(damage.unreadable_bytes, 0);
	CHECK_NUMBER(damage.damaged_bytes, 4 * 8);
}

TEST(objects_beyond_a_hole)
{
	HEAP;
	struct walk_damage damage = { 0 };
	struct walked walked = { .count = 0 };
	uint64_t beyond = FAKE_POH + HOLE, at = beyond;
	fake_target_zeros(runtime->target, beyond, FAKE_REGION_SIZE);
	while (at < beyond + 100 * 24)
		at = fake_object(runtime, at, runtime->object_table, 0, 24);
	/* Between two objects of generation 2 there are none. */
	fake_put(runtime->target, FAKE_GEN2 + 0x28 + 10 * 24, 0x123450, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	struct region readable[] = { { .start = FAKE_GEN0, .end = FAKE_POH + FAKE_REGION_SIZE },
				     { .start = beyond, .end = beyond + FAKE_REGION_SIZE } };
	heap->gc->spans[heap->gc->span_count - 1].end = at;
	heap->gc->readable = readable;
	heap->gc->readable_count = COUNT_OF(readable);
	CHECK_OK(walk(heap, &walked));
	CHECK_OK(object_ranks_build(heap, 3, NULL, NULL, &damage, &ranks));
	REQUIRE(ranks);
	/* The object that the span cut is whole now; one is no object. */
	CHECK_NUMBER(walked.count, 4 * OBJECTS_A_SPAN + 1 - 1 + 100);
	check_ranks(ranks, &walked);
	CHECK(damage.unreadable_bytes > HOLE / 2);
	CHECK(object_ranks_bytes(ranks) < 256 * KIB);
}

TEST(spans_need_not_ascend)
{
	HEAP;
	struct walk_damage damage = { 0 };
	struct walked walked = { .count = 0 };
	CHECK_OK(fake_runtime_open(runtime, &heap));
	struct gc_span first = heap->gc->spans[0];
	heap->gc->spans[0] = heap->gc->spans[heap->gc->span_count - 1];
	heap->gc->spans[heap->gc->span_count - 1] = first;
	heap->gc->spans[1].end = heap->gc->spans[1].start; /* one without objects */
	CHECK_OK(walk(heap, &walked));
	CHECK_OK(object_ranks_build(heap, 3, NULL, NULL, &damage, &ranks));
	REQUIRE(ranks);
	CHECK_NUMBER(walked.count, 3 * OBJECTS_A_SPAN);
	check_ranks(ranks, &walked);
}

TEST(a_heap_without_spans)
{
	HEAP;
	struct walk_damage damage = { 0 };
	CHECK_OK(fake_runtime_open(runtime, &heap));
	heap->gc->span_count = 0;
	CHECK_OK(object_ranks_build(heap, 3, NULL, NULL, &damage, &ranks));
	REQUIRE(ranks);
	CHECK_NUMBER(object_ranks_count(ranks), 0);
	uint32_t rank;
	CHECK(!object_rank_of(ranks, FAKE_GEN0 + 0x28, &rank));
}

TEST(what_they_take_is_in_the_budget)
{
	HEAP;
	struct walk_damage damage = { 0 };
	struct memory_budget budget;
	memory_budget_init(&budget, 1024 * KIB, "a test");
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(object_ranks_build(heap, 3, &budget, NULL, &damage, &ranks));
	REQUIRE(ranks);
	CHECK(object_ranks_bytes(ranks) > 64 * KIB);
	CHECK_NUMBER(memory_budget_left(&budget), 1024 * KIB - object_ranks_bytes(ranks));
	object_ranks_free(ranks);
	ranks = NULL;
	CHECK_NUMBER(memory_budget_left(&budget), 1024 * KIB);
	for (unsigned limit = 16; limit <= 32 * KIB; limit *= 8) {
		memory_budget_init(&budget, limit, "a test");
		CHECK_FAILS(object_ranks_build(heap, 3, &budget, NULL, &damage, &ranks),
			    ERROR_NO_MEMORY, "the numbers of all objects");
		CHECK_NUMBER(memory_budget_left(&budget), limit);
	}
}

/* Damaged segments that claim all addresses, many times over. */
TEST(spans_that_claim_everything)
{
	HEAP;
	struct memory_budget budget;
	enum { SPANS = 8192 };
	memory_budget_init(&budget, 1024 * KIB, "a test");
	CHECK_OK(fake_runtime_open(runtime, &heap));
	struct gc_span *spans = calloc(SPANS, sizeof(*spans)), *before = heap->gc->spans;
	size_t before_count = heap->gc->span_count;
	REQUIRE(spans);
	for (size_t i = 0; i < SPANS; i++)
		spans[i] = (struct gc_span){ .start = 0, .end = UINT64_MAX };
	heap->gc->spans = spans;
	heap->gc->span_count = SPANS;
	struct error *error = object_ranks_new(heap, &budget, &ranks);
	heap->gc->spans = before;
	heap->gc->span_count = before_count;
	free(spans);
	CHECK_FAILS(error, ERROR_NO_MEMORY, NULL);
	CHECK_NUMBER(memory_budget_left(&budget), 1024 * KIB);
}

/* What one thread notes: every other span of what was walked. */
struct half {
	struct object_ranks *ranks;
	const struct gc_object *objects;
	const size_t *spans;
	size_t count, first;
	struct error *error;
};

static void *note_half(void *context)
{
	struct half *half = context;
	for (size_t i = 0; i < half->count && !half->error; i++)
		if (half->spans[i] % 2 == half->first)
			half->error = object_ranks_note(half->ranks, half->spans[i],
							&half->objects[i], 1);
	return NULL;
}

/* Their spans are small, so both make and fill the same chunk. */
TEST(spans_noted_by_two_threads)
{
	HEAP;
	static struct walked all;
	static struct gc_object objects[OBJECTS_MAX];
	struct half halves[2];
	pthread_t threads[2];
	all = (struct walked){ .count = 0 };
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(walk(heap, &all));
	CHECK_OK(object_ranks_new(heap, NULL, &ranks));
	REQUIRE(ranks);
	for (size_t i = 0; i < all.count; i++)
		objects[i].address = all.addresses[i];
	for (size_t i = 0; i < COUNT_OF(halves); i++) {
		halves[i] = (struct half){ .ranks = ranks,
					   .objects = objects,
					   .spans = all.spans,
					   .count = all.count,
					   .first = i };
		REQUIRE(!thread_start(&threads[i], note_half, &halves[i]));
	}
	for (size_t i = 0; i < COUNT_OF(halves); i++)
		pthread_join(threads[i], NULL);
	error_free(halves[1].error);
	CHECK_OK(halves[0].error);
	CHECK_OK(object_ranks_finish(ranks));
	check_ranks(ranks, &all);
}

static const struct tap_case cases[] = {
	CASE(every_object_has_its_number),     CASE(objects_beyond_a_hole),
	CASE(spans_need_not_ascend),           CASE(a_heap_without_spans),
	CASE(what_they_take_is_in_the_budget), CASE(spans_that_claim_everything),
	CASE_ONCE(spans_noted_by_two_threads),
};
TAP_MAIN(cases)
