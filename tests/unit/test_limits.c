/*
 * Caps of base/limits.h that a small target can exceed by what it says of itself: each is refused
 * or cut, and nothing of the claimed size is allocated. The readers' own tests have the others.
 */
#include "base/bytes.h"
#include "base/limits.h"
#include "heap/clr_threads.h"
#include "heap/contract/descriptor_parse.h"
#include "heap/gc/gc_heap.h"
#include "heap/values/value.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

/* What the DAC table's entry for the global points to. */
static uint64_t variable_of(struct fake_runtime *runtime, uint64_t entry)
{
	return load_u64(fake_target_at(runtime->target, entry, sizeof(uint64_t)));
}

static uint64_t value_of(struct fake_runtime *runtime, uint64_t address)
{
	return load_u64(fake_target_at(runtime->target, address, sizeof(uint64_t)));
}

TEST(threads)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	struct heap *heap;
	uint64_t store =
		value_of(runtime, variable_of(runtime, fake_table_entry(runtime, "ThreadStore")));
	fake_set(runtime, store, "ThreadStore", "ThreadCount", LIMIT_THREADS + 1, 4);
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "counts 1048577 threads");
}

TEST(heaps_of_a_server_gc)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL; /* opens when the number is unreadable */
	uint64_t spare = FAKE_RUNTIME_BASE + 0xf000;
	fake_put(runtime->target, variable_of(runtime, fake_table_entry(runtime, "GCHeapType")), 2,
		 4);
	fake_put(runtime->target, spare, LIMIT_HEAPS + 1, 4);
	fake_put(runtime->target, spare + 8, spare + 16, 8);
	fake_put(runtime->target, fake_gc_entry(runtime, "NumHeaps"), spare, 8);
	fake_put(runtime->target, fake_gc_entry(runtime, "Heaps"), spare + 8, 8);
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "has 4097 heaps");
}

TEST(json_of_a_descriptor)
{
	cJSON *json;
	char *text = scenery_allocate(LIMIT_DESCRIPTOR_JSON_BYTES + 1);
	memset(text, ' ', LIMIT_DESCRIPTOR_JSON_BYTES + 1);
	CHECK_FAILS(descriptor_json(text, LIMIT_DESCRIPTOR_JSON_BYTES + 1, "a test", &json),
		    ERROR_BAD_DATA, "1048577 bytes");
	scenery_free(text);
}

/* A descriptor of absurd size is left aside: the shipped layouts read the runtime without it. */
TEST(descriptor_of_the_target)
{
	for (int i = 0; i < 2; i++) {
		CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
		CLEANUP(heap_cleanup) struct heap *heap = NULL;
		uint64_t at = FAKE_RUNTIME_BASE + 0xe000;
		fake_put_bytes(runtime->target, at, "DNCCDAC", 8);
		fake_put(runtime->target, at + 12, i ? 2 : LIMIT_DESCRIPTOR_JSON_BYTES + 1, 4);
		fake_put(runtime->target, at + 16, at + 64, 8);
		fake_put_bytes(runtime->target, at + 64, "{}", 2);
		fake_put(runtime->target, at + 24, i ? LIMIT_DESCRIPTOR_POINTERS + 1 : 0, 4);
		runtime->location.descriptor = at;
		CHECK_OK(fake_runtime_open(runtime, &heap));
		CHECK(!contract_has_descriptor(heap->contract));
	}
}

TEST(length_of_a_string)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	const uint16_t *units;
	size_t count;
	uint64_t length, at = FAKE_LOH + 0x28;
	fake_object(runtime, at, runtime->string_table, (uint32_t)LIMIT_STRING_UNITS + 1, 24);
	fake_object(runtime, FAKE_POH + 0x28, runtime->string_table, 1000, 24);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_FAILS(string_read(heap, at, 16, &arena, &units, &count, &length), ERROR_BAD_DATA,
		    NULL);
	CHECK_OK(string_read(heap, FAKE_POH + 0x28, 16, &arena, &units, &count, &length));
	CHECK_NUMBER(count, 16);
	CHECK_NUMBER(length, 1000);
}

/* A segment that claims terabytes is walked over in no time: what it lacks is counted, not visited.
 */
TEST(length_of_a_segment)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	uint64_t generations = value_of(runtime, fake_gc_entry(runtime, "GCHeapGenerationTable"));
	uint64_t size = value_of(runtime, fake_gc_entry(runtime, "GenerationSize"));
	uint64_t poh = value_of(
		runtime, fake_field(runtime, generations + 4 * size, "Generation", "StartSegment"));
	fake_set(runtime, poh, "HeapSegment", "Allocated", (uint64_t)1 << 46, 8);
	fake_set(runtime, poh, "HeapSegment", "Reserved", (uint64_t)1 << 46, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_NUMBER(gc_next_readable(heap->gc, FAKE_POH + FAKE_REGION_SIZE + 8), UINT64_MAX);
	CHECK_NUMBER(gc_next_readable(heap->gc, FAKE_POH + 8), FAKE_POH + 8);
}

static const struct tap_case cases[] = {
	CASE(threads),
	CASE(heaps_of_a_server_gc),
	CASE(json_of_a_descriptor),
	CASE(descriptor_of_the_target),
	CASE(length_of_a_string),
	CASE(length_of_a_segment),
};
TAP_MAIN(cases)
