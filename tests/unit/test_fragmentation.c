/* Large free blocks that an object follows: the same, however many threads look at the spans. */
#include "inspect/fragmentation.h"
#include "tests/unit/tap.h"

enum { LARGE = 512 * 1024, SMALL = 64, SPANS = 4 };

/* Of one segment, one after another without a gap but before the last. */
static const struct gc_span spans[SPANS] = {
	{ .start = 0x1000000, .end = 0x1000000 + 2 * LARGE + 2 * SMALL },
	{ .start = 0x1000000 + 2 * LARGE + 2 * SMALL, .end = 0x2000000 },
	{ .start = 0x2000000, .end = 0x3000000 },
	{ .start = 0x3100000, .end = 0x4000000 },
};
static struct gc_segment segments[] = {
	{ .start = 0x1000000, .end = 0x4000000, .generation = GENERATION_EPHEMERAL },
};

struct piece {
	size_t span;
	struct gc_object object;
};

static const struct piece pieces[] = {
	{ 0, { .address = 0x1000000, .size = SMALL } },
	{ 0, { .address = 0x1000000 + SMALL, .size = LARGE, .is_free = true } },
	{ 0, { .address = 0x1000000 + SMALL + LARGE, .size = SMALL } },
	{ 0, { .address = 0x1000000 + 2 * SMALL + LARGE, .size = LARGE, .is_free = true } },
	/* The first of the next span follows the last of the one before. */
	{ 1, { .address = 0x1000000 + 2 * LARGE + 2 * SMALL, .size = SMALL } },
	{ 1, { .address = 0x2000000 - LARGE, .size = LARGE, .is_free = true } },
	{ 2, { .address = 0x2000000, .size = LARGE, .is_free = true } }, /* no object */
	{ 2, { .address = 0x3000000 - LARGE, .size = LARGE, .is_free = true } },
	{ 3, { .address = 0x3100000, .size = SMALL } }, /* not where the block ends */
};

static void fragmentation_cleanup(struct fragmentation *fragmentation)
{
	fragmentation_deinit(fragmentation);
}

static void parts_cleanup(struct fragmentation (*parts)[SPANS])
{
	for (size_t i = 0; i < SPANS; i++)
		fragmentation_deinit(&(*parts)[i]);
}

/* Span i is the worker's with number i % threads; threads 0: as one span, without workers. */
static struct error *find(const struct gc_heap *gc, unsigned threads, struct fragmentation *ret)
{
	CLEANUP(parts_cleanup) struct fragmentation parts[SPANS] = { 0 };
	fragmentation_init(ret, gc);
	for (unsigned i = 0; i < threads; i++)
		fragmentation_init(&parts[i], gc);
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		const struct piece *piece = &pieces[i];
		struct fragmentation *to = threads ? &parts[piece->span % threads] : ret;
		TRY(fragmentation_add(to, &spans[threads ? piece->span : 0], &piece->object, 1));
	}
	for (unsigned i = threads; i-- > 0;)
		TRY(fragmentation_merge(ret, &parts[i]));
	return threads ? fragmentation_join(ret) : NULL;
}

TEST(fragments_are_found_by_any_threads)
{
	struct gc_heap gc = { .segments = segments, .segment_count = COUNT_OF(segments) };
	for (unsigned threads = 0; threads <= SPANS; threads++) {
		CLEANUP(fragmentation_cleanup) struct fragmentation found = { 0 };
		CHECK_OK(find(&gc, threads, &found));
		CHECK_NUMBER(found.count, 2);
		REQUIRE(found.count == 2);
		CHECK_NUMBER(found.fragments[0].free.address, 0x1000000 + SMALL);
		CHECK_NUMBER(found.fragments[0].next.address, 0x1000000 + SMALL + LARGE);
		CHECK_NUMBER(found.fragments[1].free.address, 0x1000000 + 2 * SMALL + LARGE);
		CHECK_NUMBER(found.fragments[1].next.address, spans[1].start);
	}
}

TEST(large_objects_are_no_news)
{
	struct gc_segment large = segments[0];
	large.generation = GENERATION_LARGE;
	struct gc_heap gc = { .segments = &large, .segment_count = 1 };
	CLEANUP(fragmentation_cleanup) struct fragmentation found = { 0 };
	CHECK_OK(find(&gc, 2, &found));
	CHECK_NUMBER(found.count, 0);
}

static const struct tap_case cases[] = {
	CASE(fragments_are_found_by_any_threads),
	CASE(large_objects_are_no_news),
};
TAP_MAIN(cases)
