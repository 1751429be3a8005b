/* Sums and orders of an address space's ranges. */
#include "base/list.h"
#include "inspect/memory_groups.h"
#include "tests/unit/tap.h"

static struct memory_range ranges[] = {
	{ .start = 0x1000, .end = 0x3000, .kind = MEMORY_STACK },
	{ .start = 0x3000, .end = 0x4000, .kind = MEMORY_IMAGE, .path = "/lib/b.so" },
	{ .start = 0x5000, .end = 0x9000, .kind = MEMORY_IMAGE, .path = "/lib/a.so" },
	{ .start = 0x9000, .end = 0x19000, .kind = MEMORY_GC_HEAP_RESERVE, .is_reserved = true },
	{ .start = 0x20000, .end = 0x23000, .kind = MEMORY_IMAGE, .path = "/lib/b.so" },
};

struct scene {
	struct memory_range ranges[COUNT_OF(ranges)];
	struct address_space space;
	struct arena arena;
};

static void scene_init(struct scene *scene)
{
	memcpy(scene->ranges, ranges, sizeof(ranges));
	scene->space = (struct address_space){ .ranges = scene->ranges, .count = COUNT_OF(ranges) };
	arena_init(&scene->arena);
}

static void scene_cleanup(struct scene *scene)
{
	arena_deinit(&scene->arena);
}

TEST(groups_are_summed_up_and_the_largest_comes_first)
{
	CLEANUP(scene_cleanup) struct scene scene;
	struct memory_group *groups;
	size_t count;
	scene_init(&scene);
	CHECK_OK(memory_groups_by_kind(&scene.space, &scene.arena, &groups, &count));
	REQUIRE(count == 3);
	CHECK_NUMBER(groups[0].size, 0x10000);
	CHECK_TEXT(groups[1].name, "Image");
	CHECK_NUMBER(groups[1].count, 3);
	CHECK_NUMBER(groups[1].size, 0x8000);
	CHECK_TEXT(groups[2].name, "Stack");
}

TEST(of_files_of_one_size_the_first_by_name_comes_first)
{
	CLEANUP(scene_cleanup) struct scene scene;
	struct memory_group *groups;
	size_t count;
	scene_init(&scene);
	CHECK_OK(memory_groups_by_file(&scene.space, &scene.arena, &groups, &count));
	REQUIRE(count == 2);
	CHECK_TEXT(groups[0].name, "/lib/a.so");
	CHECK_TEXT(groups[1].name, "/lib/b.so");
	CHECK_NUMBER(groups[1].count, 2);
	CHECK_NUMBER(groups[1].size, 0x4000);
}

TEST(a_kind_is_named_in_any_case)
{
	CLEANUP(scene_cleanup) struct scene scene;
	scene_init(&scene);
	const struct memory_group images = memory_group_of_kind(&scene.space, "iMaGe");
	CHECK_NUMBER(images.count, 3);
	CHECK_NUMBER(images.size, 0x8000);
	CHECK_NUMBER(memory_group_of_kind(&scene.space, "Im").count, 0);
}

TEST(ranges_are_sorted_by_size_and_reserved_ones_dropped)
{
	CLEANUP(scene_cleanup) struct scene scene;
	scene_init(&scene);
	memory_ranges_by_size(&scene.space);
	CHECK_NUMBER(scene.ranges[0].start, 0x9000);
	CHECK_NUMBER(scene.ranges[1].start, 0x5000);
	CHECK_NUMBER(scene.ranges[4].start, 0x3000);
	memory_ranges_drop_reserved(&scene.space);
	REQUIRE(scene.space.count == 4);
	CHECK_NUMBER(scene.ranges[0].start, 0x5000);
	scene.space.count = 0;
	memory_ranges_by_size(&scene.space);
}

static const struct tap_case cases[] = {
	CASE(groups_are_summed_up_and_the_largest_comes_first),
	CASE(of_files_of_one_size_the_first_by_name_comes_first),
	CASE(a_kind_is_named_in_any_case),
	CASE(ranges_are_sorted_by_size_and_reserved_ones_dropped),
};
TAP_MAIN(cases)
