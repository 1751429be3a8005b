/* The references inside objects, by the GCDesc of their types. */
#include "base/limits.h"
#include "heap/gc/references.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

enum {
	PAGE = 4096,
	CONTAINS_POINTERS = 0x01000000,
	HAS_COMPONENT_SIZE = (int)0x80000000,
	OBJECT = FAKE_GEN2 + 0x1000,
	EDGE = 0x280000, /* where memory begins */
	LARGE = 0x10000000,
};

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

#define HEAP                                                                                       \
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();           \
	CLEANUP(heap_cleanup) struct heap *heap = NULL;                                            \
	struct fake_target *target = runtime->target

#define PLANS                                                                                      \
	CHECK_OK(fake_runtime_open(runtime, &heap));                                               \
	CLEANUP(reference_plans_deinit) struct reference_plans plans = { 0 };                      \
	CHECK_OK(reference_plans_init(&plans, heap, heap->task))

/* A MethodTable with these words in front of it, the nearest first. */
static uint64_t type_at_address(struct fake_runtime *runtime, uint64_t address, uint32_t flags,
				uint32_t base_size, const uint64_t *words, size_t count)
{
	uint64_t next = runtime->next_type;
	runtime->next_type = address;
	uint64_t table = fake_method_table(runtime, flags | CONTAINS_POINTERS, base_size);
	for (size_t i = 0; i < count; i++)
		fake_put(runtime->target, table - (i + 1) * sizeof(uint64_t), words[i], 8);
	runtime->next_type = next;
	return table;
}

#define TYPE(flags, base_size, ...)                                                                \
	({                                                                                         \
		const uint64_t type_words[] = { __VA_ARGS__ };                                     \
		runtime->next_type += 0x400;                                                       \
		type_at_address(runtime, runtime->next_type - 0x200, (flags), (base_size),         \
				type_words, COUNT_OF(type_words));                                 \
	})

/* An array's flags by the size of its components. */
#define ARRAY_OF(size) ((uint32_t)HAS_COMPONENT_SIZE | (size))

/* Words of an object, from `offset` on. */
#define PUT(address, ...)                                                                          \
	({                                                                                         \
		const uint64_t put_words[] = { __VA_ARGS__ };                                      \
		fake_put_bytes(target, (address), put_words, sizeof(put_words));                   \
	})

/* " offset:target" of each. */
struct found {
	char text[128];
	size_t length;
};

static struct error *note(uint32_t offset, uint64_t value, void *context)
{
	struct found *found = context;
	size_t room = sizeof(found->text) - found->length;
	int length = snprintf(found->text + found->length, room, " %u:%llx", offset,
			      (unsigned long long)value);
	found->length += length > 0 && (size_t)length < room ? (size_t)length : 0;
	return NULL;
}

static struct error *references_of(struct reference_plans *plans, uint64_t address,
				   struct found *ret)
{
	struct gc_object object;
	TRY(object_read(plans->heap, address, &object));
	return object_visit_references(plans, &object, note, ret);
}

#define CHECK_REFERENCES(address, expected)                                                        \
	do {                                                                                       \
		struct found found = { .length = 0 };                                              \
		CHECK_OK(references_of(&plans, (address), &found));                                \
		CHECK_TEXT(found.text, expected);                                                  \
	} while (0)

/* It fails, after these. */
#define CHECK_BROKEN(address, code, expected)                                                      \
	do {                                                                                       \
		struct found found = { .length = 0 };                                              \
		CHECK_FAILS(references_of(&plans, (address), &found), code, NULL);                 \
		CHECK_TEXT(found.text, expected);                                                  \
	} while (0)

static uint64_t less(uint64_t bytes)
{
	return -bytes;
}

TEST(series_of_a_class)
{
	HEAP;
	/* Two references at 32, two at 8, in this order. */
	uint64_t table = TYPE(0, 56, 2, 32, less(56 - 16), 8, less(56 - 16));
	uint64_t plain = fake_method_table(runtime, 0, 24);
	PUT(OBJECT, table, 0xa8, 0, 0x1, 0xb0, 0xc8);
	PUT(OBJECT + 64, plain, 0xa8, 0xb0);
	PUT(OBJECT + 128, table, 0, 0xd0);
	PLANS;
	CHECK_REFERENCES(OBJECT, " 32:b0 40:c8 8:a8");
	CHECK_REFERENCES(OBJECT + 64, "");
	CHECK_REFERENCES(OBJECT + 128, " 16:d0");
	CHECK_NUMBER(plans.count, 2);
	CHECK_NUMBER(plans.series_count, 2);
}

TEST(a_description_is_read_once)
{
	HEAP;
	uint64_t table = TYPE(0, 24, 1, 8, less(24 - 8));
	PUT(OBJECT, table, 0xa8);
	PLANS;
	CHECK_REFERENCES(OBJECT, " 8:a8");
	fake_put(target, table - 8, 0, 8);
	reader_forget(&plans.reader);
	CHECK_REFERENCES(OBJECT, " 8:a8");
}

TEST(an_array_of_references)
{
	HEAP;
	uint64_t table = TYPE(ARRAY_OF(8), 24, 1, 16, less(24));
	PUT(OBJECT, table, 0, 0xee);
	PUT(OBJECT + 0x100, table, 3, 0xa8, 0, 0xb0, 0xee);
	PLANS;
	CHECK_REFERENCES(OBJECT, "");
	CHECK_REFERENCES(OBJECT + 0x100, " 16:a8 32:b0");
}

TEST(an_array_of_structs)
{
	HEAP;
	/* An element: a reference, a number, two references. */
	uint64_t table = TYPE(ARRAY_OF(32), 24, less(2), 16, (uint64_t)8 << 32 | 1, 2);
	PUT(OBJECT, table, 2, 0xa8, 0x1, 0xb0, 0xb8, 0, 0x1, 0, 0xc0, 0xee);
	PUT(OBJECT + 0x100, table, 0, 0xee);
	PLANS;
	CHECK_REFERENCES(OBJECT, " 16:a8 32:b0 40:b8 72:c0");
	CHECK_REFERENCES(OBJECT + 0x100, "");
	CHECK_NUMBER(plans.run_count, 2);
}

static struct error *stop_at_second(uint32_t offset, uint64_t value, void *context)
{
	unsigned *visited = context;
	(void)offset, (void)value;
	return ++*visited == 2 ? &error_stop : NULL;
}

TEST(the_visitor_ends_it)
{
	HEAP;
	struct gc_object object;
	unsigned visited = 0;
	PUT(OBJECT, TYPE(ARRAY_OF(8), 24, 1, 16, less(24)), 3, 0xa8, 0xb0, 0xb8);
	PLANS;
	CHECK_OK(object_read(heap, OBJECT, &object));
	struct error *error = object_visit_references(&plans, &object, stop_at_second, &visited);
	CHECK(error_take_stop(&error) || error);
	CHECK_OK(error);
	CHECK_NUMBER(visited, 2);
}

TEST(descriptions_that_do_not_fit)
{
	HEAP;
	uint64_t past_end = TYPE(0, 40, 2, 8, less(40 - 8), 24, less(40 - 24));
	uint64_t odd = TYPE(0, 40, 1, 12, less(40 - 8));
	uint64_t many = TYPE(0, 40, LIMIT_GC_SERIES + 1, 8, less(40 - 8));
	uint64_t many_runs = TYPE(ARRAY_OF(8), 24, less(LIMIT_GC_SERIES + 1), 16, 1);
	uint64_t nowhere = TYPE(ARRAY_OF(8), 24, less(1), 16, 0);
	uint64_t too_wide = TYPE(ARRAY_OF(16), 24, less(2), 16, 1, 9);
	PUT(OBJECT, past_end, 0xa8, 0xb0, 0xb8, 0xee);
	PUT(OBJECT + 0x100, odd, 0xa8);
	PUT(OBJECT + 0x200, many, 0xa8);
	PUT(OBJECT + 0x300, many_runs, 1, 0xa8);
	PUT(OBJECT + 0x400, nowhere, 1, 0xa8);
	PUT(OBJECT + 0x500, too_wide, 2, 0xa8, 0, 0xb8);
	PLANS;
	CHECK_BROKEN(OBJECT, ERROR_BAD_DATA, " 8:a8");
	for (unsigned i = 1; i < 5; i++)
		CHECK_BROKEN(OBJECT + i * 0x100, ERROR_BAD_DATA, "");
	CHECK_BROKEN(OBJECT + 0x500, ERROR_BAD_DATA, " 16:a8");
	/* They are remembered as they are. */
	CHECK_BROKEN(OBJECT, ERROR_BAD_DATA, " 8:a8");
	CHECK_NUMBER(plans.count, 6);
}

TEST(descriptions_that_cannot_be_read)
{
	HEAP;
	const uint64_t series[] = { 2, 8, less(32 - 8) }, elements[] = { less(2), 16, 1 };
	for (unsigned i = 0; i < 3; i++)
		fake_target_zeros(target, EDGE + i * PAGE, PAGE / 2);
	uint64_t partly = type_at_address(runtime, EDGE + 24, 0, 32, series, 3);
	uint64_t none = type_at_address(runtime, EDGE + PAGE, 0, 32, series, 0);
	uint64_t first_run =
		type_at_address(runtime, EDGE + 2 * PAGE + 24, ARRAY_OF(16), 24, elements, 3);
	PUT(OBJECT, partly, 0xa8, 0xb0);
	PUT(OBJECT + 0x100, none, 0xa8, 0xb0);
	PUT(OBJECT + 0x200, first_run, 2, 0xa8, 0xb0, 0xb8);
	PUT(OBJECT + 0x300, first_run, 0);
	PLANS;
	CHECK_BROKEN(OBJECT, ERROR_FAULT, " 8:a8");
	CHECK_BROKEN(OBJECT + 0x100, ERROR_FAULT, "");
	CHECK_BROKEN(OBJECT + 0x200, ERROR_FAULT, " 16:a8");
	CHECK_REFERENCES(OBJECT + 0x300, ""); /* nothing of it was asked for */
}

TEST(an_object_that_is_partly_there)
{
	HEAP;
	uint64_t table = TYPE(ARRAY_OF(8), 24, 1, 16, less(24));
	uint64_t at = FAKE_GEN2 + FAKE_REGION_SIZE - 32;
	PUT(at, table, 100, 0xa8, 0xb0);
	PLANS;
	CHECK_BROKEN(at, ERROR_FAULT, " 16:a8 24:b0");
	target->lends = true;
	reader_forget(&plans.reader);
	CHECK_BROKEN(at, ERROR_FAULT, " 16:a8 24:b0");
}

/* The GC puts no reference there, but a description can say so; what is read for it moves the
 * reader away from the object. */
TEST(a_reference_in_the_next_header)
{
	HEAP;
	uint64_t table = TYPE(0, 32, 2, 24, less(32 - 8), 8, less(32 - 16));
	uint64_t at = FAKE_GEN2 + 2 * PAGE - 24;
	PUT(at, table, 0xa8, 0xb0, 0xb8);
	PLANS;
	CHECK_REFERENCES(at, " 24:b8 8:a8 16:b0");
}

static struct error *count_visit(uint32_t offset, uint64_t value, void *context)
{
	uint64_t *sum = context;
	*sum += value == offset;
	return NULL;
}

TEST(an_array_larger_than_a_window)
{
	enum { COUNT = READER_WINDOW_MAX / 8 * 2 };
	HEAP;
	struct gc_object object;
	uint64_t right = 0;
	fake_target_zeros(target, LARGE, READER_WINDOW_MAX * 2 + PAGE);
	PUT(LARGE, TYPE(ARRAY_OF(8), 24, 1, 16, less(24)), COUNT);
	for (uint64_t i = 0; i < COUNT; i++)
		fake_put(target, LARGE + 16 + i * 8, 16 + i * 8, 8);
	PLANS;
	CHECK_OK(object_read(heap, LARGE, &object));
	CHECK_OK(object_visit_references(&plans, &object, count_visit, &right));
	CHECK_NUMBER(right, COUNT);
}

/* Types with as many series as may be: the plans forget them before they hold too many. */
TEST(plans_are_bounded)
{
	enum { TYPES = 8, STRIDE = 0x200000 };
	HEAP;
	for (unsigned i = 0; i < TYPES; i++) {
		uint64_t base = LARGE + i * STRIDE, table = base + STRIDE - PAGE;
		fake_target_zeros(target, base, STRIDE);
		type_at_address(runtime, table, 0, 24, NULL, 0);
		fake_put(target, table - 8, LIMIT_GC_SERIES, 8);
		for (uint64_t k = 1; k <= LIMIT_GC_SERIES; k++) {
			fake_put(target, table - k * 16, 8, 8);
			fake_put(target, table - k * 16 - 8, less(24 - (k == 1 ? 8 : 0)), 8);
		}
		PUT(OBJECT + i * 0x40, table, 0xa8 + i * 8);
	}
	PLANS;
	for (unsigned i = 0; i < 2 * TYPES; i++) {
		char expected[32];
		snprintf(expected, sizeof(expected), " 8:%x", 0xa8 + i % TYPES * 8);
		CHECK_REFERENCES(OBJECT + i % TYPES * 0x40, expected);
		CHECK(plans.series_count <= LIMIT_REFERENCE_PARTS + LIMIT_GC_SERIES);
		CHECK(plans.count <= TYPES);
	}
}

static const struct tap_case cases[] = {
	CASE(series_of_a_class),
	CASE(a_description_is_read_once),
	CASE(an_array_of_references),
	CASE(an_array_of_structs),
	CASE(the_visitor_ends_it),
	CASE(descriptions_that_do_not_fit),
	CASE(descriptions_that_cannot_be_read),
	CASE(an_object_that_is_partly_there),
	CASE(a_reference_in_the_next_header),
	CASE_ONCE(an_array_larger_than_a_window),
	CASE_ONCE(plans_are_bounded),
};
TAP_MAIN(cases)
