#include "attach/target/overlay_target.h"
#include "base/list.h"
#include "tests/unit/tap.h"

#include <elf.h>

static void close_target(struct target **target)
{
	target_close(*target);
}

/* An overlay over two ranges: 0x1000..0x2000 of 'a', 0x3000..0x4000 of 'b'; and a third at the end.
 */
static struct error *new_overlay(struct fake_target **ret_fake, struct target **ret)
{
	struct fake_target *fake = fake_target_new(&architecture_arm64);
	memset(fake_target_zeros(fake, 0x1000, 0x1000), 'a', 0x1000);
	memset(fake_target_zeros(fake, 0x3000, 0x1000), 'b', 0x1000);
	memset(fake_target_zeros(fake, 0x8000, 0x1000), 'c', 0x1000);
	fake->base.page_size = 65536;
	struct error *error = overlay_target_new(&fake->base, ret);
	if (error)
		target_close(&fake->base);
	else
		*ret_fake = fake;
	return error;
}

static void fill(uint8_t *bytes, size_t size, uint8_t byte)
{
	memset(bytes, byte, size);
}

TEST(the_lower_targets_bytes_always_win)
{
	struct fake_target *fake = NULL;
	CLEANUP(close_target) struct target *overlay = NULL;
	uint8_t file[0x6000], buffer[0x7000] = { 0 };
	fill(file, sizeof(file), 'F');
	CHECK_OK(new_overlay(&fake, &overlay));
	CHECK_OK(overlay_target_add(overlay, 0, file, sizeof(file), NULL));
	CHECK_NUMBER(target_read_some(overlay, 0, buffer, 0x7000), 0x6000);
	CHECK(buffer[0] == 'F' && buffer[0xfff] == 'F');
	CHECK(buffer[0x1000] == 'a' && buffer[0x1fff] == 'a');
	CHECK(buffer[0x2000] == 'F' && buffer[0x2fff] == 'F');
	CHECK(buffer[0x3000] == 'b' && buffer[0x4000] == 'F' && buffer[0x5fff] == 'F');
	CHECK_NUMBER(overlay_target_added_bytes(overlay), 0x4000);
	CHECK_NUMBER(target_read_some(overlay, 0x6000, buffer, 1), 0);
}

static struct error *count_region(const struct region *region, void *context)
{
	(void)region;
	++*(int *)context;
	return NULL;
}

/* A process has regions that cannot be read: files that have become shorter. */
TEST(unreadable_regions_of_a_process)
{
	for (int is_live = 0; is_live < 2; is_live++) {
		struct fake_target *fake = NULL;
		CLEANUP(close_target) struct target *overlay = NULL;
		uint8_t file[0x2000], buffer[0x2000] = { 0 };
		int regions = 0;
		fill(file, sizeof(file), 'F');
		CHECK_OK(new_overlay(&fake, &overlay));
		overlay->page_size = 4096;
		overlay->is_live = is_live;
		fake->reads_left = 0;
		CHECK_OK(overlay_target_add(overlay, 0x800, file, sizeof(file), NULL));
		CHECK_NUMBER(overlay_target_added_bytes(overlay), is_live ? 0x2000 : 0x1000);
		CHECK_NUMBER(target_read_some(overlay, 0x1800, buffer, 0x1000),
			     is_live ? 0x1000 : 0);
		CHECK(buffer[0] == (is_live ? 'F' : 0));
		CHECK_OK(target_visit_regions(overlay, count_region, &regions));
		CHECK_NUMBER(regions, 5); /* before and after the first one, too */
		fake->reads_left = SIZE_MAX;
		CHECK_NUMBER(target_read_some(overlay, 0x1800, buffer, 0x1000), 0x1000);
		CHECK(buffer[0] == 'a' && buffer[0x800] == 'F');
	}
}

TEST(a_later_range_wins_over_an_earlier_one)
{
	/* Every way two ranges can lie: 0x1000 bytes of 'X' over what 'F' at 0x4800..0x5800 left.
	 */
	static const struct {
		uint64_t start, end;
	} later[] = { { 0x4000, 0x4800 }, { 0x4400, 0x4c00 }, { 0x4800, 0x5000 },
		      { 0x4c00, 0x5000 }, { 0x5000, 0x5800 }, { 0x5400, 0x5c00 },
		      { 0x5800, 0x6000 }, { 0x4400, 0x5c00 }, { 0x4800, 0x5800 } };
	for (size_t i = 0; i < COUNT_OF(later); i++) {
		struct fake_target *fake = NULL;
		CLEANUP(close_target) struct target *overlay = NULL;
		uint8_t first[0x1000], second[0x2000], byte = 0;
		fill(first, sizeof(first), 'F');
		fill(second, sizeof(second), 'X');
		CHECK_OK(new_overlay(&fake, &overlay));
		CHECK_OK(overlay_target_add(overlay, 0x4800, first, sizeof(first), NULL));
		CHECK_OK(overlay_target_add(overlay, later[i].start, second,
					    (size_t)(later[i].end - later[i].start), NULL));
		for (uint64_t address = 0x4000; address < 0x6000; address += 0x100) {
			bool in_later = address >= later[i].start && address < later[i].end;
			bool in_first = address >= 0x4800 && address < 0x5800;
			size_t done = target_read_some(overlay, address, &byte, 1);
			CHECK_NUMBER(done, in_later || in_first);
			CHECK(!done || byte == (in_later ? 'X' : 'F'));
		}
	}
}

TEST(pieces_keep_pointing_at_their_own_bytes)
{
	struct fake_target *fake = NULL;
	CLEANUP(close_target) struct target *overlay = NULL;
	uint8_t numbered[0x800], other[0x10], buffer[0x800] = { 0 };
	for (size_t i = 0; i < sizeof(numbered); i++)
		numbered[i] = (uint8_t)(i / 8);
	fill(other, sizeof(other), 0xff);
	CHECK_OK(new_overlay(&fake, &overlay));
	CHECK_OK(overlay_target_add(overlay, 0x5000, numbered, sizeof(numbered), NULL));
	for (size_t i = 0; i < sizeof(numbered); i += 0x40)
		CHECK_OK(overlay_target_add(overlay, 0x5000 + i + 8, other, sizeof(other), NULL));
	CHECK_OK(target_read(overlay, 0x5000, buffer, sizeof(buffer)));
	for (size_t i = 0; i < sizeof(numbered); i++) {
		bool covered = i % 0x40 >= 8 && i % 0x40 < 24;
		CHECK_NUMBER(buffer[i], covered ? 0xff : (uint8_t)(i / 8));
	}
}

struct seen {
	uint64_t starts[16], ends[16];
	size_t count;
};

static struct error *see_region(const struct region *region, void *context)
{
	struct seen *seen = context;
	seen->starts[seen->count] = region->start;
	seen->ends[seen->count++] = region->end;
	return NULL;
}

TEST(regions_and_borrows_include_what_was_added)
{
	struct fake_target *fake = NULL;
	CLEANUP(close_target) struct target *overlay = NULL;
	uint8_t file[0x1800];
	struct seen seen = { .count = 0 };
	size_t size;
	fill(file, sizeof(file), 'F');
	CHECK_OK(new_overlay(&fake, &overlay));
	fake->lends = true;
	CHECK_OK(overlay_target_add(overlay, 0x1800, file, sizeof(file), NULL));
	CHECK_OK(target_visit_regions(overlay, see_region, &seen));
	CHECK_NUMBER(seen.count, 4);
	CHECK(seen.starts[1] == 0x2000 && seen.ends[1] == 0x3000);
	const uint8_t *bytes = target_borrow(overlay, 0x2010, &size);
	CHECK(bytes == file + 0x810);
	CHECK_NUMBER(size, 0xff0);
	bytes = target_borrow(overlay, 0x1ff0, &size);
	CHECK(bytes && *bytes == 'a');
	CHECK_NUMBER(size, 0x10);
	CHECK(!target_borrow(overlay, 0x5000, &size));
}

TEST(the_rest_is_the_lower_targets)
{
	struct fake_target *fake = NULL;
	CLEANUP(close_target) struct target *overlay = NULL;
	struct seen seen = { .count = 0 };
	uint64_t value = 0;
	CHECK_OK(new_overlay(&fake, &overlay));
	fake_target_auxv(fake, AT_ENTRY, 0x1234);
	CHECK_TEXT(overlay->ops->kind, "overlay");
	CHECK(overlay->architecture == &architecture_arm64);
	CHECK_NUMBER(overlay->page_size, 65536);
	CHECK(target_auxv(overlay, AT_ENTRY, &value) && value == 0x1234);
	CHECK_OK(target_visit_regions(overlay, see_region, &seen));
	CHECK_NUMBER(seen.count, 3);
}

static size_t released;
static void count_release(const uint8_t *bytes, size_t size)
{
	released += size;
	free((void *)bytes);
}

TEST(bytes_are_released_at_close)
{
	struct fake_target *fake = NULL;
	struct target *overlay = NULL;
	released = 0;
	CHECK_OK(new_overlay(&fake, &overlay));
	for (size_t i = 0; i < 3; i++) {
		uint8_t *bytes = malloc(16);
		struct error *error = bytes ? NULL : &error_no_memory;
		if (i == 2 && bytes) /* all of it is the lower target's: unused, but ours to keep */
			error = overlay_target_add(overlay, 0x1000, bytes, 16, count_release);
		else if (i == 1 && bytes)
			error = overlay_target_keep(overlay, bytes, 16, count_release);
		else if (bytes)
			error = overlay_target_add(overlay, 0x5000, bytes, 16, count_release);
		if (error) {
			free(bytes);
			target_close(overlay);
			CHECK_OK(error);
		}
	}
	target_close(overlay);
	CHECK_NUMBER(released, 48);
}

TEST(ranges_beyond_the_last_address_are_refused)
{
	struct fake_target *fake = NULL;
	CLEANUP(close_target) struct target *overlay = NULL;
	uint8_t bytes[16] = { 0 };
	CHECK_OK(new_overlay(&fake, &overlay));
	CHECK_FAILS(overlay_target_add(overlay, UINT64_MAX - 7, bytes, 16, NULL), ERROR_BAD_DATA,
		    "beyond the last address");
	CHECK_OK(overlay_target_add(overlay, 0x5000, bytes, 0, NULL));
	CHECK_NUMBER(overlay_target_added_bytes(overlay), 0);
}

static const struct tap_case cases[] = {
	CASE(the_lower_targets_bytes_always_win),
	CASE(unreadable_regions_of_a_process),
	CASE(a_later_range_wins_over_an_earlier_one),
	CASE(pieces_keep_pointing_at_their_own_bytes),
	CASE(regions_and_borrows_include_what_was_added),
	CASE(the_rest_is_the_lower_targets),
	CASE(bytes_are_released_at_close),
	CASE(ranges_beyond_the_last_address_are_refused),
};
TAP_MAIN(cases)
