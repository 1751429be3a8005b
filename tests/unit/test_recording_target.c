/* Which pages of a target were read. */
#include "attach/target/recording_target.h"

#include "attach/target/overlay_target.h"
#include "tests/unit/tap.h"

enum { PAGE = 4096, BASE = 0x100000, PAGES = 64 };

static void recorder_close(struct target **target)
{
	target_close(*target);
}

#define RECORDER(name, limit)                                                                      \
	CLEANUP(fake_target_cleanup)                                                               \
	struct fake_target *fake = fake_target_new(&architecture_x64);                             \
	fake_target_zeros(fake, BASE, PAGES *PAGE);                                                \
	CLEANUP(recorder_close) struct target *name = NULL;                                        \
	CHECK_OK(recording_target_new(&fake->base, (limit), &name))

static void read_pages(struct target *target, unsigned first, unsigned count)
{
	uint8_t bytes[8 * PAGE];
	target_read_some(target, BASE + first * PAGE + 8, bytes, (count - 1) * PAGE + 1);
}

/* "1-3 7-8": runs of pages, the end not among them. */
static void check_pages(struct target *target, const char *expected)
{
	size_t count;
	const struct region *pages = recording_target_pages(target, &count);
	char text[256] = "";
	for (size_t i = 0, at = 0; i < count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u-%u", i ? " " : "",
				       (unsigned)((pages[i].start - BASE) / PAGE),
				       (unsigned)((pages[i].end - BASE) / PAGE));
	CHECK_TEXT(text, expected);
}

TEST(runs_are_joined)
{
	RECORDER(target, PAGES * PAGE);
	check_pages(target, "");
	read_pages(target, 5, 1);
	read_pages(target, 9, 2);
	read_pages(target, 1, 1);
	check_pages(target, "1-2 5-6 9-11");
	read_pages(target, 6, 1); /* goes on after one */
	read_pages(target, 0, 1); /* before one */
	check_pages(target, "0-2 5-7 9-11");
	read_pages(target, 1, 6); /* over several */
	read_pages(target, 3, 1);
	check_pages(target, "0-7 9-11");
	read_pages(target, 7, 2); /* fills what is between */
	check_pages(target, "0-11");
}

TEST(what_cannot_be_read_does_not_count)
{
	RECORDER(target, PAGES * PAGE);
	uint8_t bytes[2 * PAGE];
	CHECK_NUMBER(target_read_some(target, BASE + (PAGES - 1) * PAGE, bytes, 2 * PAGE), PAGE);
	CHECK_NUMBER(target_read_some(target, BASE - PAGE, bytes, PAGE), 0);
	check_pages(target, "63-64");
}

TEST(forgotten_pages)
{
	RECORDER(target, PAGES * PAGE);
	read_pages(target, 2, 8);
	read_pages(target, 20, 2);
	CHECK_OK(recording_target_forget(target, BASE + 4 * PAGE, BASE + 6 * PAGE));
	check_pages(target, "2-4 6-10 20-22");
	CHECK_OK(recording_target_forget(target, BASE + 9 * PAGE, BASE + 21 * PAGE));
	check_pages(target, "2-4 6-9 21-22");
	CHECK_OK(recording_target_forget(target, BASE + 3 * PAGE, BASE + 21 * PAGE));
	check_pages(target, "2-3 21-22");
	CHECK_OK(recording_target_forget(target, 0, UINT64_MAX));
	check_pages(target, "");
	read_pages(target, 7, 1);
	check_pages(target, "7-8");
}

TEST(no_more_than_the_limit)
{
	RECORDER(target, 2 * PAGE);
	read_pages(target, 2, 1);
	read_pages(target, 6, 1);
	read_pages(target, 9, 1);
	check_pages(target, "2-3 6-7");
}

/* As many runs as there can be, each split once more. */
TEST(runs_as_many_as_pages)
{
	RECORDER(target, PAGES * PAGE);
	size_t count;
	for (unsigned i = 0; i < PAGES; i += 2)
		read_pages(target, i, 1);
	recording_target_pages(target, &count);
	CHECK_NUMBER(count, PAGES / 2);
	for (unsigned i = 0; i < PAGES; i += 2)
		CHECK_OK(recording_target_forget(target, BASE + i * PAGE + PAGE / 4,
						 BASE + i * PAGE + PAGE / 2));
	recording_target_pages(target, &count);
	CHECK_NUMBER(count, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		read_pages(target, i, 1);
	check_pages(target, "0-64");
}

static const char *says_gone(struct target *target, uint64_t address)
{
	(void)target;
	return address >= BASE + PAGES * PAGE ? "gone" : NULL;
}

TEST(what_the_lower_target_lacks_is_met)
{
	RECORDER(target, PAGES * PAGE);
	struct target_ops ops = *fake->base.ops;
	struct target *overlay;
	ops.explain_missing = says_gone;
	fake->base.ops = &ops;
	CHECK_OK(overlay_target_new(target, &overlay));
	read_pages(overlay, 1, 1);
	CHECK(!overlay->met);
	read_pages(overlay, PAGES, 1);
	CHECK_TEXT(overlay->met, "gone");
	target_close(overlay);
	target = NULL;
}

/* Each read changes the record: threads wait for each other, whatever the lower target can do. */
TEST(threads_read_one_at_a_time)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(recorder_close) struct target *target = NULL;
	fake->base.is_concurrent = true;
	CHECK_OK(recording_target_new(&fake->base, PAGE, &target));
	CHECK(!target->is_concurrent && target->lower == &fake->base);
	target_share(target, &lock);
	CHECK(target->shared == &lock && !fake->base.shared);
	target_unshare(target, &lock);
	CHECK(!target->shared);
}

static const struct tap_case cases[] = {
	CASE(runs_are_joined),
	CASE(what_cannot_be_read_does_not_count),
	CASE(forgotten_pages),
	CASE(no_more_than_the_limit),
	CASE(runs_as_many_as_pages),
	CASE(what_the_lower_target_lacks_is_met),
	CASE(threads_read_one_at_a_time),
};
TAP_MAIN(cases)
