/*
 * Damage: the shipped sample dumps with bytes flipped in 20 places of heap, MethodTables, classes,
 * metadata, segments and tables, many times over; every command is run on the result. Nothing may
 * crash, hang or read out of bounds (the asan build sees that), JSON stays whole, and where an
 * object's MethodTable was hit the answer says that it is not whole. Placement is pseudo-random
 * with fixed seeds: a failing round can be run again.
 */
#include "base/list.h"
#include "commands/interpreter/run.h"
#include "commands/interpreter/session.h"
#include "dump/core/core_target.h"
#include "heap/clr_threads.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"
#include "tests/unit/tap.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

enum { PLACES = 20, ROUNDS = 12, PAGE = 4096, SECONDS_A_ROUND = 60, COMMAND_BYTES = 256 };

/* A target that hands all to another one and leaves that open. */
struct lent_target {
	struct target base;
	struct target_ops ops;
	struct target *under;
};

static struct lent_target *lent_of(struct target *target)
{
	return (struct lent_target *)target;
}

static void lent_close(struct target *target)
{
	free(target);
}

static size_t lent_read(struct target *target, uint64_t address, void *buffer, size_t size)
{
	return target_read_some(lent_of(target)->under, address, buffer, size);
}

static const uint8_t *lent_borrow(struct target *target, uint64_t address, size_t *ret_size)
{
	return target_borrow(lent_of(target)->under, address, ret_size);
}

static struct error *lent_mappings(struct target *target, mapping_visitor visit, void *context)
{
	return target_visit_mappings(lent_of(target)->under, visit, context);
}

static struct error *lent_regions(struct target *target, region_visitor visit, void *context)
{
	return target_visit_regions(lent_of(target)->under, visit, context);
}

static struct error *lent_threads(struct target *target, thread_visitor visit, void *context)
{
	return target_visit_threads(lent_of(target)->under, visit, context);
}

static struct target *lend(struct target *under)
{
	struct lent_target *lent = calloc(1, sizeof(*lent));
	if (!lent)
		abort();
	lent->under = under;
	lent->base = *under;
	lent->ops = (struct target_ops){ .kind = "core",
					 .close = lent_close,
					 .read_some = lent_read,
					 .borrow = lent_borrow,
					 .visit_mappings = lent_mappings,
					 .visit_regions = lent_regions,
					 .visit_threads = lent_threads };
	lent->base.ops = &lent->ops;
	return &lent->base;
}

/* Addresses worth hitting, gathered from the whole dump. */
struct places {
	uint64_t addresses[4096];
	size_t count;
	uint64_t object; /* one whose MethodTable pointer will be hit on its own */
};

static void add_place(struct places *places, uint64_t address)
{
	if (places->count < COUNT_OF(places->addresses))
		places->addresses[places->count++] = address;
}

static struct error *gather_objects(struct gc_object *objects, size_t count, void *context)
{
	struct places *places = context;
	for (size_t i = 0; i < count; i += 7) {
		add_place(places, objects[i].address);
		add_place(places, objects[i].address + 8);
		if (!objects[i].is_free)
			places->object = objects[i].address;
	}
	return NULL;
}

static struct error *gather(struct target *core, struct places *places)
{
	struct session *session = session_new();
	struct error *error = session_open(session, lend(core), "sample", NULL, NULL);
	struct heap *heap = error ? NULL : session_heap(session);
	for (size_t i = 0; heap && !error && i < heap->gc->span_count; i++) {
		struct walker walker;
		error = walker_init(&walker, heap);
		add_place(places, heap->gc->segments[heap->gc->spans[i].segment].address);
		if (!error)
			error = walker_span(&walker, &heap->gc->spans[i], NULL, gather_objects,
					    places);
		walker_deinit(&walker);
	}
	for (uint32_t i = 0; heap && i < type_count(heap); i++) {
		const struct type *type = type_by_index(heap, i);
		add_place(places, type->handle + 4 * (i % 14));
		add_place(places, type->ee_class + 4 * (i % 16));
	}
	for (size_t i = 0; heap && i < heap->modules->count; i++) {
		const struct clr_module *module = heap->modules->modules[i];
		add_place(places, module->address + 0x10 * i);
		for (unsigned k = 1; k < 12 && module->image_base; k++)
			add_place(places, module->image_base + k * module->image_size / 12);
	}
	for (size_t i = 0; heap && i < heap->threads->count; i++)
		add_place(places, heap->threads->threads[i].address + 0x58);
	session_free(session);
	return error;
}

/* Our own mapping of the dump is private: it can be changed. */
static bool flip(struct target *core, uint64_t address, uint8_t bits)
{
	size_t size;
	const uint8_t *bytes = target_borrow(core, address, &size);
	if (!bytes)
		return false;
	uintptr_t page = (uintptr_t)bytes & ~(uintptr_t)(PAGE - 1);
	if (mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE))
		return false;
	*(uint8_t *)(uintptr_t)bytes ^= bits;
	return true;
}

struct outcome {
	unsigned commands, failed, incomplete, broken_json;
};

/* A lone surrogate's escape is JSON (RFC 8259, 8.2), but cJSON refuses it. */
static void blank_surrogates(char *json)
{
	for (char *at = json; (at = strstr(at, "\\ud")); at += 6)
		if (at[3] && at[4] && at[5] && at[3] >= '8')
			memcpy(at, "\\u0020", 6);
}

/* Runs one command as JSON; the answer must be one whole document. */
static void run_line(struct session *session, const char *line, struct outcome *outcome,
		     char **ret_json)
{
	struct arena scratch;
	char *json = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&json, &size);
	struct output *out = output_new(OUTPUT_JSON, stream);
	struct command_outcome result;
	arena_init(&scratch);
	struct command_runner runner = { session, out, &scratch, NULL };
	command_run_line(&runner, line, &result);
	outcome->commands++;
	outcome->failed += result.error != NULL;
	outcome->incomplete += result.incomplete;
	error_free(result.error);
	output_free(out);
	fclose(stream);
	arena_deinit(&scratch);
	blank_surrogates(json);
	cJSON *parsed = cJSON_ParseWithLength(json, size);
	outcome->broken_json += !parsed;
	if (!parsed)
		printf("# broken JSON of %s\n", line);
	cJSON_Delete(parsed);
	if (ret_json)
		*ret_json = json;
	else
		free(json);
}

/* dumpobj and the collections on what a listing found. */
static void run_on_objects(struct session *session, const char *listing, struct outcome *outcome)
{
	static const char *const verbs[] = { "dumpobj -expand 2", "dumpdict", "dumpcollection",
					     "dumparray -details -length 5" };
	char *json, *at;
	run_line(session, listing, outcome, &json);
	at = json;
	for (unsigned i = 0; i < 12 && (at = strstr(at, "\"address\":\"")); i++) {
		char line[COMMAND_BYTES];
		at += strlen("\"address\":\"");
		snprintf(line, sizeof(line), "%s %.*s", verbs[i % 4], (int)strcspn(at, "\""), at);
		run_line(session, line, outcome, NULL);
	}
	free(json);
}

static void run_all(struct target *core, struct outcome *outcome, bool *ret_opened)
{
	static const char *const lines[] = {
		"eeversion",
		"eeheap -gc",
		"clrmodules",
		"dumpheap -stat",
		"dumpheap -strings -stat",
		"dumpheap -min 85000",
		"dumpclass Demo.Payments.Gateway",
		"get Demo.Payments.Gateway.Instance._policies[\"payments\"].EnableFallback",
	};
	struct session *session = session_new();
	struct error *error = session_open(session, lend(core), "damaged", NULL, NULL);
	*ret_opened = !error && session_heap(session);
	error_free(error);
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		run_line(session, lines[i], outcome, NULL);
	run_on_objects(session, "dumpheap -type Dictionary -limit 12", outcome);
	run_on_objects(session, "dumpheap -type Demo -limit 12", outcome);
	run_on_objects(session, "dumpheap -type [] -limit 12", outcome);
	session_free(session);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13; /* xorshift64 (Marsaglia) */
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void damage_rounds(const char *path)
{
	struct target *core;
	static struct places places;
	places.count = 0;
	struct error *error = core_target_open(path, NULL, &core);
	if (error && error->os_errno == ENOENT) {
		error_free(error);
		SKIP("the sample dumps are not here");
	}
	CHECK_OK(error);
	CHECK_OK(gather(core, &places));
	REQUIRE(places.count > 500);
	unsigned rounds_opened = 0, rounds_incomplete = 0;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		uint64_t state = round * 0x9e3779b97f4a7c15u, hit[PLACES];
		uint8_t bits[PLACES];
		struct outcome outcome = { 0 };
		bool opened;
		time_t start = time(NULL);
		for (unsigned i = 0; i < PLACES; i++) {
			hit[i] = places.addresses[next_random(&state) % places.count] +
				 next_random(&state) % 4;
			bits[i] = (uint8_t)(1u << next_random(&state) % 8);
			if (!flip(core, hit[i], bits[i]))
				bits[i] = 0;
		}
		run_all(core, &outcome, &opened);
		for (unsigned i = PLACES; i-- > 0;)
			if (bits[i])
				flip(core, hit[i], bits[i]);
		CHECK(time(NULL) - start < SECONDS_A_ROUND);
		CHECK_NUMBER(outcome.broken_json, 0);
		CHECK(!opened || outcome.failed < outcome.commands);
		rounds_opened += opened;
		rounds_incomplete += outcome.incomplete > 0;
	}
	/* A hit on what the self-check looks at is refused; most are not, and most are noticed. */
	CHECK(rounds_opened > ROUNDS / 2);
	CHECK(rounds_incomplete > ROUNDS / 4);
	printf("# %u of %d rounds opened, %u with incomplete answers\n", rounds_opened, ROUNDS,
	       rounds_incomplete);
	target_close(core);
}

TEST(damaged_8_0)
{
	damage_rounds("tests/dumps/sample-8.0-wks.core.zst");
}

TEST(damaged_9_0)
{
	damage_rounds("tests/dumps/sample-9.0-wks.core.zst");
}

TEST(damaged_10_0)
{
	damage_rounds("tests/dumps/sample-10.0-wks.core.zst");
}

TEST(damaged_10_0_server)
{
	damage_rounds("tests/dumps/sample-10.0-srv.core.zst");
}

/* One object without a MethodTable: counted, said, and the rest is still there. */
TEST(a_lost_object_is_said)
{
	struct target *core;
	static struct places places;
	struct outcome whole = { 0 }, hit = { 0 };
	struct error *error = core_target_open("tests/dumps/sample-10.0-wks.core.zst", NULL, &core);
	if (error && error->os_errno == ENOENT) {
		error_free(error);
		SKIP("the sample dumps are not here");
	}
	CHECK_OK(error);
	CHECK_OK(gather(core, &places));
	struct session *session = session_new();
	CHECK_OK(session_open(session, lend(core), "sample", NULL, NULL));
	run_line(session, "dumpheap -stat", &whole, NULL);
	session_free(session);
	for (unsigned i = 0; i < 8; i++)
		CHECK(flip(core, places.object + i, 0x55));
	session = session_new();
	CHECK_OK(session_open(session, lend(core), "damaged", NULL, NULL));
	run_line(session, "dumpheap -stat", &hit, NULL);
	session_free(session);
	target_close(core);
	CHECK_NUMBER(whole.incomplete, 0);
	CHECK_NUMBER(hit.incomplete, 1);
	CHECK_NUMBER(hit.failed, 0);
}

static const struct tap_case cases[] = {
	CASE_ONCE(damaged_8_0),         CASE_ONCE(damaged_9_0),           CASE_ONCE(damaged_10_0),
	CASE_ONCE(damaged_10_0_server), CASE_ONCE(a_lost_object_is_said),
};
TAP_MAIN(cases)
