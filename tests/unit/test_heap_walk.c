/* A walk on several threads: whatever happens in it, the answer is that of one thread. */
#include "heap/gc/heap_walk.h"

#include "base/thread.h"
#include "tests/unit/exclusive_target.h"
#include "tests/unit/fake_heap.h"
#include "tests/unit/tap.h"

enum {
	OBJECTS = 7000, /* in a large span: its rows fill a worker's blocks more than once */
	FEW_OBJECTS = 160,
	ROWS_MAX = 64 * 1024,
	NEVER = ROWS_MAX,
	NO_ERROR = -1,
};

/* The first bytes of each row; the rest follows from it. */
struct row {
	uint64_t address;
};

/* What a walk is to do, and what came of it. */
struct walked {
	size_t row_bytes;
	unsigned every;      /* a row for each so manyth object */
	size_t stop_at;      /* the row at which the caller has enough */
	size_t row_fails_at; /* the row at which the caller fails */
	uint64_t fails_at;   /* the object at which a worker fails */
	const struct gc_span *begin_fails, *end_fails;
	volatile sig_atomic_t *told; /* set at the row stop_at, which does not end the walk then */
	unsigned workers;            /* the largest number, + 1 */

	uint64_t rows[ROWS_MAX];
	size_t count;
	bool garbled;
	struct walk_damage damage;
	int code; /* of the error; NO_ERROR */
	char message[128];
};

struct scene {
	struct fake_runtime *runtime;
	struct fake_heap heap_of_spans;
	struct heap *heap;
};

static void scene_cleanup(struct scene *scene)
{
	heap_close(scene->heap);
	fake_runtime_cleanup(&scene->runtime);
}

/* A scene for each walk: its threads are the first to meet the types. */
static struct error *scene_open(struct scene *scene, unsigned objects)
{
	scene->runtime = fake_runtime_new();
	scene->runtime->target->base.is_concurrent = true;
	fake_heap_put(&scene->heap_of_spans, scene->runtime, objects);
	TRY(fake_runtime_open(scene->runtime, &scene->heap));
	fake_heap_use(&scene->heap_of_spans, scene->heap);
	return NULL;
}

static uint8_t row_byte(uint64_t address, size_t at)
{
	return (uint8_t)(address / 8 + at * 37);
}

static struct error *begin(struct walk_worker *worker)
{
	const struct walked *walked = worker->context;
	if (worker->span == walked->begin_fails)
		return error_new(ERROR_BAD_DATA, "the span %#llx cannot be begun",
				 (unsigned long long)worker->span->start);
	return NULL;
}

static struct error *end(struct walk_worker *worker)
{
	const struct walked *walked = worker->context;
	if (worker->span == walked->end_fails)
		return error_new(ERROR_BAD_DATA, "the span %#llx cannot be ended",
				 (unsigned long long)worker->span->start);
	return NULL;
}

static struct error *put(struct walk_worker *worker, uint64_t address)
{
	const struct walked *walked = worker->context;
	uint8_t bytes[HEAP_WALK_BLOCK_BYTES];
	const struct row row = { .address = address };
	memcpy(bytes, &row, sizeof(row));
	for (size_t i = sizeof(row); i < walked->row_bytes; i++)
		bytes[i] = row_byte(address, i);
	return walk_put(worker, bytes);
}

static struct error *objects(struct walk_worker *worker, struct gc_object *objects, size_t count)
{
	struct walked *walked = worker->context;
	unsigned seen = __atomic_load_n(&walked->workers, __ATOMIC_RELAXED);
	while (worker->number >= seen &&
	       !__atomic_compare_exchange_n(&walked->workers, &seen, worker->number + 1, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
	}
	for (size_t i = 0; i < count; i++) {
		if (objects[i].address == walked->fails_at)
			return error_new(ERROR_BAD_DATA, "the object %#llx fails",
					 (unsigned long long)objects[i].address);
		if (walked->row_bytes && objects[i].address / 8 % walked->every == 0)
			TRY(put(worker, objects[i].address));
	}
	return NULL;
}

static struct error *rows(const void *rows, size_t count, void *context)
{
	struct walked *walked = context;
	const uint8_t *bytes = rows;
	for (size_t i = 0; i < count; i++, bytes += walked->row_bytes) {
		struct row row;
		if (walked->count == walked->stop_at && !walked->told)
			return &error_stop;
		if (walked->count == walked->stop_at)
			__atomic_store_n(walked->told, SIGINT, __ATOMIC_RELAXED);
		if (walked->count == walked->row_fails_at)
			return error_new(ERROR_OS, "row %zu cannot be shown", walked->count);
		memcpy(&row, bytes, sizeof(row));
		for (size_t k = sizeof(row); k < walked->row_bytes; k++)
			walked->garbled |= bytes[k] != row_byte(row.address, k);
		if (walked->count < ROWS_MAX)
			walked->rows[walked->count++] = row.address;
	}
	return NULL;
}

static struct heap_walk_plan plan_of(const struct heap *heap, unsigned threads,
				     struct walked *walked)
{
	return (struct heap_walk_plan){ .spans = heap->gc->spans,
					.span_count = heap->gc->span_count,
					.threads = threads,
					.what = "walking for a test",
					.row_bytes = walked->row_bytes,
					.context = walked,
					.span_begins = begin,
					.objects = objects,
					.span_ended = end,
					.rows = rows };
}

static struct walked walked_of(size_t row_bytes, unsigned every)
{
	return (struct walked){
		.row_bytes = row_bytes, .every = every, .stop_at = NEVER, .row_fails_at = NEVER
	};
}

/* Errors of the plan's functions are a part of what came of it; others come back. */
static struct error *walk_with(struct heap *heap, const struct heap_walk_plan *plan)
{
	struct walked *walked = plan->context;
	struct error *error = heap_walk(heap, plan, &walked->damage);
	walked->code = error ? (int)error->code : NO_ERROR;
	snprintf(walked->message, sizeof(walked->message), "%s", error ? error->message : "");
	if (error && error_is_fatal(error) && error->code != ERROR_CANCELLED)
		return error;
	error_free(error);
	return NULL;
}

static struct error *walk(unsigned threads, unsigned objects, struct walked *walked)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	TRY(scene_open(&scene, objects));
	struct heap_walk_plan plan = plan_of(scene.heap, threads, walked);
	return walk_with(scene.heap, &plan);
}

static void check_same(const struct walked *walked, const struct walked *alone)
{
	CHECK_NUMBER(walked->count, alone->count);
	CHECK(!memcmp(walked->rows, alone->rows, sizeof(walked->rows)));
	CHECK(!walked->garbled);
	CHECK_NUMBER(walked->damage.unreadable_bytes, alone->damage.unreadable_bytes);
	CHECK_NUMBER(walked->damage.damaged_bytes, alone->damage.damaged_bytes);
	CHECK_NUMBER(walked->damage.first_address, alone->damage.first_address);
	CHECK_NUMBER(walked->code, alone->code);
	CHECK_TEXT(walked->message, alone->message);
}

/* Static: too large for a stack. */
static struct walked alone, together;

#ifdef TAP_BRIEF
static const unsigned thread_counts[] = { 3 };
#else
static const unsigned thread_counts[] = { 2, 5, 64 };
#endif

/* Walks as `alone` says; the same on one thread and on several. */
static struct error *walk_on_all(const struct walked *how, unsigned objects)
{
	alone = *how;
	TRY(walk(1, objects, &alone));
	for (size_t i = 0; i < COUNT_OF(thread_counts); i++) {
		together = *how;
		TRY(walk(thread_counts[i], objects, &together));
		check_same(&together, &alone);
	}
	return NULL;
}

TEST(rows_and_damage_are_those_of_one_thread)
{
	const struct walked hows[] = { walked_of(sizeof(struct row), 1), walked_of(40, 1),
				       walked_of(4000, 16), walked_of(HEAP_WALK_BLOCK_BYTES, 64),
				       walked_of(HEAP_WALK_BLOCK_BYTES / 2 + 8, 32) };
	for (size_t i = 0; i < COUNT_OF(hows); i++) {
		CHECK_OK(walk_on_all(&hows[i], OBJECTS));
		CHECK(alone.count > OBJECTS / 64);
		CHECK(alone.damage.damaged_bytes > 1000);
		CHECK(alone.damage.unreadable_bytes > 10000);
	}
}

/* Without rows there is nothing that has an order. */
TEST(damage_without_rows)
{
	const struct walked how = walked_of(0, 1);
	CHECK_OK(walk_on_all(&how, OBJECTS));
	CHECK(alone.damage.damaged_bytes > 1000);
	CHECK(alone.damage.first_address > FAKE_HEAP_BASE + 2 * (uint64_t)FAKE_HEAP_APART);
	CHECK(alone.damage.first_address < FAKE_HEAP_BASE + 3 * (uint64_t)FAKE_HEAP_APART);
}

TEST(the_caller_has_enough_at_some_row)
{
	static const size_t stops[] = { 0, 1, 7, 818, 819, 820, 2000, 5250, 7001, 9000, 12501 };
	for (size_t i = 0; i < COUNT_OF(stops); i++) {
		struct walked how = walked_of(40, 1);
		how.stop_at = stops[i];
		CHECK_OK(walk_on_all(&how, OBJECTS));
		CHECK_NUMBER(alone.count, stops[i]);
		CHECK_NUMBER(alone.code, NO_ERROR);
	}
}

/* Around each piece of damage, row by row. */
TEST(the_caller_has_enough_near_damage)
{
	for (size_t stop = 0; stop < 400; stop += 7) {
		struct walked how = walked_of(40, 1);
		how.stop_at = stop;
		CHECK_OK(walk_on_all(&how, FEW_OBJECTS));
		CHECK_NUMBER(alone.count, stop);
	}
}

TEST(the_caller_fails_at_some_row)
{
	static const size_t rows_that_fail[] = { 0, 100, 5000, 8000 };
	for (size_t i = 0; i < COUNT_OF(rows_that_fail); i++) {
		struct walked how = walked_of(40, 1);
		how.row_fails_at = rows_that_fail[i];
		CHECK_OK(walk_on_all(&how, OBJECTS));
		CHECK_NUMBER(alone.count, rows_that_fail[i]);
		CHECK_NUMBER(alone.code, ERROR_OS);
	}
}

/* The first error in the order of the spans is the answer, whichever was met first. */
TEST(a_worker_fails_at_an_object)
{
	static const size_t objects_that_fail[] = { 0, 1, 4000, 7100, 9000 };
	struct walked whole = walked_of(40, 1);
	CHECK_OK(walk_on_all(&whole, OBJECTS));
	const struct walked all = alone;
	for (size_t i = 0; i < COUNT_OF(objects_that_fail); i++) {
		struct walked how = walked_of(40, 1);
		how.fails_at = all.rows[objects_that_fail[i]];
		CHECK_OK(walk_on_all(&how, OBJECTS));
		CHECK_NUMBER(alone.code, ERROR_BAD_DATA);
		CHECK_NUMBER(alone.count, objects_that_fail[i]);
	}
}

/* With one scene for both walks, as the spans that fail are its own. */
TEST(a_worker_fails_at_a_span)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CHECK_OK(scene_open(&scene, FEW_OBJECTS));
	for (unsigned i = 0; i < 2 * FAKE_HEAP_SPANS; i++) {
		struct walked how = walked_of(40, 1);
		const struct gc_span *span = &scene.heap->gc->spans[i / 2];
		*(i % 2 ? &how.begin_fails : &how.end_fails) = span;
		alone = how;
		struct heap_walk_plan plan = plan_of(scene.heap, 1, &alone);
		CHECK_OK(walk_with(scene.heap, &plan));
		CHECK_NUMBER(alone.code, ERROR_BAD_DATA);
		together = how;
		plan = plan_of(scene.heap, 5, &together);
		CHECK_OK(walk_with(scene.heap, &plan));
		check_same(&together, &alone);
	}
}

/* Every failure of an allocation or a read, among others. */
TEST(a_walk_on_three_threads)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CHECK_OK(scene_open(&scene, FEW_OBJECTS));
	alone = walked_of(4000, 1);
	struct heap_walk_plan plan = plan_of(scene.heap, 1, &alone);
	CHECK_OK(walk_with(scene.heap, &plan));
	together = walked_of(4000, 1);
	plan = plan_of(scene.heap, 3, &together);
	CHECK_OK(walk_with(scene.heap, &plan));
	check_same(&together, &alone);
}

static unsigned own_threads(void)
{
	CLEANUP(file_cleanup) FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	unsigned threads = 0;
	while (status && !threads && fgets(line, sizeof(line), status))
		if (sscanf(line, "Threads: %u", &threads) != 1)
			threads = 0;
	return threads;
}

TEST(a_walk_that_is_told_to_stop)
{
	static const size_t stops[] = { 0, 1000, 8000 };
	struct walked whole = walked_of(40, 1);
	unsigned before = own_threads();
	CHECK_OK(walk_on_all(&whole, OBJECTS));
	const struct walked all = alone;
	for (size_t i = 0; i < COUNT_OF(stops) * COUNT_OF(thread_counts); i++) {
		CLEANUP(scene_cleanup) struct scene scene = { 0 };
		volatile sig_atomic_t stop = 0, heard = 0;
		const struct task task = { .stop = &stop, .heard = &heard };
		CHECK_OK(scene_open(&scene, OBJECTS));
		together = walked_of(40, 1);
		together.told = &stop;
		together.stop_at = stops[i % COUNT_OF(stops)];
		struct heap_walk_plan plan =
			plan_of(scene.heap, thread_counts[i / COUNT_OF(stops)], &together);
		plan.task = &task;
		CHECK_OK(walk_with(scene.heap, &plan));
		CHECK_NUMBER(together.code, ERROR_CANCELLED);
		CHECK(strstr(together.message, "cancelled while"));
		CHECK(heard == 1);
		CHECK(together.count > together.stop_at);
		CHECK(together.count <= together.stop_at + HEAP_WALK_BLOCK_BYTES / 40);
		CHECK(!memcmp(together.rows, all.rows, together.count * sizeof(*all.rows)));
		CHECK_NUMBER(own_threads(), before);
	}
}

/* Told before it began: no row at all, and nobody waits. */
TEST(a_walk_that_was_told_to_stop_before)
{
	volatile sig_atomic_t stop = SIGTERM, heard = 0;
	const struct task task = { .stop = &stop, .heard = &heard };
	for (unsigned threads = 1; threads <= 5; threads += 2) {
		CLEANUP(scene_cleanup) struct scene scene = { 0 };
		CHECK_OK(scene_open(&scene, OBJECTS));
		together = walked_of(40, 1);
		struct heap_walk_plan plan = plan_of(scene.heap, threads, &together);
		plan.task = &task;
		heard = 0;
		CHECK_OK(walk_with(scene.heap, &plan));
		CHECK_NUMBER(together.code, ERROR_CANCELLED);
		CHECK_NUMBER(together.count, 0);
		CHECK(heard == 1);
	}
}

TEST(threads_that_cannot_be_begun)
{
	alone = walked_of(40, 1);
	CHECK_OK(walk(1, OBJECTS, &alone));
	for (unsigned most = 0; most < 4; most++) {
		together = walked_of(40, 1);
		thread_fail_start(most);
		struct error *error = walk(5, OBJECTS, &together);
		size_t asked = thread_fail_stop();
		CHECK_OK(error);
		check_same(&together, &alone);
		CHECK_NUMBER(asked, most + 1);
		CHECK(together.workers <= (most ? most : 1));
	}
}

/* How many threads a plan starts. */
static struct error *threads_of(unsigned threads, uint64_t unit_bytes, size_t spans, size_t *ret)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	TRY(scene_open(&scene, FEW_OBJECTS));
	together = walked_of(40, 1);
	struct heap_walk_plan plan = plan_of(scene.heap, threads, &together);
	plan.unit_bytes = unit_bytes;
	plan.span_count = spans;
	thread_fail_start(SIZE_MAX);
	struct error *error = walk_with(scene.heap, &plan);
	*ret = thread_fail_stop();
	return error;
}

TEST(as_many_threads_as_the_spans_are_worth)
{
	uint64_t bytes = 0;
	size_t begun = 0;
	{
		CLEANUP(scene_cleanup) struct scene scene = { 0 };
		CHECK_OK(scene_open(&scene, FEW_OBJECTS));
		for (size_t i = 0; i < FAKE_HEAP_SPANS; i++)
			bytes += scene.heap->gc->spans[i].end - scene.heap->gc->spans[i].start;
	}
	const struct {
		unsigned threads;
		uint64_t unit_bytes;
		size_t spans, begun;
	} wanted[] = {
		{ 0, 0, FAKE_HEAP_SPANS, 0 },
		{ 1, 0, FAKE_HEAP_SPANS, 0 },
		{ 5, 0, FAKE_HEAP_SPANS, 5 },
		{ 5, bytes / 3, FAKE_HEAP_SPANS, 3 },
		{ 5, bytes + 1, FAKE_HEAP_SPANS, 0 },
		{ 5, 1, FAKE_HEAP_SPANS, 5 },
		{ 5, bytes / 2 + 1, FAKE_HEAP_SPANS, 0 },
		{ 5, 0, 2, 2 },
		{ 5, 0, 1, 0 },
		{ 5, 0, 0, 0 },
		{ 100, 0, FAKE_HEAP_SPANS, FAKE_HEAP_SPANS },
	};
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		CHECK_OK(threads_of(wanted[i].threads, wanted[i].unit_bytes, wanted[i].spans,
				    &begun));
		CHECK_NUMBER(begun, wanted[i].begun);
	}
}

TEST(one_at_a_time_reads_a_target_that_is_not_concurrent)
{
	CLEANUP(scene_cleanup) struct scene scene = { .runtime = fake_runtime_new() };
	struct exclusive_target exclusive;
	alone = walked_of(40, 1);
	CHECK_OK(walk(1, FEW_OBJECTS, &alone));
	fake_heap_put(&scene.heap_of_spans, scene.runtime, FEW_OBJECTS);
	exclusive_target_init(&exclusive, &scene.runtime->target->base);
	CHECK_OK(heap_open_at(&exclusive.base, NULL, &scene.runtime->location, 1, NULL,
			      &scene.heap));
	fake_heap_use(&scene.heap_of_spans, scene.heap);
	for (unsigned i = 0; i < 20; i++) {
		together = walked_of(40, 1);
		struct heap_walk_plan plan = plan_of(scene.heap, 5, &together);
		CHECK_OK(walk_with(scene.heap, &plan));
		CHECK_NUMBER(together.count, alone.count);
		CHECK(!exclusive.met);
		CHECK(!exclusive.base.shared && !exclusive.base.lower->shared);
	}
}

static const struct tap_case cases[] = {
	CASE_ONCE(rows_and_damage_are_those_of_one_thread),
	CASE_ONCE(damage_without_rows),
	CASE_ONCE(the_caller_has_enough_at_some_row),
	CASE_ONCE(the_caller_has_enough_near_damage),
	CASE_ONCE(the_caller_fails_at_some_row),
	CASE_ONCE(a_worker_fails_at_an_object),
	CASE_ONCE(a_worker_fails_at_a_span),
	CASE(a_walk_on_three_threads),
	CASE_ONCE(a_walk_that_is_told_to_stop),
	CASE_ONCE(a_walk_that_was_told_to_stop_before),
	CASE_ONCE(threads_that_cannot_be_begun),
	CASE_ONCE(as_many_threads_as_the_spans_are_worth),
	CASE_ONCE(one_at_a_time_reads_a_target_that_is_not_concurrent),
};
TAP_MAIN(cases)
