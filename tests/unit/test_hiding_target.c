/* A target with stretches taken out. */
#include "attach/target/hiding_target.h"
#include "attach/target/overlay_target.h"
#include "attach/target/reader.h"
#include "tests/unit/tap.h"

enum { BASE = 0x100000, PAGE = 4096, PAGES = 16 };

static void hiding_close_cleanup(struct target **target)
{
	target_close(*target);
}

/* Byte i of the memory is i / 16. */
static struct fake_target *memory_new(bool lends)
{
	struct fake_target *fake = fake_target_new(&architecture_x64);
	uint8_t *bytes = fake_target_zeros(fake, BASE, PAGES * PAGE);
	for (unsigned i = 0; i < PAGES * PAGE; i++)
		bytes[i] = (uint8_t)(i / 16);
	fake->lends = lends;
	return fake;
}

#define HIDING(name, lends, ...)                                                                   \
	CLEANUP(fake_target_cleanup) struct fake_target *fake = memory_new(lends);                 \
	CLEANUP(hiding_close_cleanup) struct target *name = NULL;                                  \
	const struct hidden_range hidden[] = { __VA_ARGS__ };                                      \
	CHECK_OK(hiding_target_new(&fake->base, hidden, COUNT_OF(hidden), &name))

/* [from, to) of the memory. */
#define RANGE(from, to)                                                                            \
	{                                                                                          \
		BASE + (from), BASE + (to)                                                         \
	}

static size_t readable(struct target *target, uint64_t offset, size_t size)
{
	static uint8_t bytes[PAGES * PAGE];
	memset(bytes, 0xee, sizeof(bytes));
	size_t done = target_read_some(target, BASE + offset, bytes, size);
	for (size_t i = 0; i < size; i++)
		CHECK_NUMBER(bytes[i], i < done ? (uint8_t)((offset + i) / 16) : 0xee);
	return done;
}

TEST(reads_stop_where_something_is_hidden)
{
	HIDING(target, false, RANGE(100, 200), RANGE(8 * PAGE, 9 * PAGE));
	CHECK_NUMBER(readable(target, 0, 400), 100);
	CHECK_NUMBER(readable(target, 50, 50), 50);
	CHECK_NUMBER(readable(target, 99, 2), 1);
	CHECK_NUMBER(readable(target, 100, 1), 0);
	CHECK_NUMBER(readable(target, 199, 8), 0);
	CHECK_NUMBER(readable(target, 200, 300), 300);
	CHECK_NUMBER(readable(target, 8 * PAGE - 1, 3), 1);
	CHECK_NUMBER(readable(target, 9 * PAGE, PAGE), PAGE);
	CHECK_NUMBER(readable(target, PAGES * PAGE - 1, 2), 1);
}

TEST(loans_end_where_something_is_hidden)
{
	HIDING(target, true, RANGE(100, 200), RANGE(PAGES * PAGE - 8, PAGES * PAGE));
	size_t lent;
	const uint8_t *bytes = target_borrow(target, BASE, &lent);
	REQUIRE(bytes);
	CHECK_NUMBER(lent, 100);
	CHECK(!target_borrow(target, BASE + 100, &lent));
	CHECK_NUMBER(lent, 0);
	CHECK(!target_borrow(target, BASE + 199, &lent));
	bytes = target_borrow(target, BASE + 200, &lent);
	REQUIRE(bytes);
	CHECK_NUMBER(bytes[0], 200 / 16);
	CHECK_NUMBER(lent, PAGES * PAGE - 8 - 200);
	CHECK(!target_borrow(target, BASE + PAGES * PAGE, &lent));
}

/* A reader joins nothing across what is hidden, whether its target lends or not. */
static void read_around(struct target *target)
{
	CLEANUP(reader_deinit) struct reader reader = { 0 };
	CHECK_OK(reader_init(&reader, target));
	CHECK(reader_borrow(&reader, BASE + 96, 4) != NULL);
	CHECK(!reader_borrow(&reader, BASE + 96, 8));
	CHECK(!reader_borrow(&reader, BASE + 196, 8));
	CHECK(reader_borrow(&reader, BASE + 200, 8) != NULL);
	CHECK(!reader_borrow(&reader, BASE, 300));
}

TEST(readers_see_nothing_of_it)
{
	HIDING(target, false, RANGE(100, 200));
	read_around(target);
	fake->lends = true;
	read_around(target);
}

struct regions {
	char text[256];
	size_t length;
};

static struct error *region_note(const struct region *region, void *context)
{
	struct regions *regions = context;
	int length = snprintf(regions->text + regions->length,
			      sizeof(regions->text) - regions->length, " %llx-%llx",
			      (unsigned long long)region->start, (unsigned long long)region->end);
	regions->length += (size_t)length;
	return NULL;
}

static void check_regions(struct target *target, const char *expected)
{
	struct regions regions = { .length = 0 };
	CHECK_OK(target_visit_regions(target, region_note, &regions));
	CHECK_TEXT(regions.text, expected);
}

TEST(regions_have_gaps)
{
	HIDING(target, false, RANGE(0x3000, 0x4000), RANGE(0x2000, 0x3000), RANGE(0x2800, 0x2900),
	       RANGE(0x5000, 0x5000), RANGE(0x9000, 0x8000), RANGE(0xf000, 0x21000));
	fake_target_zeros(fake, BASE + 0x20000, 0x2000);
	fake_target_zeros(fake, BASE + 0x30000, 0x1000);
	check_regions(target, " 100000-102000 104000-10f000 121000-122000 130000-131000");
}

TEST(regions_hidden_whole)
{
	HIDING(target, false, { 0, UINT64_MAX });
	check_regions(target, "");
	CHECK_NUMBER(readable(target, 0, 1), 0);
}

TEST(more_is_hidden_afterwards)
{
	HIDING(target, false, RANGE(PAGE, 2 * PAGE));
	const struct hidden_range more[] = { RANGE(3 * PAGE, 4 * PAGE), RANGE(0, 10) };
	CHECK_NUMBER(readable(target, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	CHECK_OK(hiding_target_hide(target, more, COUNT_OF(more)));
	CHECK_NUMBER(readable(target, 2 * PAGE, 2 * PAGE), PAGE);
	CHECK_NUMBER(readable(target, PAGE, 1), 0);
	CHECK_NUMBER(readable(target, 0, 1), 0);
	CHECK_NUMBER(readable(target, 10, PAGE), PAGE - 10);
}

TEST(nothing_hidden)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = memory_new(true);
	CLEANUP(hiding_close_cleanup) struct target *target = NULL;
	size_t lent;
	CHECK_OK(hiding_target_new(&fake->base, NULL, 0, &target));
	check_regions(target, " 100000-110000");
	CHECK_NUMBER(readable(target, 0, PAGES * PAGE), PAGES * PAGE);
	CHECK(target_borrow(target, BASE + 8, &lent) && lent == PAGES * PAGE - 8);
}

static const char *says_gone(struct target *target, uint64_t address)
{
	(void)target;
	return address >= BASE + PAGES * PAGE ? "gone" : NULL;
}

/* Of what is hidden nothing is missing; of what the lower target lacks it is. */
TEST(what_the_lower_target_lacks_is_met)
{
	HIDING(target, false, RANGE(100, 200));
	struct target_ops ops = *fake->base.ops;
	struct target *overlay;
	ops.explain_missing = says_gone;
	fake->base.ops = &ops;
	CHECK_OK(overlay_target_new(target, &overlay));
	CHECK_NUMBER(readable(overlay, 0, 400), 100);
	CHECK(!overlay->met);
	CHECK_NUMBER(readable(overlay, PAGES * PAGE - 1, 2), 1);
	CHECK_TEXT(overlay->met, "gone");
	CHECK_TEXT(target->met, "gone");
	target_close(overlay);
	target = NULL;
}

TEST(all_targets_are_shared_down_to_the_lowest)
{
	HIDING(target, false, RANGE(100, 200));
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	CHECK(target->lower == &fake->base);
	target_share(target, &lock);
	CHECK(target->shared == &lock && fake->base.shared == &lock);
	target_unshare(target, &lock);
	CHECK(!target->shared && !fake->base.shared);
}

static const struct tap_case cases[] = {
	CASE(reads_stop_where_something_is_hidden),
	CASE(loans_end_where_something_is_hidden),
	CASE(readers_see_nothing_of_it),
	CASE(regions_have_gaps),
	CASE(regions_hidden_whole),
	CASE(more_is_hidden_afterwards),
	CASE(nothing_hidden),
	CASE(what_the_lower_target_lacks_is_met),
	CASE(all_targets_are_shared_down_to_the_lowest),
};
TAP_MAIN(cases)
