/*
 * Mini and triage dumps: a shipped dump whose GC heap, and then String's MethodTable, are withheld.
 * Runtime, modules, threads and the exception that is left answer; what needs the heap says so.
 */
#include "base/list.h"
#include "commands/interpreter/run.h"
#include "commands/interpreter/session.h"
#include "dump/core/core_target.h"
#include "heap/gc/gc_heap.h"
#include "tests/unit/tap.h"

#include <errno.h>

#define SAMPLE "tests/dumps/sample-10.0-wks.core.zst"
enum { PAGE = 0x1000 };
static const uint64_t EXCEPTION = 0x7f68dd0128a8; /* Demo.Running.Faults.Held */

/* A target without some ranges of another. */
struct holed_target {
	struct target base;
	struct target *under;
	struct region holes[64];
	size_t count;
};

static struct holed_target *holed_of(struct target *target)
{
	return (struct holed_target *)target;
}

static void holed_close(struct target *target)
{
	target_close(holed_of(target)->under);
	free(target);
}

/* The first byte from `address` on that is in no hole; *ret_end: where the next hole begins. */
static uint64_t next_byte(const struct holed_target *holed, uint64_t address, uint64_t *ret_end)
{
	for (bool moved = true; moved;) {
		moved = false;
		*ret_end = UINT64_MAX;
		for (size_t i = 0; i < holed->count; i++) {
			const struct region *hole = &holed->holes[i];
			if (address >= hole->start && address < hole->end) {
				address = hole->end;
				moved = true;
			} else if (hole->start > address && hole->start < *ret_end) {
				*ret_end = hole->start;
			}
		}
	}
	return address;
}

static size_t holed_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	uint64_t end;
	if (next_byte(holed_of(target), address, &end) != address)
		return 0;
	return target_read_some(holed_of(target)->under, address, buffer,
				size < end - address ? size : (size_t)(end - address));
}

struct region_visit {
	struct holed_target *holed;
	region_visitor visit;
	void *context;
};

static struct error *visit_pieces(const struct region *region, void *context)
{
	struct region_visit *wanted = context;
	uint64_t end, at = next_byte(wanted->holed, region->start, &end);
	for (; at < region->end; at = next_byte(wanted->holed, end, &end)) {
		struct region piece = *region;
		piece.start = at;
		piece.end = end < region->end ? end : region->end;
		TRY(wanted->visit(&piece, wanted->context));
		if (end >= region->end)
			break;
	}
	return NULL;
}

static struct error *holed_visit_regions(struct target *target, region_visitor visit, void *context)
{
	struct region_visit wanted = { holed_of(target), visit, context };
	return target_visit_regions(holed_of(target)->under, visit_pieces, &wanted);
}

static struct error *holed_visit_mappings(struct target *target, mapping_visitor visit,
					  void *context)
{
	return target_visit_mappings(holed_of(target)->under, visit, context);
}

static struct error *holed_visit_threads(struct target *target, thread_visitor visit, void *context)
{
	return target_visit_threads(holed_of(target)->under, visit, context);
}

static const struct target_ops holed_ops = {
	.kind = "fake",
	.close = holed_close,
	.read_some = holed_read_some,
	.visit_mappings = holed_visit_mappings,
	.visit_regions = holed_visit_regions,
	.visit_threads = holed_visit_threads,
};

static void hide(struct holed_target *holed, uint64_t start, uint64_t end)
{
	start &= ~(uint64_t)(PAGE - 1);
	end = (end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	REQUIRE(holed->count < COUNT_OF(holed->holes));
	if (start < end)
		holed->holes[holed->count++] = (struct region){ .start = start, .end = end };
}

/* All of the heap but the two pages of one exception, which are what a mini dump would keep. */
static void hide_heap(struct holed_target *holed, const struct gc_heap *gc)
{
	uint64_t kept = EXCEPTION & ~(uint64_t)(PAGE - 1);
	for (size_t i = 0; i < gc->segment_count; i++) {
		const struct gc_segment *segment = &gc->segments[i];
		if (kept < segment->start || kept >= segment->end) {
			hide(holed, segment->start, segment->end);
			continue;
		}
		hide(holed, segment->start, kept);
		hide(holed, kept + PAGE, segment->end);
	}
}

struct scene {
	struct session *whole, *mini;
	struct output *out;
	struct arena scratch;
	FILE *stream;
	char *bytes;
	size_t size, before;
	struct command_outcome outcome;
	bool has_dump;
};

static void scene_cleanup(struct scene *scene)
{
	error_free(scene->outcome.error);
	output_free(scene->out);
	session_free(scene->mini);
	session_free(scene->whole);
	arena_deinit(&scene->scratch);
	if (scene->stream)
		fclose(scene->stream);
	free(scene->bytes);
}

/* Opens the dump whole, to learn what is to be hidden, then without that. `with_heap`: it says that
 * it should have the heap. */
static void scene_open(struct scene *scene, bool hide_string, bool with_heap)
{
	struct target *core;
	uint64_t variable, string;
	struct error *error = core_target_open(SAMPLE, NULL, &core);
	if (error && error->os_errno == ENOENT) {
		error_free(error);
		return;
	}
	CHECK_OK(error);
	scene->has_dump = true;
	scene->stream = open_memstream(&scene->bytes, &scene->size);
	scene->out = output_new(OUTPUT_JSON, scene->stream);
	scene->whole = session_new();
	scene->mini = session_new();
	CHECK_OK(session_open(scene->whole, core, "whole", NULL, NULL));
	struct heap *heap = session_heap(scene->whole);
	struct holed_target *holed = calloc(1, sizeof(*holed));
	CHECK_OK(core_target_open(SAMPLE, NULL, &holed->under));
	holed->base = *holed->under;
	holed->base.ops = &holed_ops;
	holed->base.facts.with_heap = with_heap;
	hide_heap(holed, heap->gc);
	CHECK_OK(contract_require_global(heap->contract, "StringMethodTable", &variable));
	CHECK_OK(reader_pointer(&heap->reader, variable, "a pointer", &string));
	if (hide_string)
		hide(holed, string, string + 1);
	CHECK_OK(session_open(scene->mini, &holed->base, "mini", NULL, NULL));
}

/* What the command answers, in JSON. */
static const char *run(struct scene *scene, const char *line)
{
	struct command_runner runner = { .session = scene->mini,
					 .out = scene->out,
					 .scratch = &scene->scratch };
	error_free(scene->outcome.error);
	scene->before = scene->size;
	command_run_line(&runner, line, &scene->outcome);
	return scene->bytes + scene->before;
}

static struct error *take(struct scene *scene)
{
	struct error *error = scene->outcome.error;
	scene->outcome.error = NULL;
	return error;
}

static void answers_without_heap(struct scene *scene)
{
	static const char *const walking[] = { "dumpheap -stat", "dumpexceptions" };
	for (size_t i = 0; i < 2; i++) {
		CHECK(strstr(run(scene, walking[i]), "\"status\":\"error\""));
		CHECK_FAILS(take(scene), ERROR_UNSUPPORTED, "needs the GC heap");
		CHECK(!scene->outcome.no_target);
	}
	CHECK(strstr(run(scene, "eeversion"), "\"version\":\"10.0.1426.52326\""));
	CHECK(strstr(run(scene, "clrmodules"), "Sample.dll"));
	CHECK(strstr(run(scene, "clrthreads"), "\"managed_id\":8,"));
	CHECK_OK(take(scene));
	CHECK(scene->outcome.incomplete); /* the names of threads are not there */
	CHECK(strstr(run(scene, "eeheap -gc"), "\"generation\":\"loh\""));
	CHECK_OK(take(scene));
	const char *exception = run(scene, "pe 7f68dd0128a8");
	CHECK_OK(take(scene));
	CHECK(strstr(exception, "\"type\":\"Demo.Running.PaymentException\",\"message\":null"));
	CHECK(strstr(exception, "\"method\":\"Demo.Running.Faults.Wrap()\""));
	CHECK(scene->outcome.incomplete); /* its message is not there */
}

TEST(a_mini_dump_answers_without_a_heap)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	scene_open(&scene, false, false);
	if (!scene.has_dump)
		SKIP("the sample dumps are not here");
	REQUIRE(session_heap(scene.mini));
	CHECK(session_heap(scene.mini)->no_objects && !session_heap(scene.whole)->no_objects);
	CHECK(!session_heap(scene.mini)->unverified);
	answers_without_heap(&scene);
	CHECK(strstr(run(&scene, "do 7f68dd0128a8"), "\"name\":\"_message\""));
	CHECK_OK(take(&scene));
}

TEST(a_triage_dump_is_verified_by_its_threads)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	scene_open(&scene, true, false);
	if (!scene.has_dump)
		SKIP("the sample dumps are not here");
	REQUIRE(session_heap(scene.mini));
	CHECK(session_heap(scene.mini)->unverified != NULL);
	answers_without_heap(&scene);
	CHECK(strstr(run(&scene, "eeversion"), "System.String's MethodTable is not in the dump"));
}

/* Its holes are no reason not to walk the rest. */
TEST(a_heap_dump_with_more_holes_than_heap_is_walked)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	scene_open(&scene, false, true);
	if (!scene.has_dump)
		SKIP("the sample dumps are not here");
	REQUIRE(session_heap(scene.mini) && !session_heap(scene.mini)->no_objects);
	CHECK(strstr(run(&scene, "dumpheap -stat"), "\"status\":\"incomplete\""));
	CHECK_OK(take(&scene));
	CHECK(strstr(run(&scene, "dumpheap -type PaymentException"),
		     "\"address\":\"0x7f68dd0128a8\""));
	CHECK_OK(take(&scene));
	CHECK(scene.outcome.incomplete);
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_mini_dump_answers_without_a_heap),
	CASE_ONCE(a_heap_dump_with_more_holes_than_heap_is_walked),
	CASE_ONCE(a_triage_dump_is_verified_by_its_threads),
};
TAP_MAIN(cases)
