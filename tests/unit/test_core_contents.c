/* Which memory goes into a dump of which type, and in what order. */
#include "base/list.h"
#include "dump/collect/core_contents.h"
#include "tests/unit/tap.h"

#include <elf.h>

enum { PAGE = 4096, MIB = 1024 * 1024 };

enum {
	LIBRARY_HEAD,
	LIBRARY_CODE,
	RUNTIME_HEAD,
	RUNTIME_CODE,
	RUNTIME_DATA,
	RUNTIME_BSS,
	SMALL,
	LARGE,
	STACK,
	DATA_FILE,
	MAPS
};

static const struct process_map maps[MAPS] = {
	{ .start = 0x100000,
	  .end = 0x104000,
	  .protection = PF_R,
	  .path = "/lib/libc.so.6",
	  .kind = PROCESS_MAP_FILE },
	{ .start = 0x104000,
	  .end = 0x106000,
	  .file_offset = 0x4000,
	  .protection = PF_R | PF_X,
	  .path = "/lib/libc.so.6",
	  .kind = PROCESS_MAP_FILE },
	{ .start = 0x200000,
	  .end = 0x204000,
	  .protection = PF_R,
	  .path = "/net/libcoreclr.so",
	  .kind = PROCESS_MAP_FILE },
	{ .start = 0x204000,
	  .end = 0x208000,
	  .file_offset = 0x4000,
	  .protection = PF_R | PF_X,
	  .path = "/net/libcoreclr.so",
	  .kind = PROCESS_MAP_FILE },
	{ .start = 0x208000,
	  .end = 0x209000,
	  .file_offset = 0x8000,
	  .protection = PF_R | PF_W,
	  .path = "/net/libcoreclr.so",
	  .kind = PROCESS_MAP_FILE },
	{ .start = 0x209000,
	  .end = 0x20b000,
	  .protection = PF_R | PF_W,
	  .path = "",
	  .kind = PROCESS_MAP_ANONYMOUS },
	{ .start = 0x300000,
	  .end = 0x302000,
	  .protection = PF_R | PF_W,
	  .path = "",
	  .kind = PROCESS_MAP_ANONYMOUS },
	{ .start = 0x10000000,
	  .end = 0x10000000 + 80 * MIB,
	  .protection = PF_R | PF_W,
	  .path = "",
	  .kind = PROCESS_MAP_ANONYMOUS },
	{ .start = 0x30000000,
	  .end = 0x30004000,
	  .protection = PF_R | PF_W,
	  .path = "",
	  .kind = PROCESS_MAP_ANONYMOUS },
	{ .start = 0x40000000,
	  .end = 0x40001000,
	  .protection = PF_R,
	  .path = "/usr/share/icu.dat",
	  .kind = PROCESS_MAP_FILE },
};
static const struct process_maps process = { (struct process_map *)maps, MAPS };

static struct fake_target *make_target(void)
{
	enum { STACK_POINTER = 19 };
	struct fake_target *fake = fake_target_new(&architecture_x64);
	uint64_t registers[27] = { [STACK_POINTER] = 0x30002100 };
	fake->base.page_size = PAGE;
	fake_target_bytes(fake, 0x100000, ELFMAG, SELFMAG);
	fake_target_bytes(fake, 0x200000, ELFMAG, SELFMAG);
	fake_target_thread(fake, 7, 0, registers, sizeof(registers));
	return fake;
}

static size_t untouched = MAPS; /* the mapping that was never touched */

/* One segment a mapping. */
static struct error *select_more(struct fake_target *fake, enum core_type type,
				 const struct region *more, size_t more_count,
				 struct core_layout *ret)
{
	*ret = (struct core_layout){ .segments = calloc(MAPS, sizeof(*ret->segments)),
				     .count = MAPS,
				     .capacity = MAPS };
	if (!ret->segments)
		return &error_no_memory;
	for (size_t i = 0; i < MAPS; i++) {
		ret->segments[i] = (struct core_segment){ .start = maps[i].start,
							  .end = maps[i].end,
							  .untouched = i == untouched };
		*(i == untouched ? &ret->untouched_bytes : &ret->bytes) +=
			maps[i].end - maps[i].start;
	}
	return core_contents_select(ret, &fake->base, &process, type, more, more_count);
}

static struct error *select_type(struct fake_target *fake, enum core_type type,
				 struct core_layout *ret)
{
	return select_more(fake, type, NULL, 0, ret);
}

/* The part of the core with this address; NULL: it was left out. */
static const struct core_segment *part_at(const struct core_layout *layout, uint64_t address)
{
	for (size_t i = 0; i < layout->count; i++)
		if (layout->segments[i].start <= address && address < layout->segments[i].end)
			return &layout->segments[i];
	return NULL;
}

static void check_part(const struct core_layout *layout, uint64_t address, unsigned priority)
{
	const struct core_segment *part = part_at(layout, address);
	CHECK(part);
	if (part)
		CHECK_NUMBER(part->priority, priority);
}

static void check_common(const struct core_layout *layout)
{
	uint64_t bytes = 0, before = 0;
	for (size_t i = 0; i < layout->count; i++) {
		CHECK(layout->segments[i].start >= before);
		before = layout->segments[i].end;
		bytes += layout->segments[i].end - layout->segments[i].start;
	}
	CHECK_NUMBER(layout->bytes, bytes);
	check_part(layout, maps[LIBRARY_HEAD].start, CORE_FIRST);
	check_part(layout, maps[RUNTIME_HEAD].start, CORE_RUNTIME);
	check_part(layout, maps[RUNTIME_HEAD].end - 1, CORE_RUNTIME);
	check_part(layout, maps[RUNTIME_DATA].start, CORE_RUNTIME);
	check_part(layout, maps[RUNTIME_BSS].end - 1, CORE_RUNTIME);
	check_part(layout, maps[SMALL].start, CORE_FIRST);
	check_part(layout, 0x30002100, CORE_STACKS);
}

TEST(full_has_all)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_target();
	CLEANUP(core_layout_deinit) struct core_layout layout = { 0 };
	CHECK_OK(select_type(fake, CORE_TYPE_FULL, &layout));
	check_common(&layout);
	CHECK_NUMBER(layout.left_out_bytes, 0);
	check_part(&layout, maps[LIBRARY_HEAD].start + PAGE, CORE_REST);
	check_part(&layout, maps[LIBRARY_CODE].start, CORE_REST);
	check_part(&layout, maps[RUNTIME_CODE].start, CORE_REST);
	check_part(&layout, maps[LARGE].start, CORE_HEAP);
	check_part(&layout, maps[DATA_FILE].start, CORE_REST);
}

TEST(heap_leaves_out_what_stands_in_files)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_target();
	CLEANUP(core_layout_deinit) struct core_layout layout = { 0 };
	CHECK_OK(select_type(fake, CORE_TYPE_HEAP, &layout));
	check_common(&layout);
	CHECK_NUMBER(layout.left_out_bytes, 3 * PAGE + 2 * PAGE + 4 * PAGE + PAGE);
	CHECK(!part_at(&layout, maps[LIBRARY_HEAD].start + PAGE));
	CHECK(!part_at(&layout, maps[LIBRARY_CODE].start));
	CHECK(!part_at(&layout, maps[RUNTIME_CODE].start));
	CHECK(!part_at(&layout, maps[DATA_FILE].start));
	check_part(&layout, maps[LARGE].start, CORE_HEAP);
	check_part(&layout, maps[STACK].start, CORE_STACKS);
}

/* Objects reach into pages that were never written to: zeros in Heap as in Full, nothing in Mini.
 */
TEST(heap_has_what_was_never_touched)
{
	for (int type = 0; type < 3; type++) {
		const enum core_type types[] = { CORE_TYPE_FULL, CORE_TYPE_HEAP, CORE_TYPE_MINI };
		CLEANUP(fake_target_cleanup) struct fake_target *fake = make_target();
		CLEANUP(core_layout_deinit) struct core_layout layout = { 0 };
		const uint64_t size = maps[LARGE].end - maps[LARGE].start;
		untouched = LARGE;
		struct error *error = select_type(fake, types[type], &layout);
		untouched = MAPS;
		CHECK_OK(error);
		const struct core_segment *part = part_at(&layout, maps[LARGE].start);
		bool has_it = types[type] != CORE_TYPE_MINI;
		CHECK((part && part->untouched) == has_it);
		CHECK_NUMBER(layout.untouched_bytes, has_it ? size : 0);
	}
}

TEST(mini_leaves_out_the_heap_and_unused_stack)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_target();
	CLEANUP(core_layout_deinit) struct core_layout layout = { 0 };
	CHECK_OK(select_type(fake, CORE_TYPE_MINI, &layout));
	check_common(&layout);
	CHECK(!part_at(&layout, maps[LARGE].start));
	CHECK(!part_at(&layout, maps[LARGE].end - 1));
	CHECK(!part_at(&layout, maps[STACK].start));
	check_part(&layout, 0x30002000, CORE_STACKS);
	check_part(&layout, maps[STACK].end - 1, CORE_STACKS);
}

/* Before, between and after what is in it anyway; across mappings; where nothing is mapped. */
TEST(mini_has_what_is_wanted_besides)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_target();
	CLEANUP(core_layout_deinit) struct core_layout layout = { 0 };
	const struct region more[] = {
		{ .start = 0x102000, .end = 0x105000 },
		{ .start = 0x10001000, .end = 0x10002000 },
		{ .start = 0x10005000, .end = 0x10006000 },
		{ .start = 0x20000000, .end = 0x30003000 },
	};
	CHECK_OK(select_more(fake, CORE_TYPE_MINI, more, COUNT_OF(more), &layout));
	check_common(&layout);
	CHECK(!part_at(&layout, 0x101000));
	check_part(&layout, 0x102000, CORE_STACKS);
	check_part(&layout, 0x104fff, CORE_STACKS);
	CHECK(!part_at(&layout, 0x105000));
	CHECK(!part_at(&layout, 0x10000000));
	check_part(&layout, 0x10001000, CORE_STACKS);
	CHECK(!part_at(&layout, 0x10002000));
	check_part(&layout, 0x10005fff, CORE_STACKS);
	check_part(&layout, 0x30000000, CORE_STACKS);
	check_part(&layout, 0x30003fff, CORE_STACKS);
}

static const struct tap_case cases[] = {
	CASE(full_has_all),
	CASE(heap_leaves_out_what_stands_in_files),
	CASE(heap_has_what_was_never_touched),
	CASE(mini_leaves_out_the_heap_and_unused_stack),
	CASE(mini_has_what_is_wanted_besides),
};
TAP_MAIN(cases)
