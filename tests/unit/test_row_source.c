/* Rows that are read while they are being found: they are those of a walk, at any moment. */
#include "inspect/row_source.h"

#include "base/clock.h"
#include "base/thread.h"
#include "tests/unit/fake_heap.h"
#include "tests/unit/tap.h"

enum { OBJECTS = 7000, FEW_OBJECTS = 160, ROWS_MAX = 64 * 1024, CHUNK_BYTES = 256 * 1024 };

/* A heap and a question to it. */
struct scene {
	struct fake_question fake;
	struct fake_heap heap_of_spans;
	struct task task;
	struct heap_filter filter;
	struct row_source *source;
};

static void scene_cleanup(struct scene *scene)
{
	row_source_free(scene->source);
	heap_filter_deinit(&scene->filter);
	fake_question_cleanup(&scene->fake);
}

static struct error *scene_open(struct scene *scene, unsigned objects, unsigned threads,
				bool is_concurrent)
{
	TRY(fake_heap_ask(&scene->heap_of_spans, objects, threads, is_concurrent, &scene->fake));
	scene->fake.question.task = &scene->task;
	heap_filter_init_all(&scene->filter, &scene->fake.question);
	return NULL;
}

#define SCENE CLEANUP(scene_cleanup) struct scene scene = { 0 }

/* What a walk on the caller's thread finds. */
struct walked {
	struct gc_object rows[ROWS_MAX];
	size_t count;
	uint64_t unreadable_bytes;
	size_t reasons;
};

static struct error *row_note(const struct gc_object *object, void *context)
{
	struct walked *walked = context;
	if (walked->count < ROWS_MAX)
		walked->rows[walked->count++] = *object;
	return NULL;
}

static struct walked expected;

static struct error *walk(unsigned objects)
{
	SCENE;
	expected.count = 0;
	TRY(scene_open(&scene, objects, 1, true));
	TRY(heap_filter_walk(&scene.filter, row_note, &expected));
	expected.unreadable_bytes = scene.fake.coverage.unreadable_bytes;
	expected.reasons = scene.fake.coverage.reason_count;
	return NULL;
}

/* Types have their numbers as they are met. */
static bool is_expected(const struct gc_object *row, size_t number)
{
	const struct gc_object *other = &expected.rows[number];
	return number < expected.count && row->address == other->address &&
	       row->method_table == other->method_table && row->size == other->size &&
	       row->is_free == other->is_free;
}

static bool has_its_type(struct heap *heap, const struct gc_object *row)
{
	const struct type *type = type_by_index(heap, row->type);
	char handle[32];
	if (!type || type->handle != row->method_table)
		return false;
	snprintf(handle, sizeof(handle), "MT=%llx", (unsigned long long)row->method_table);
	return row->is_free || strstr(type_name(heap, type, NULL), handle);
}

/* Reads rows up and down the source for as long as it is filled, and once more. */
struct scroller {
	struct scene *scene;
	pthread_t thread;
	size_t wrong, read;
};

static void *scroll(void *context)
{
	enum { STEPS = 97 };
	struct scroller *scroller = context;
	const struct row_source *source = scroller->scene->source;
	bool filling = true;
	uint64_t before = 0;
	while (filling) {
		filling = row_source_state(source) == ROW_SOURCE_FILLING;
		uint64_t count = row_source_count(source);
		struct gc_object row;
		scroller->wrong += count < before || row_source_row(source, expected.count, &row);
		before = count;
		for (uint64_t i = 0; i < count; i += 1 + count / STEPS) {
			bool there = row_source_row(source, count - 1 - i, &row);
			scroller->wrong += !there || !is_expected(&row, count - 1 - i) ||
					   !has_its_type(scroller->scene->fake.heap, &row);
			scroller->read++;
		}
	}
	return NULL;
}

static struct error *scroll_while_it_fills(unsigned threads, bool is_concurrent)
{
	SCENE;
	struct scroller other = { .scene = &scene }, own = { .scene = &scene };
	TRY(scene_open(&scene, OBJECTS, threads, is_concurrent));
	TRY(row_source_start(&scene.filter, NULL, &scene.source));
	bool begun = !thread_start(&other.thread, scroll, &other);
	CHECK(begun);
	scroll(&own);
	if (begun)
		pthread_join(other.thread, NULL);
	TRY(row_source_finish(scene.source));
	CHECK_NUMBER(own.wrong + other.wrong, 0);
	CHECK(own.read && other.read);
	CHECK_NUMBER(row_source_state(scene.source), ROW_SOURCE_DONE);
	CHECK_NUMBER(row_source_count(scene.source), expected.count);
	CHECK_NUMBER(row_source_least(scene.source), expected.count);
	CHECK_NUMBER(scene.fake.coverage.unreadable_bytes, expected.unreadable_bytes);
	CHECK_NUMBER(scene.fake.coverage.reason_count, expected.reasons);
	CHECK(!scene.fake.heap->target->shared);
	struct gc_object row = { 0 };
	size_t same = 0;
	for (size_t i = 0; row_source_row(scene.source, i, &row); i++)
		same += is_expected(&row, i);
	CHECK_NUMBER(same, expected.count);
	return NULL;
}

TEST(rows_are_scrolled_while_they_are_found)
{
	CHECK_OK(walk(OBJECTS));
	CHECK(expected.count > 4 * OBJECTS && expected.reasons == 2);
	for (unsigned threads = 1; threads <= 5; threads += 2) {
		CHECK_OK(scroll_while_it_fills(threads, true));
		CHECK_OK(scroll_while_it_fills(threads, false));
	}
}

/* Every failure of an allocation or a read, among others. */
TEST(a_source_from_its_start_to_its_end)
{
	SCENE;
	struct gc_object row = { 0 };
	size_t same = 0;
	CHECK_OK(walk(FEW_OBJECTS));
	CHECK_OK(scene_open(&scene, FEW_OBJECTS, 3, true));
	CHECK_OK(row_source_start(&scene.filter, NULL, &scene.source));
	CHECK_OK(row_source_finish(scene.source));
	CHECK_OK(row_source_finish(scene.source));
	for (size_t i = 0; row_source_row(scene.source, i, &row); i++)
		same += is_expected(&row, i);
	CHECK_NUMBER(same, expected.count);
	CHECK_NUMBER(row_source_count(scene.source), expected.count);
}

/* Holds the filling up at the first type that is asked about; under the heap's lock. */
struct gate {
	bool reached, open;
	bool fails; /* the types that come after it */
};

static struct error *wait_at_gate(void *context, const struct type *type, bool *ret)
{
	enum { SHORT_US = 500 };
	struct gate *gate = context;
	(void)type;
	*ret = true;
	__atomic_store_n(&gate->reached, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&gate->open, __ATOMIC_ACQUIRE))
		clock_sleep_us(SHORT_US);
	return gate->fails ? &error_no_memory : NULL;
}

static void gate_wait(const struct gate *gate)
{
	enum { SHORT_US = 500 };
	while (!__atomic_load_n(&gate->reached, __ATOMIC_ACQUIRE))
		clock_sleep_us(SHORT_US);
}

static void gate_open(struct gate *gate)
{
	__atomic_store_n(&gate->open, true, __ATOMIC_RELEASE);
}

static struct error *start_to_gate(struct scene *scene, unsigned threads, struct gate *gate)
{
	TRY(scene_open(scene, OBJECTS, threads, threads != 2));
	scene->filter.wants = wait_at_gate;
	scene->filter.wants_context = gate;
	TRY(row_source_start(&scene->filter, NULL, &scene->source));
	gate_wait(gate);
	return NULL;
}

TEST(a_source_that_is_cancelled)
{
	CHECK_OK(walk(OBJECTS));
	for (unsigned threads = 1; threads <= 4; threads++) {
		SCENE;
		struct gate gate = { .reached = false };
		struct gc_object row = { 0 };
		CHECK_OK(start_to_gate(&scene, threads, &gate));
		CHECK_NUMBER(row_source_state(scene.source), ROW_SOURCE_FILLING);
		row_source_cancel(scene.source);
		gate_open(&gate);
		CHECK_FAILS(row_source_finish(scene.source), ERROR_CANCELLED, "cancelled while");
		CHECK_NUMBER(row_source_state(scene.source), ROW_SOURCE_CANCELLED);
		uint64_t count = row_source_count(scene.source);
		CHECK(count < expected.count);
		for (size_t i = 0; i < count; i++)
			CHECK(row_source_row(scene.source, i, &row) && is_expected(&row, i));
		CHECK(!row_source_row(scene.source, count, &row));
		CHECK_OK(row_source_finish(scene.source));
	}
}

/* What was told to stop by a signal stops while it is waited for. */
TEST(a_question_that_is_told_to_stop)
{
	SCENE;
	volatile sig_atomic_t stop = SIGINT, heard = 0;
	struct gate gate = { .open = true };
	scene.task = (struct task){ .stop = &stop, .heard = &heard };
	CHECK_OK(start_to_gate(&scene, 3, &gate));
	struct error *error = row_source_finish(scene.source);
	enum row_source_state state = row_source_state(scene.source);
	CHECK(heard == 1);
	/* It may have been faster. */
	if (state == ROW_SOURCE_DONE)
		CHECK_OK(error);
	else
		CHECK_FAILS(error, ERROR_CANCELLED, "cancelled while");
	CHECK(state == ROW_SOURCE_DONE || state == ROW_SOURCE_CANCELLED);
}

static void *open_later(void *context)
{
	enum { LATER_US = 20 * 1000 };
	clock_sleep_us(LATER_US);
	gate_open(context);
	return NULL;
}

TEST(a_source_that_is_freed_while_it_is_filled)
{
	for (unsigned threads = 1; threads <= 4; threads++) {
		SCENE;
		struct gate gate = { .reached = false };
		struct memory_budget budget;
		pthread_t opener;
		memory_budget_init(&budget, 16 * CHUNK_BYTES, "a test");
		CHECK_OK(scene_open(&scene, OBJECTS, threads, threads != 2));
		CHECK_OK(row_source_start(&scene.filter, &budget, &scene.source));
		row_source_free(scene.source);
		scene.source = NULL;
		CHECK_NUMBER(memory_budget_left(&budget), 16 * CHUNK_BYTES);
		scene.filter.wants = wait_at_gate;
		scene.filter.wants_context = &gate;
		CHECK_OK(row_source_start(&scene.filter, &budget, &scene.source));
		REQUIRE(!thread_start(&opener, open_later, &gate));
		row_source_free(scene.source);
		scene.source = NULL;
		pthread_join(opener, NULL);
		CHECK_NUMBER(memory_budget_left(&budget), 16 * CHUNK_BYTES);
		CHECK(!scene.fake.heap->target->shared);
	}
}

TEST(a_budget_ends_a_source)
{
	CHECK_OK(walk(OBJECTS));
	for (unsigned chunks = 0; chunks < 3; chunks++) {
		SCENE;
		struct gc_object row = { 0 };
		struct memory_budget budget;
		memory_budget_init(&budget, chunks * CHUNK_BYTES + CHUNK_BYTES / 2, "a test");
		CHECK_OK(scene_open(&scene, OBJECTS, 3, true));
		CHECK_OK(row_source_start(&scene.filter, &budget, &scene.source));
		CHECK_OK(row_source_finish(scene.source));
		CHECK_NUMBER(row_source_state(scene.source), ROW_SOURCE_FULL);
		uint64_t count = row_source_count(scene.source);
		CHECK_NUMBER(count, chunks * CHUNK_BYTES / sizeof(row));
		CHECK_NUMBER(row_source_least(scene.source), count + 1);
		for (size_t i = 0; i < count; i++)
			CHECK(row_source_row(scene.source, i, &row) && is_expected(&row, i));
		row_source_free(scene.source);
		scene.source = NULL;
		CHECK_NUMBER(memory_budget_left(&budget), chunks * CHUNK_BYTES + CHUNK_BYTES / 2);
	}
}

TEST(a_source_that_fails)
{
	SCENE;
	struct gate gate = { .open = true, .fails = true };
	CHECK_OK(start_to_gate(&scene, 3, &gate));
	CHECK_FAILS(row_source_finish(scene.source), ERROR_NO_MEMORY, NULL);
	CHECK_NUMBER(row_source_state(scene.source), ROW_SOURCE_FAILED);
	CHECK_NUMBER(row_source_count(scene.source), 0);
	CHECK_OK(row_source_finish(scene.source));
}

TEST(without_threads_all_is_filled_at_once)
{
	SCENE;
	CHECK_OK(walk(OBJECTS));
	CHECK_OK(scene_open(&scene, OBJECTS, 3, true));
	thread_fail_start(0);
	struct error *error = row_source_start(&scene.filter, NULL, &scene.source);
	CHECK(thread_fail_stop() > 0);
	CHECK_OK(error);
	CHECK_NUMBER(row_source_state(scene.source), ROW_SOURCE_DONE);
	CHECK_NUMBER(row_source_count(scene.source), expected.count);
	CHECK_OK(row_source_finish(scene.source));
}

TEST(a_second_source_on_a_target_that_one_thread_reads)
{
	SCENE;
	struct row_source *second = NULL;
	CHECK_OK(scene_open(&scene, FEW_OBJECTS, 3, false));
	CHECK_OK(row_source_start(&scene.filter, NULL, &scene.source));
	CHECK_FAILS(row_source_start(&scene.filter, NULL, &second), ERROR_UNSUPPORTED,
		    "another answer is still being read from this dump");
	CHECK_OK(row_source_finish(scene.source));
	CHECK_OK(row_source_start(&scene.filter, NULL, &second));
	struct error *error = row_source_finish(second);
	CHECK_NUMBER(row_source_count(second), row_source_count(scene.source));
	row_source_free(second);
	CHECK_OK(error);
}

TEST(a_name_that_matches_nothing_is_remarked)
{
	SCENE;
	CHECK_OK(scene_open(&scene, FEW_OBJECTS, 3, true));
	scene.filter.type = "Nothing.Like.It";
	CHECK_OK(row_source_start(&scene.filter, NULL, &scene.source));
	CHECK_OK(row_source_finish(scene.source));
	CHECK_NUMBER(row_source_count(scene.source), 0);
	CHECK_NUMBER(scene.fake.remarks.count, 1);
	CHECK(strstr(scene.fake.remarks.texts[0],
		     "No object's type that could be read contains \"Nothing.Like.It\""));
}

static const struct tap_case cases[] = {
	CASE_ONCE(rows_are_scrolled_while_they_are_found),
	CASE(a_source_from_its_start_to_its_end),
	CASE_ONCE(a_source_that_is_cancelled),
	CASE_ONCE(a_question_that_is_told_to_stop),
	CASE_ONCE(a_source_that_is_freed_while_it_is_filled),
	CASE_ONCE(a_budget_ends_a_source),
	CASE_ONCE(a_source_that_fails),
	CASE_ONCE(without_threads_all_is_filled_at_once),
	CASE_ONCE(a_second_source_on_a_target_that_one_thread_reads),
	CASE_ONCE(a_name_that_matches_nothing_is_remarked),
};
TAP_MAIN(cases)
