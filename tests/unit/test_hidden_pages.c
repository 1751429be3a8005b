/*
 * Shipped dumps with one stretch of their memory taken away, many times over: an answer that is
 * other than that of the whole dump says that it is not whole, that something is damaged (a type
 * that is not there looks like one that never was) or that it failed. Half of the
 * stretches are in the GC's heap, the others anywhere. Placement is pseudo-random with fixed seeds:
 * a failing round can be run again.
 */
#include "attach/target/hiding_target.h"
#include "commands/interpreter/run.h"
#include "commands/interpreter/session.h"
#include "dump/core/core_target.h"
#include "heap/gc/gc_heap.h"
#include "tests/unit/tap.h"

#include <errno.h>

enum { ROUNDS = 150, PAGE = 4096, PAGES_MAX = 48, REGIONS_MAX = 4096, ANSWERS_MAX = 16 };

/* They walk the heap. */
static const char *const lines[] = {
	"dumpheap -stat",
	"dumpheap -stat -type String",
	"dumpheap -stat -gen 2",
	"dumpheap -strings -stat",
	"gcheapstat",
	"sizestats",
	"eeheap -gc",
	"verifyheap",
	"ephrefs",
};

struct answers {
	char *texts[ANSWERS_MAX]; /* of each line, without what it says of its wholeness */
	bool whole[ANSWERS_MAX];
};

static void answers_deinit(struct answers *answers)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		free(answers->texts[i]);
}

/* Cuts the document where its data end and its notes begin. */
static void keep_data(char *json)
{
	char *end = NULL;
	for (char *at = json; (at = strstr(at, ",\"notes\":")); at++)
		end = at;
	if (end)
		*end = '\0';
}

static void ask(struct session *session, const char *line, char **ret, bool *ret_whole)
{
	struct arena scratch;
	size_t size = 0;
	FILE *stream = open_memstream(ret, &size);
	struct output *out = output_new(OUTPUT_JSON, stream);
	struct command_runner runner = { session, out, &scratch, NULL };
	struct command_outcome outcome;
	arena_init(&scratch);
	command_run_line(&runner, line, &outcome);
	*ret_whole = !outcome.error && !outcome.incomplete && !outcome.check_false;
	error_free(outcome.error);
	output_free(out);
	fclose(stream);
	arena_deinit(&scratch);
	keep_data(*ret);
}

/* A dump without a readable runtime answers nothing, and says so with each line. */
static struct error *ask_all(struct target *core, const struct hidden_range *hidden, size_t count,
			     struct answers *ret)
{
	struct target *target;
	struct session *session = session_new();
	struct error *error = hiding_target_new(core, hidden, count, &target);
	if (!error)
		error = session_open(session, target, "sample", NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(lines) && !error; i++)
		ask(session, lines[i], &ret->texts[i], &ret->whole[i]);
	session_free(session);
	return error;
}

struct places {
	struct hidden_range regions[REGIONS_MAX], spans[REGIONS_MAX];
	size_t region_count, span_count;
};

static struct error *region_note(const struct region *region, void *context)
{
	struct places *places = context;
	if (places->region_count < REGIONS_MAX)
		places->regions[places->region_count++] =
			(struct hidden_range){ region->start, region->end };
	return NULL;
}

static struct error *places_find(struct target *core, struct places *ret)
{
	struct target *target;
	struct session *session = session_new();
	struct error *error = hiding_target_new(core, NULL, 0, &target);
	if (!error)
		error = session_open(session, target, "sample", NULL, NULL);
	const struct heap *heap = error ? NULL : session_heap(session);
	for (size_t i = 0; heap && i < heap->gc->span_count && i < REGIONS_MAX; i++)
		ret->spans[ret->span_count++] =
			(struct hidden_range){ heap->gc->spans[i].start, heap->gc->spans[i].end };
	session_free(session);
	return error ? error : target_visit_regions(core, region_note, ret);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13; /* xorshift64 (Marsaglia) */
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct hidden_range choose(const struct places *places, uint64_t round)
{
	uint64_t state = round * 0x9e3779b97f4a7c15u;
	bool in_heap = next_random(&state) % 2;
	const struct hidden_range *from = in_heap ? places->spans : places->regions;
	size_t count = in_heap ? places->span_count : places->region_count;
	struct hidden_range place = from[next_random(&state) % count], hidden;
	uint64_t bytes = place.end - place.start;
	hidden.start =
		(place.start + next_random(&state) % (bytes ? bytes : 1)) & ~(uint64_t)(PAGE - 1);
	hidden.end = hidden.start + (1 + next_random(&state) % PAGES_MAX) * PAGE;
	return hidden;
}

/* How many answers differ, as they must sometimes. */
static unsigned compare(const struct answers *whole, const struct answers *less,
			const struct hidden_range *hidden)
{
	unsigned differ = 0;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		bool same = whole->texts[i] && less->texts[i] &&
			    !strcmp(whole->texts[i], less->texts[i]);
		differ += !same;
		if (same || !less->whole[i])
			continue;
		printf("# %s says it is whole without %#llx-%#llx:\n# %.300s\n# %.300s\n", lines[i],
		       (unsigned long long)hidden->start, (unsigned long long)hidden->end,
		       whole->texts[i], less->texts[i] ? less->texts[i] : "nothing");
		CHECK(!"an answer that is not whole says so");
	}
	return differ;
}

static void hide_and_ask(const char *path)
{
	struct target *core;
	static struct places places;
	CLEANUP(answers_deinit) struct answers whole = { 0 };
	unsigned differ = 0;
	places.region_count = places.span_count = 0;
	struct error *error = core_target_open(path, NULL, &core);
	if (error && error->os_errno == ENOENT) {
		error_free(error);
		SKIP("the sample dumps are not here");
	}
	CHECK_OK(error);
	CHECK_OK(places_find(core, &places));
	REQUIRE(places.span_count && places.region_count);
	CHECK_OK(ask_all(core, NULL, 0, &whole));
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		CHECK(whole.whole[i] && whole.texts[i]);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		CLEANUP(answers_deinit) struct answers less = { 0 };
		struct hidden_range hidden = choose(&places, round);
		CHECK_OK(ask_all(core, &hidden, 1, &less));
		differ += compare(&whole, &less, &hidden);
	}
	CHECK(differ > ROUNDS);
	printf("# %u of %zu answers were others\n", differ, ROUNDS * COUNT_OF(lines));
	target_close(core);
}

TEST(small_workstation)
{
	hide_and_ask("tests/dumps/small-conserve.core.zst");
}

TEST(small_server)
{
	hide_and_ask("tests/dumps/small-srv4.core.zst");
}

TEST(sample_with_segments)
{
	hide_and_ask("tests/dumps/sample-8.0-seg.core.zst");
}

static const struct tap_case cases[] = {
	CASE_ONCE(small_workstation),
	CASE_ONCE(small_server),
	CASE_ONCE(sample_with_segments),
};
TAP_MAIN(cases)
