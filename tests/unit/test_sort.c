/* Sorting of many items: in order, whatever they were, and it can be stopped. */
#include "base/sort.h"

#include "tests/unit/tap.h"

enum { MANY = 200 * 1000, FEW = 5, PRIME = 7919 };

struct item {
	uint64_t number;
	uint8_t rest[69]; /* more than is swapped at once, and no multiple of it */
};

static struct item items[MANY];

struct comparing {
	uint64_t count, stop_after;
	volatile sig_atomic_t stop;
};

static int by_number(const void *left, const void *right, void *context)
{
	const struct item *a = left, *b = right;
	struct comparing *comparing = context;
	if (++comparing->count == comparing->stop_after)
		comparing->stop = SIGINT;
	return a->number < b->number ? -1 : a->number > b->number;
}

typedef uint64_t (*numbering)(uint64_t i);
static uint64_t mixed(uint64_t i)
{
	return i * PRIME % MANY;
}
static uint64_t ascending(uint64_t i)
{
	return i;
}
static uint64_t descending(uint64_t i)
{
	return MANY - i;
}
static uint64_t few(uint64_t i)
{
	return i * PRIME % FEW;
}
static uint64_t same(uint64_t i)
{
	return i * 0;
}
/* Musser, "Introspective sorting": quicksort with a median of three divides it badly. */
static uint64_t bad(uint64_t i)
{
	uint64_t half = MANY / 2;
	if (i >= half)
		return (i - half + 1) * 2;
	return i % 2 ? half + i + (i & 1) : i + 1;
}

static void fill(numbering number)
{
	for (uint64_t i = 0; i < MANY; i++) {
		items[i].number = number(i);
		memset(items[i].rest, (int)(items[i].number & 0xff), sizeof(items[i].rest));
	}
}

static bool in_order(void)
{
	for (size_t i = 0; i < MANY; i++) {
		if (i && items[i - 1].number > items[i].number)
			return false;
		for (size_t k = 0; k < sizeof(items[i].rest); k++)
			if (items[i].rest[k] != (items[i].number & 0xff))
				return false;
	}
	return true;
}

static uint64_t sum(void)
{
	uint64_t all = 0;
	for (size_t i = 0; i < MANY; i++)
		all += items[i].number * items[i].number;
	return all;
}

TEST(any_order_becomes_the_right_one)
{
	static const numbering numberings[] = { mixed, ascending, descending, few, same, bad };
	for (size_t i = 0; i < sizeof(numberings) / sizeof(*numberings); i++) {
		struct comparing comparing = { 0 };
		fill(numberings[i]);
		uint64_t before = sum();
		CHECK_OK(sort_items(items, MANY, sizeof(*items), by_number, &comparing, NULL,
				    "sorting"));
		CHECK(in_order());
		CHECK_NUMBER(sum(), before);
		CHECK(comparing.count < (uint64_t)MANY * 64);
	}
}

TEST(none_and_one)
{
	struct comparing comparing = { 0 };
	CHECK_OK(sort_items(items, 0, sizeof(*items), by_number, &comparing, NULL, "sorting"));
	CHECK_OK(sort_items(items, 1, sizeof(*items), by_number, &comparing, NULL, "sorting"));
	CHECK_NUMBER(comparing.count, 0);
}

TEST(it_is_stopped_in_the_middle)
{
	static const uint64_t moments[] = { 1, MANY, (uint64_t)MANY * 5 };
	for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++) {
		struct comparing comparing = { .stop_after = moments[i] };
		const struct task task = { .stop = &comparing.stop };
		fill(mixed);
		uint64_t before = sum();
		CHECK_FAILS(sort_items(items, MANY, sizeof(*items), by_number, &comparing, &task,
				       "sorting"),
			    ERROR_CANCELLED, "cancelled while sorting");
		CHECK_NUMBER(sum(), before);
		CHECK(comparing.count < moments[i] + 100 * 1000);
	}
}

static const struct tap_case cases[] = {
	CASE_ONCE(any_order_becomes_the_right_one),
	CASE_ONCE(none_and_one),
	CASE_ONCE(it_is_stopped_in_the_middle),
};
TAP_MAIN(cases)
