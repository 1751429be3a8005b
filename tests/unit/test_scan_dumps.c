/*
 * The scan for the runtime's tables on real dumps: with the symbols withheld, the same heap is
 * found. (createdump may leave the symbol tables out: docs/RUNTIME.md.) Since .NET 11 what is found
 * is the runtime's own descriptor; the layouts that are shipped for dumps without it have to fit as
 * well.
 */
#include "attach/target/overlay_target.h"
#include "dump/core/core_target.h"
#include "heap/clr_threads.h"
#include "heap/gc/gc_heap.h"
#include "tests/unit/tap.h"

#include <errno.h>

static void target_cleanup(struct target **target)
{
	target_close(*target);
}

static void files_cleanup(struct module_files **files)
{
	module_files_free(*files);
}

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

/* `scanned`: the layouts that the scan has to end with. When they are not the same, it is kept off
 * the runtime's own descriptor: it begins at the DAC table. */
static void same_by_scan(const char *path, const char *layouts, const char *scanned)
{
	CLEANUP(target_cleanup) struct target *overlay = NULL;
	CLEANUP(files_cleanup) struct module_files *files = NULL;
	CLEANUP(heap_cleanup) struct heap *by_symbols = NULL, *by_scan = NULL;
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	struct target *core;
	struct module_list list;
	struct runtime_location *locations;
	size_t count;
	struct error *error = core_target_open(path, NULL, &core);
	if (error && error->os_errno == ENOENT) {
		error_free(error);
		SKIP("the sample dumps are not here");
	}
	CHECK_OK(error);
	CHECK_OK(overlay_target_new(core, &overlay));
	CHECK_OK(module_files_new(overlay, NULL, &files));
	CHECK_OK(module_list_read(overlay, &arena, &list));
	CHECK_OK(runtime_find(overlay, files, &list, &arena, NULL, &locations, &count));
	REQUIRE(count >= 1);
	CHECK_OK(heap_open_at(overlay, files, locations, count, NULL, &by_symbols));
	for (size_t i = 0; i < count; i++) {
		if (strcmp(layouts, scanned) != 0)
			locations[i].module.relro_end = locations[i].dac_table;
		locations[i].descriptor = locations[i].dac_table = 0;
		locations[i].found_by = "scan";
	}
	CHECK_OK(heap_open_at(overlay, files, locations, count, NULL, &by_scan));
	CHECK_TEXT(contract_layouts(by_symbols->contract), layouts);
	CHECK_TEXT(contract_layouts(by_scan->contract), scanned);
	CHECK_TEXT(contract_found_by(by_scan->contract), "scan");
	CHECK(!by_scan->unverified);
	CHECK_NUMBER(by_scan->threads->count, by_symbols->threads->count);
	REQUIRE(by_scan->gc->span_count == by_symbols->gc->span_count);
	for (size_t i = 0; i < by_scan->gc->span_count; i++)
		CHECK_NUMBER(by_scan->gc->spans[i].start, by_symbols->gc->spans[i].start);
}

TEST(scan_8_0)
{
	same_by_scan("tests/dumps/sample-8.0-wks.core.zst", "8.0-x64", "8.0-x64");
}

TEST(scan_9_0)
{
	same_by_scan("tests/dumps/sample-9.0-wks.core.zst", "9.0-x64", "9.0-x64");
}

TEST(scan_10_0)
{
	same_by_scan("tests/dumps/sample-10.0-wks.core.zst", "10.0-x64", "10.0-x64");
}

TEST(scan_10_0_server)
{
	same_by_scan("tests/dumps/sample-10.0-srv.core.zst", "10.0-x64", "10.0-x64");
}

TEST(scan_11_0)
{
	same_by_scan("tests/dumps/sample-11.0-wks.core.zst", "none", "none");
}

TEST(scan_11_0_without_descriptor)
{
	same_by_scan("tests/dumps/sample-11.0-wks.core.zst", "none", "11.0-x64");
}

static const struct tap_case cases[] = {
	CASE_ONCE(scan_8_0),         CASE_ONCE(scan_9_0),  CASE_ONCE(scan_10_0),
	CASE_ONCE(scan_10_0_server), CASE_ONCE(scan_11_0), CASE_ONCE(scan_11_0_without_descriptor),
};
TAP_MAIN(cases)
