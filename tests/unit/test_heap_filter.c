/* Objects that are chosen and counted on several threads, as on one; and how many threads. */
#include "attach/processors.h"
#include "inspect/heap_filter.h"
#include "inspect/heap_statistics.h"
#include "tests/unit/fake_heap.h"
#include "tests/unit/tap.h"

enum { OBJECTS = 3000, FEW_OBJECTS = 160, ROWS_MAX = 32 * 1024, TYPES_MAX = 64 };

struct scene {
	struct fake_question fake;
	struct fake_heap heap_of_spans;
	struct heap_filter filter;
};

static void scene_cleanup(struct scene *scene)
{
	heap_filter_deinit(&scene->filter);
	fake_question_cleanup(&scene->fake);
}

static struct error *scene_open(struct scene *scene, unsigned objects, unsigned threads)
{
	TRY(fake_heap_ask(&scene->heap_of_spans, objects, threads, true, &scene->fake));
	heap_filter_init_all(&scene->filter, &scene->fake.question);
	return NULL;
}

#define SCENE CLEANUP(scene_cleanup) struct scene scene = { 0 }

/* What there is to compare, of any answer. */
struct answer {
	uint64_t rows[ROWS_MAX];
	size_t count;
	bool found;
	char missing[256], remark[256];
	struct {
		uint64_t method_table, count, size_bytes;
	} types[TYPES_MAX];
	size_t type_count;
};

static struct answer alone, together;
static const char RAN_OUT[] = "memory ran out";

static struct error *row_note(const struct gc_object *object, void *context)
{
	struct answer *answer = context;
	if (answer->count < ROWS_MAX)
		answer->rows[answer->count++] = object->address;
	return NULL;
}

static void note_end(const struct scene *scene, struct answer *answer)
{
	size_t used = 0;
	answer->found = scene->filter.found;
	for (size_t i = 0; i < scene->fake.coverage.reason_count && used < sizeof(answer->missing);
	     i++)
		used += (size_t)snprintf(answer->missing + used, sizeof(answer->missing) - used,
					 "%s;", scene->fake.coverage.reasons[i]);
	if (scene->fake.remarks.count)
		snprintf(answer->remark, sizeof(answer->remark), "%s",
			 scene->fake.remarks.texts[0]);
}

typedef void (*filter_setter)(struct scene *scene);

static struct error *ask(filter_setter set, unsigned threads, unsigned objects,
			 struct answer *answer)
{
	SCENE;
	*answer = (struct answer){ .count = 0 };
	TRY(scene_open(&scene, objects, threads));
	if (set)
		set(&scene);
	TRY(heap_filter_walk(&scene.filter, row_note, answer));
	TRY(heap_filter_note_no_match(&scene.filter));
	note_end(&scene, answer);
	return NULL;
}

static struct error *count(filter_setter set, unsigned threads, unsigned objects,
			   struct answer *answer)
{
	SCENE;
	CLEANUP(heap_statistics_deinit) struct heap_statistics statistics = { 0 };
	struct statistic_row *rows;
	*answer = (struct answer){ .count = 0 };
	TRY(scene_open(&scene, objects, threads));
	if (set)
		set(&scene);
	TRY(heap_statistics_count(&statistics, &scene.filter));
	TRY(heap_statistics_sorted(&scene.fake.question, &statistics, threads % 2, &rows));
	answer->count = statistics.count;
	answer->rows[0] = statistics.size_bytes;
	answer->type_count = statistics.met;
	for (size_t i = 0; i < statistics.met && i < TYPES_MAX; i++) {
		answer->types[i].method_table =
			type_by_index(scene.fake.heap, rows[i].type)->handle;
		answer->types[i].count = rows[i].statistic->count;
		answer->types[i].size_bytes = rows[i].statistic->size_bytes;
	}
	note_end(&scene, answer);
	return NULL;
}

static void check_same(void)
{
	CHECK_NUMBER(together.count, alone.count);
	CHECK_NUMBER(together.found, alone.found);
	CHECK_NUMBER(together.type_count, alone.type_count);
	/* A reason that memory ran out for says that instead, in whichever of the two. */
	if (!strstr(together.missing, RAN_OUT) && !strstr(alone.missing, RAN_OUT))
		CHECK_TEXT(together.missing, alone.missing);
	CHECK_TEXT(together.remark, alone.remark);
	CHECK(!memcmp(together.rows, alone.rows, sizeof(alone.rows)));
	CHECK(!memcmp(together.types, alone.types, sizeof(alone.types)));
}

static struct error *ask_on_all(filter_setter set)
{
	TRY(ask(set, 1, OBJECTS, &alone));
	for (unsigned threads = 2; threads <= 8; threads += 3) {
		TRY(ask(set, threads, OBJECTS, &together));
		check_same();
	}
	return NULL;
}

/* Without metadata a type's name has its MethodTable in it. */
static void some_name(struct scene *scene)
{
	scene->filter.type = "4";
}

static void some_sizes(struct scene *scene)
{
	scene->filter.min = 30;
	scene->filter.max = 100;
	scene->filter.generation = GENERATION_2;
}

static struct error *is_even(void *context, const struct type *type, bool *ret)
{
	(void)context;
	*ret = type->handle / 0x200 % 2 == 0;
	return NULL;
}

static void what_is_wanted(struct scene *scene)
{
	some_name(scene);
	scene->filter.wants = is_even;
}

static void name_in_another_case(struct scene *scene)
{
	scene->filter.type = "<UNKNOWN type mt=2";
}

static void no_name(struct scene *scene)
{
	scene->filter.type = "Nothing.Like.It";
}

static void no_method_table(struct scene *scene)
{
	scene->filter.method_table = 0x123458;
}

TEST(the_objects_that_pass)
{
	CHECK_OK(ask_on_all(NULL));
	size_t all = alone.count;
	CHECK(all > OBJECTS && alone.found);
	CHECK(strstr(alone.missing, "are not objects (damaged), the first at 0x108"));
	static const filter_setter setters[] = { some_name, some_sizes, what_is_wanted };
	size_t before = 0;
	for (size_t i = 0; i < COUNT_OF(setters); i++) {
		CHECK_OK(ask_on_all(setters[i]));
		CHECK(alone.found && alone.count && alone.count < all && alone.count != before);
		CHECK_TEXT(alone.remark, "");
		before = alone.count;
	}
}

TEST(what_is_remarked_when_nothing_passes)
{
	CHECK_OK(ask_on_all(no_name));
	CHECK_NUMBER(alone.count, 0);
	CHECK_TEXT(alone.remark, "No object's type that could be read contains "
				 "\"Nothing.Like.It\", whatever the case.");
	CHECK_OK(ask_on_all(name_in_another_case));
	CHECK_NUMBER(alone.count, 0);
	CHECK(strstr(alone.remark, "ignoring case 33 do: <unknown type MT=200600>, "));
	CHECK_OK(ask_on_all(no_method_table));
	CHECK(strstr(alone.remark, "0x123458 is not a MethodTable"));
}

TEST(counts_and_sizes)
{
	static const filter_setter setters[] = { NULL, some_name, some_sizes, what_is_wanted };
	for (size_t i = 0; i < COUNT_OF(setters); i++) {
		for (unsigned by_count = 0; by_count < 2; by_count++) {
			CHECK_OK(count(setters[i], by_count, OBJECTS, &alone));
			CHECK(alone.count && alone.type_count && alone.type_count < TYPES_MAX);
			for (unsigned threads = 2 + by_count; threads <= 8; threads += 2) {
				CHECK_OK(count(setters[i], threads, OBJECTS, &together));
				check_same();
			}
		}
	}
}

static struct error *wants_none(void *context, const struct type *type, bool *ret)
{
	(void)context;
	(void)type;
	(void)ret;
	return &error_no_memory;
}

static void what_fails(struct scene *scene)
{
	scene->filter.wants = wants_none;
}

TEST(a_question_about_a_type_that_fails)
{
	for (unsigned threads = 1; threads <= 5; threads += 2) {
		CHECK_FAILS(ask(what_fails, threads, OBJECTS, &together), ERROR_NO_MEMORY, NULL);
		CHECK_NUMBER(together.count, 0);
	}
}

/* Every failure of an allocation or a read, among others. */
TEST(counting_on_three_threads)
{
	CHECK_OK(count(what_is_wanted, 1, FEW_OBJECTS, &alone));
	CHECK_OK(count(what_is_wanted, 3, FEW_OBJECTS, &together));
	check_same();
}

TEST(processors_that_a_quota_has_time_for)
{
	CHECK_NUMBER(processors_of_quota(100000, 100000), 1);
	CHECK_NUMBER(processors_of_quota(199999, 100000), 1);
	CHECK_NUMBER(processors_of_quota(200000, 100000), 2);
	CHECK_NUMBER(processors_of_quota(50000, 100000), 1);
	CHECK_NUMBER(processors_of_quota(0, 100000), 1);
	CHECK_NUMBER(processors_of_quota(6400000, 100000), 64);
	CHECK_NUMBER(processors_of_quota(100000, 0), 1);
	CHECK_NUMBER(processors_of_quota(UINT64_MAX, 1), UINT32_MAX);
	CHECK(processors_allowed(false) >= 1);
	CHECK(processors_allowed(true) <= processors_allowed(false));
}

static const struct tap_case cases[] = {
	CASE_ONCE(the_objects_that_pass), CASE_ONCE(what_is_remarked_when_nothing_passes),
	CASE_ONCE(counts_and_sizes),      CASE_ONCE(a_question_about_a_type_that_fails),
	CASE(counting_on_three_threads),  CASE_ONCE(processors_that_a_quota_has_time_for),
};
TAP_MAIN(cases)
