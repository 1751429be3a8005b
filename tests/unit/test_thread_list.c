#include "base/limits.h"
#include "heap/clr_threads.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

static uint64_t value_at(struct fake_runtime *runtime, uint64_t address)
{
	return load_u64(fake_target_at(runtime->target, address, sizeof(uint64_t)));
}

static uint64_t store_of(struct fake_runtime *runtime)
{
	return value_at(runtime, value_at(runtime, fake_table_entry(runtime, "ThreadStore")));
}

/* Reads the list into an arena of its own. */
static struct error *list_read(struct heap *heap, size_t *ret_bytes)
{
	struct clr_threads *threads;
	struct arena arena;
	arena_init(&arena);
	reader_forget(&heap->reader);
	struct error *error = clr_threads_read(&heap->reader, heap->contract, &arena, &threads);
	*ret_bytes = arena.total_bytes;
	arena_deinit(&arena);
	return error;
}

/* A number that only claims to be large costs nothing: a candidate for the runtime's tables may
 * claim it, and there are hundreds of them. */
TEST(a_store_that_claims_a_million_threads)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	size_t bytes = 0;
	CHECK_OK(fake_runtime_open(runtime, &heap));
	fake_set(runtime, store_of(runtime), "ThreadStore", "ThreadCount", LIMIT_THREADS, 4);
	CHECK_FAILS(list_read(heap, &bytes), ERROR_BAD_DATA, "is shorter than the 1048576");
	CHECK(bytes < 64 * 1024);
}

TEST(a_list_that_leads_back)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	size_t bytes = 0;
	CHECK_OK(fake_runtime_open(runtime, &heap));
	uint64_t last = heap->threads->threads[2].address, store = store_of(runtime);
	fake_set(runtime, store, "ThreadStore", "ThreadCount", LIMIT_THREADS, 4);
	fake_set(runtime, last, "Thread", "LinkNext",
		 value_at(runtime, fake_field(runtime, store, "ThreadStore", "FirstThreadLink")),
		 8);
	CHECK_FAILS(list_read(heap, &bytes), ERROR_BAD_DATA, "is longer than the 1048576");
	CHECK(bytes < 64 * 1024);
}

/* More threads than there is room for at first. */
TEST(a_long_list)
{
	enum { COUNT = 1000, STRIDE = 0x400, PLACE = 0x900000 };
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	uint64_t link = 0, store = store_of(runtime);
	fake_target_zeros(runtime->target, PLACE, COUNT * STRIDE);
	for (unsigned i = COUNT; i-- > 0;) {
		uint64_t thread = PLACE + i * STRIDE;
		fake_set(runtime, thread, "Thread", "Id", i + 1, 4);
		fake_set(runtime, thread, "Thread", "LinkNext", link, 8);
		link = fake_field(runtime, thread, "Thread", "LinkNext");
	}
	fake_set(runtime, store, "ThreadStore", "FirstThreadLink", link, 8);
	fake_set(runtime, store, "ThreadStore", "ThreadCount", COUNT, 4);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_NUMBER(heap->threads->count, COUNT);
	for (unsigned i = 0; i < heap->threads->count; i++)
		REQUIRE(heap->threads->threads[i].managed_id == i + 1);
}

static const struct tap_case cases[] = {
	CASE(a_store_that_claims_a_million_threads),
	CASE(a_list_that_leads_back),
	CASE(a_long_list),
};
TAP_MAIN(cases)
