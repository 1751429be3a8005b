/* The scan for the runtime's tables: what bounds it, and what ends it. */
#include "heap/contract/table_scan.h"

#include "base/chain_guard.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

#include <signal.h>

static void reader_cleanup(struct reader *reader)
{
	reader_deinit(reader);
}

/* A module that says it goes on to the end of all memory. */
static struct fake_runtime *endless_new(void)
{
	struct fake_runtime *runtime = fake_runtime_new();
	runtime->location.module.end = UINT64_MAX - 1;
	return runtime;
}

TEST(a_module_without_end_costs_what_the_target_holds)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = endless_new();
	CLEANUP(reader_cleanup) struct reader reader;
	CHECK_OK(reader_init(&reader, &runtime->target->base));
	struct scan_place place = { &reader, &runtime->location.module, NULL };
	uint64_t cursor = 0, address;
	bool found = true;
	CHECK_OK(descriptor_scan(&place, &cursor, &found, &address));
	CHECK(!found);
	CHECK(runtime->target->reads < 64);
}

TEST(a_scan_goes_on_from_region_to_region)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = endless_new();
	CLEANUP(reader_cleanup) struct reader reader;
	CHECK_OK(reader_init(&reader, &runtime->target->base));
	struct scan_place place = { &reader, &runtime->location.module, NULL };
	uint64_t cursor = 0, address = 0;
	bool found = false;
	fake_put_bytes(runtime->target, FAKE_TYPES + 0x8, descriptor_magic, 8);
	fake_put_bytes(runtime->target, FAKE_POH + 0x3ff8, descriptor_magic, 8);
	CHECK_OK(descriptor_scan(&place, &cursor, &found, &address));
	CHECK(found);
	CHECK_NUMBER(address, FAKE_TYPES + 0x8);
	CHECK_OK(descriptor_scan(&place, &cursor, &found, &address));
	CHECK(found);
	CHECK_NUMBER(address, FAKE_POH + 0x3ff8);
	CHECK_OK(descriptor_scan(&place, &cursor, &found, &address));
	CHECK(!found);
}

TEST(a_scan_can_be_stopped)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = endless_new();
	CLEANUP(reader_cleanup) struct reader reader;
	CHECK_OK(reader_init(&reader, &runtime->target->base));
	const volatile sig_atomic_t stop = SIGINT;
	struct task task = { .stop = &stop };
	struct scan_place place = { &reader, &runtime->location.module, &task };
	uint64_t cursor = 0, address;
	bool found;
	CHECK_FAILS(descriptor_scan(&place, &cursor, &found, &address), ERROR_CANCELLED,
		    "the .NET runtime's tables");
}

/* Steps until the guard ends a chain of `tail` nodes that leads into a cycle of `cycle`. */
static uint64_t steps_of(uint64_t tail, uint64_t cycle)
{
	struct chain_guard guard = { 0 };
	uint64_t steps = 0, node = 1;
	while (chain_guard_pass(&guard, node) && steps < 100000) {
		node = node == tail + cycle ? tail + 1 : node + 1;
		steps++;
	}
	return steps;
}

TEST(a_chain_that_comes_back_ends)
{
	CHECK_NUMBER(steps_of(0, 1), 1);
	for (uint64_t tail = 0; tail < 40; tail++)
		for (uint64_t cycle = 1; cycle < 40; cycle++)
			CHECK(steps_of(tail, cycle) <= 3 * (tail + cycle) + 3);
	CHECK_NUMBER(steps_of(200000, 1), 100000);
}

static const struct tap_case cases[] = {
	CASE(a_module_without_end_costs_what_the_target_holds),
	CASE(a_scan_goes_on_from_region_to_region),
	CASE(a_scan_can_be_stopped),
	CASE_ONCE(a_chain_that_comes_back_ends),
};
TAP_MAIN(cases)
