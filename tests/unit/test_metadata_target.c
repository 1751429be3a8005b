/* Metadata in a target's memory: borrowed, copied, with holes. */
#include "heap/metadata/metadata.h"

#include "heap/metadata/metadata_tables.h"
#include "tests/unit/metadata_checks.h"
#include "tests/unit/tap.h"

#define ARENA(name)                                                                                \
	CLEANUP(arena_deinit) struct arena name;                                                   \
	arena_init(&name)
#define BUILDER(name)                                                                              \
	CLEANUP(metadata_builder_cleanup)                                                          \
	struct metadata_builder *name = metadata_builder_new()

enum { PAGE = 4096, AT = 0x7f0000010000 };

/* The shop with so many strings before its own that its heaps take several pages. */
static void build_large_shop(struct metadata_builder *builder)
{
	char filler[64];
	for (unsigned i = 0; i < 600; i++) {
		snprintf(filler, sizeof(filler), "an unused string, number %u", i);
		build_string(builder, filler);
	}
	build_shop(builder);
}

/* Every string is read as it is, or not at all; how many are not. */
static size_t strings_missed(const struct metadata *metadata,
			     const struct metadata_builder *builder)
{
	size_t missed = 0;
	const char *heap = (const char *)builder->strings.bytes;
	for (size_t at = 1; at < builder->strings.size; at += strlen(heap + at) + 1) {
		const char *string = metadata_string(metadata, (uint32_t)at);
		if (string)
			CHECK_TEXT(string, heap + at);
		missed += !string;
	}
	return missed;
}

static void check_in_target(bool lends, size_t split)
{
	ARENA(arena);
	BUILDER(builder);
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(reader_deinit) struct reader reader;
	struct metadata *metadata = NULL;
	size_t size = 0;
	build_large_shop(builder);
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	fake->lends = lends;
	fake_target_bytes(fake, AT, bytes, split);
	if (split < size)
		fake_target_bytes(fake, AT + split, bytes + split, size - split);
	CHECK_OK(reader_init(&reader, &fake->base));
	CHECK_OK(metadata_open(&reader, AT, size, &arena, &metadata));
	CHECK_NUMBER(metadata_missing_bytes(metadata), 0);
	CHECK_NUMBER(strings_missed(metadata, builder), 0);
	check_shop(metadata, &arena);
	if (lends && split == size) /* borrowed: nothing but the numbers and the index of types */
		CHECK(arena.total_bytes < sizeof(*metadata) + 1024);
}

static size_t large_size(void)
{
	BUILDER(builder);
	size_t size = 0;
	build_large_shop(builder);
	metadata_builder_finish(builder, &size);
	return size;
}

TEST(borrowed_whole)
{
	check_in_target(true, large_size());
}

TEST(copied_whole)
{
	check_in_target(false, large_size());
}

TEST(lent_in_two_parts_that_adjoin)
{
	check_in_target(true, 5000); /* amid a string: must be copied to be contiguous */
}

static void put_with_hole(struct fake_target *fake, const uint8_t *bytes, size_t size, size_t hole,
			  size_t hole_end)
{
	fake_target_bytes(fake, AT, bytes, hole);
	if (hole_end < size)
		fake_target_bytes(fake, AT + hole_end, bytes + hole_end, size - hole_end);
}

/* Every page in turn is missing: what is read is right, or is not read. */
static void check_holes(bool lends)
{
	BUILDER(builder);
	size_t size = 0, types_found = 0, types_missed = 0;
	build_large_shop(builder);
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	for (size_t hole = PAGE; hole < size; hole += PAGE) {
		ARENA(arena);
		CLEANUP(fake_target_cleanup)
		struct fake_target *fake = fake_target_new(&architecture_x64);
		CLEANUP(reader_deinit) struct reader reader;
		struct metadata *metadata = NULL;
		struct type_def type;
		size_t hole_end = hole + PAGE < size ? hole + PAGE : size;
		fake->lends = lends;
		put_with_hole(fake, bytes, size, hole, hole_end);
		CHECK_OK(reader_init(&reader, &fake->base));
		CHECK_OK(metadata_open(&reader, AT, size, &arena, &metadata));
		CHECK_NUMBER(metadata_missing_bytes(metadata), hole_end - hole);
		bool found = metadata_type_def(metadata, SHOP_GATEWAY, &type);
		if (found)
			CHECK_TEXT(type.name, "Gateway`1");
		size_t missed = strings_missed(metadata, builder);
		CHECK(missed > 5 && missed < 200);
		types_found += found;
		types_missed += !found;
	}
	/* The filler's pages are not needed; the last one holds the shop's own names. */
	CHECK(types_found > 2);
	CHECK_NUMBER(types_missed, 1);
}

TEST(holes_in_a_dump)
{
	check_holes(true);
}

TEST(holes_in_a_live_process)
{
	check_holes(false);
}

TEST(headers_on_a_hole)
{
	ARENA(arena);
	BUILDER(builder);
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(reader_deinit) struct reader reader;
	struct metadata *metadata = NULL;
	size_t size = 0;
	build_shop(builder);
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	fake_target_bytes(fake, AT, bytes, 10);
	fake_target_bytes(fake, AT + 0x100000, bytes, builder->tables_offset + 20);
	fake_target_bytes(fake, AT + 0x200000, bytes, builder->tables_offset + 40);
	fake_target_bytes(fake, AT + 0x300000, bytes, 60);
	CHECK_OK(reader_init(&reader, &fake->base));
	CHECK_FAILS(metadata_open(&reader, AT - PAGE, size, &arena, &metadata), ERROR_FAULT,
		    "metadata at 0x7f000000f000");
	CHECK_FAILS(metadata_open(&reader, AT, size, &arena, &metadata), ERROR_FAULT, "root");
	CHECK_FAILS(metadata_open(&reader, AT + 0x100000, size, &arena, &metadata), ERROR_FAULT,
		    "header of the metadata's tables");
	CHECK_FAILS(metadata_open(&reader, AT + 0x200000, size, &arena, &metadata), ERROR_FAULT,
		    "row counts");
	CHECK_FAILS(metadata_open(&reader, AT + 0x300000, size, &arena, &metadata), ERROR_FAULT,
		    "stream headers");
	CHECK_FAILS(metadata_open(&reader, UINT64_MAX - 3, size, &arena, &metadata), ERROR_FAULT,
		    "root");
}

/* A size that is only claimed costs neither memory nor time. */
TEST(a_claimed_size_costs_nothing)
{
	enum { FAR = 12 * 1024 * 1024, TOO_FAR = LIMIT_METADATA_HOLE_BYTES + 2 * PAGE };
	ARENA(arena);
	BUILDER(builder);
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(reader_deinit) struct reader reader;
	struct metadata *metadata = NULL;
	size_t size = 0;
	build_shop(builder);
	metadata_builder_finish(builder, &size);
	uint32_t claimed = 0x1f000000;
	memcpy(builder->finished.bytes + 48, &claimed, sizeof(claimed)); /* #Strings */
	fake_target_bytes(fake, AT, builder->finished.bytes, size);
	/* What lies after holes is found, after one that is too long it is not looked for. */
	fake_target_bytes(fake, AT + FAR, "far", 4);
	fake_target_bytes(fake, AT + 2 * FAR, "farther", 8);
	fake_target_bytes(fake, AT + 2 * FAR + TOO_FAR, "too far", 8);
	CHECK_OK(reader_init(&reader, &fake->base));
	CHECK_OK(metadata_open(&reader, AT, UINT64_MAX, &arena, &metadata));
	check_shop(metadata, &arena);
	uint32_t strings = (uint32_t)builder->strings_offset;
	CHECK_TEXT(metadata_string(metadata, FAR - strings), "far");
	CHECK_TEXT(metadata_string(metadata, 2 * FAR - strings), "farther");
	CHECK_TEXT(metadata_string(metadata, 2 * FAR + TOO_FAR - strings), NULL);
	CHECK(metadata_missing_bytes(metadata) > 0x1e000000);
	CHECK(arena.total_bytes < 64 * 1024);
	CHECK(fake->reads < 20000);
}

static const struct tap_case cases[] = {
	CASE(borrowed_whole),
	CASE(copied_whole),
	CASE(lent_in_two_parts_that_adjoin),
	CASE(holes_in_a_dump),
	CASE(holes_in_a_live_process),
	CASE(headers_on_a_hole),
	CASE(a_claimed_size_costs_nothing),
};
TAP_MAIN(cases)
