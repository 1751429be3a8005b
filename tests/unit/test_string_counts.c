/* Strings by content, on the fake runtime: whatever memory there is and however many threads, the
 * contents with the most bytes are counted, and what is left out is told. */
#include "inspect/string_counts.h"

#include "base/memory_budget.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	START = 0x20000000,
	SPANS = 3,
	APART = 0x400000,
	CONTENTS = 3000,
	EACH = 3,           /* strings of one content, at most: content i has i % EACH + 1 */
	STRING_BASE = 22,   /* bytes of an empty one, as its type says */
	SMALLEST = 24,      /* as it is shown */
	UNIT_DIGITS = 4,    /* of each string: they make its content */
	PLENTY = 64 << 20,  /* bytes */
	LITTLE = 100000,    /* for CONTENTS / 3, about */
	VERY_LITTLE = 9000, /* for 64 or so */
};

struct scene {
	struct fake_question fake;
	struct heap_filter filter;
	struct string_counts *counts;
	struct memory_budget budget;
	struct gc_span spans[SPANS];
	struct region readable[SPANS];
	volatile sig_atomic_t stop;
	struct task task;
	uint64_t visited, stop_after;
};

static void scene_cleanup(struct scene *scene)
{
	string_counts_free(scene->counts);
	heap_filter_deinit(&scene->filter);
	fake_question_cleanup(&scene->fake);
}

#define SCENE CLEANUP(scene_cleanup) struct scene scene = { 0 }

static uint32_t length_of(uint64_t content)
{
	return UNIT_DIGITS + (uint32_t)(content % 50);
}

static uint64_t size_of(uint64_t content)
{
	uint64_t size = STRING_BASE + 2 * (uint64_t)length_of(content);
	return size > SMALLEST ? size : SMALLEST;
}

static uint64_t put_string(struct fake_runtime *runtime, uint64_t at, uint64_t content)
{
	uint64_t first = fake_field(runtime, at, "String", "m_FirstChar");
	uint64_t end = fake_object(runtime, at, runtime->string_table, length_of(content),
				   size_of(content));
	for (uint32_t i = 0; i < UNIT_DIGITS; i++)
		fake_put(runtime->target, first + 2 * i, 'a' + (content >> 4 * i) % 16, 2);
	return end;
}

/* Each content's strings are spread over the spans. */
static void put_strings(struct scene *scene, struct fake_runtime *runtime, uint64_t contents)
{
	alloc_fail_pause(true);
	for (uint64_t i = 0; i < SPANS; i++) {
		uint64_t start = START + i * APART, at = start;
		fake_target_zeros(runtime->target, start, APART);
		scene->readable[i] = (struct region){ .start = start, .end = start + APART };
		for (uint64_t content = 0; content < contents; content++)
			if (content % EACH >= i)
				at = put_string(runtime, at, content);
		scene->spans[i] = (struct gc_span){ .start = start, .end = at };
	}
	alloc_fail_pause(false);
}

static struct error *scene_open(struct scene *scene, uint64_t contents, unsigned threads,
				uint64_t bytes)
{
	struct fake_runtime *runtime = fake_runtime_new();
	runtime->target->base.is_concurrent = true;
	put_strings(scene, runtime, contents);
	TRY(fake_question_open(&scene->fake, runtime));
	struct gc_heap *gc = scene->fake.heap->gc;
	struct question *question = &scene->fake.question;
	gc->spans = scene->spans;
	gc->span_count = SPANS;
	gc->readable = scene->readable;
	gc->readable_count = SPANS;
	memory_budget_init(&scene->budget, bytes, "a test");
	scene->task.stop = &scene->stop;
	question->budget = &scene->budget;
	question->threads = threads;
	question->threads_asked = true;
	question->task = &scene->task;
	heap_filter_init_all(&scene->filter, question);
	TRY(type_string_table(scene->fake.heap, &scene->filter.method_table));
	return string_counts_new(question, &scene->counts);
}

static uint64_t strings_of(uint64_t content)
{
	return content % EACH + 1;
}

/* Of the strings that are in the statistics, and of those that are told to be left out. */
static uint64_t counted(const struct scene *scene)
{
	uint64_t sum = scene->counts->left_out;
	for (size_t i = 0; i < scene->counts->count; i++)
		sum += scene->counts->entries[i].count;
	return sum;
}

static void content_of(struct scene *scene, const struct string_count *entry, uint64_t *ret)
{
	*ret = UINT64_MAX;
	uint16_t units[UNIT_DIGITS];
	uint32_t count = UNIT_DIGITS;
	bool readable = false;
	CHECK_OK(string_counts_units(scene->counts, entry, units, &count, &readable));
	REQUIRE(readable && count == UNIT_DIGITS);
	*ret = 0;
	for (uint32_t i = 0; i < UNIT_DIGITS; i++)
		*ret |= (uint64_t)(units[i] - 'a') << 4 * i;
}

/* Nothing that is left out has more bytes than what is there, and each count is right. */
static void check_largest(struct scene *scene)
{
	static bool there[CONTENTS];
	uint64_t least = UINT64_MAX;
	memset(there, 0, sizeof(there));
	for (size_t i = 0; i < scene->counts->count; i++) {
		const struct string_count *entry = &scene->counts->entries[i];
		uint64_t content;
		content_of(scene, entry, &content);
		CHECK(content < CONTENTS && !there[content % CONTENTS]);
		there[content % CONTENTS] = true;
		CHECK_NUMBER(entry->count, strings_of(content));
		CHECK_NUMBER(entry->size_bytes, size_of(content));
		CHECK_NUMBER(entry->length, length_of(content));
		if (string_count_bytes(entry) < least)
			least = string_count_bytes(entry);
	}
	for (uint64_t content = 0; content < CONTENTS; content++)
		if (!there[content] && strings_of(content) * size_of(content) > least)
			CHECK(false);
	CHECK_NUMBER(scene->counts->total, CONTENTS * (EACH + 1) / 2);
	CHECK_NUMBER(counted(scene), scene->counts->total);
}

TEST(all_are_counted_where_there_is_memory)
{
	SCENE;
	CHECK_OK(scene_open(&scene, CONTENTS, 1, PLENTY));
	CHECK_OK(string_counts_read(scene.counts, &scene.filter, NULL, NULL));
	CHECK_NUMBER(scene.counts->count, CONTENTS);
	CHECK(!scene.fake.coverage.incomplete);
	check_largest(&scene);
	CHECK_OK(string_counts_sort(scene.counts, false));
	for (size_t i = 1; i < scene.counts->count; i++)
		CHECK(string_count_bytes(&scene.counts->entries[i - 1]) <=
		      string_count_bytes(&scene.counts->entries[i]));
	CHECK_OK(string_counts_sort(scene.counts, true));
	CHECK_NUMBER(scene.counts->entries[0].count, 1);
	CHECK_NUMBER(scene.counts->entries[CONTENTS - 1].count, EACH);
}

TEST(what_does_not_fit_is_counted_in_more_walks)
{
	static const uint64_t memory[] = { 2 * LITTLE, LITTLE, VERY_LITTLE };
	for (size_t i = 0; i < sizeof(memory) / sizeof(*memory); i++) {
		SCENE;
		CHECK_OK(scene_open(&scene, CONTENTS, 1, memory[i]));
		CHECK_OK(string_counts_read(scene.counts, &scene.filter, NULL, NULL));
		CHECK(scene.counts->left_out > 0 && scene.counts->count > 0);
		CHECK_NUMBER(scene.counts->count + scene.counts->left_out_contents, CONTENTS);
		CHECK(scene.fake.coverage.incomplete);
		CHECK_NUMBER(scene.fake.coverage.reason_count, 1);
		CHECK(strstr(scene.fake.coverage.reasons[0], "that take the least"));
		check_largest(&scene);
	}
}

TEST(several_threads_answer_as_one)
{
	static const uint64_t memory[] = { PLENTY, LITTLE };
	for (size_t i = 0; i < sizeof(memory) / sizeof(*memory); i++) {
		CLEANUP(scene_cleanup) struct scene one = { 0 };
		CLEANUP(scene_cleanup) struct scene three = { 0 };
		CHECK_OK(scene_open(&one, CONTENTS, 1, memory[i]));
		CHECK_OK(scene_open(&three, CONTENTS, SPANS, memory[i]));
		CHECK_OK(string_counts_read(one.counts, &one.filter, NULL, NULL));
		CHECK_OK(string_counts_read(three.counts, &three.filter, NULL, NULL));
		check_largest(&three);
		CHECK_OK(string_counts_sort(one.counts, true));
		CHECK_OK(string_counts_sort(three.counts, true));
		REQUIRE(three.counts->count == one.counts->count);
		for (size_t k = 0; k < one.counts->count; k++)
			CHECK_NUMBER(three.counts->entries[k].address,
				     one.counts->entries[k].address);
		CHECK_NUMBER(three.counts->left_out_bytes, one.counts->left_out_bytes);
	}
}

TEST(few_strings_and_little_memory)
{
	SCENE;
	CHECK_OK(scene_open(&scene, EACH, 1, PLENTY));
	CHECK_OK(string_counts_read(scene.counts, &scene.filter, NULL, NULL));
	CHECK_NUMBER(counted(&scene), scene.counts->total - scene.counts->unreadable);
	CHECK_NUMBER(scene.counts->total, EACH * (EACH + 1) / 2);
}

TEST(no_memory_at_all_is_an_error)
{
	SCENE;
	CHECK_OK(scene_open(&scene, EACH, 1, 100));
	CHECK_FAILS(string_counts_read(scene.counts, &scene.filter, NULL, NULL), ERROR_NO_MEMORY,
		    "the statistics of strings would take");
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct scene *scene = context;
	(void)object;
	if (scene->visited == scene->stop_after)
		return &error_stop;
	scene->visited++;
	return NULL;
}

TEST(a_visitor_that_has_enough_ends_the_count_too)
{
	static const uint64_t memory[] = { PLENTY, LITTLE, VERY_LITTLE };
	for (size_t i = 0; i < sizeof(memory) / sizeof(*memory); i++) {
		SCENE;
		CHECK_OK(scene_open(&scene, CONTENTS, 1, memory[i]));
		scene.stop_after = CONTENTS + 10;
		scene.filter.may_stop = true;
		CHECK_OK(string_counts_read(scene.counts, &scene.filter, visit, &scene));
		CHECK_NUMBER(scene.visited, CONTENTS + 10);
		CHECK_NUMBER(scene.counts->total, CONTENTS + 10);
		CHECK_NUMBER(counted(&scene), CONTENTS + 10);
	}
}

static struct error *stop(const struct gc_object *object, void *context)
{
	struct scene *scene = context;
	TRY(visit(object, context));
	if (scene->visited == 10)
		scene->stop = SIGINT;
	return NULL;
}

TEST(it_is_stopped_in_the_middle)
{
	SCENE;
	CHECK_OK(scene_open(&scene, CONTENTS, 1, PLENTY));
	scene.stop_after = UINT64_MAX;
	CHECK_FAILS(string_counts_read(scene.counts, &scene.filter, stop, &scene), ERROR_CANCELLED,
		    "cancelled while reading strings");
	CHECK(scene.visited < 12);
}

/* The last string goes on after the end of what can be read. */
TEST(unreadable_ones_are_counted_once)
{
	SCENE;
	CHECK_OK(scene_open(&scene, CONTENTS, 1, LITTLE));
	struct gc_span *span = &scene.spans[SPANS - 1];
	span->end = START + SPANS * APART - 64;
	struct fake_runtime *runtime = scene.fake.runtime;
	fake_object(runtime, span->end, runtime->string_table, 100, STRING_BASE + 200);
	span->end += STRING_BASE + 200 + 2;
	CHECK_OK(string_counts_read(scene.counts, &scene.filter, NULL, NULL));
	CHECK_NUMBER(scene.counts->unreadable, 1);
	CHECK(fake_question_lacks(&scene.fake, "1 strings could not be read"));
}

static const struct tap_case cases[] = {
	CASE_ONCE(all_are_counted_where_there_is_memory),
	CASE_ONCE(what_does_not_fit_is_counted_in_more_walks),
	CASE_ONCE(several_threads_answer_as_one),
	CASE(few_strings_and_little_memory),
	CASE_ONCE(no_memory_at_all_is_an_error),
	CASE_ONCE(a_visitor_that_has_enough_ends_the_count_too),
	CASE_ONCE(it_is_stopped_in_the_middle),
	CASE_ONCE(unreadable_ones_are_counted_once),
};
TAP_MAIN(cases)
