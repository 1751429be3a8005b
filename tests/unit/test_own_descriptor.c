/*
 * A runtime that describes itself, in .NET 11's form: sub-descriptors, versions that are names, the
 * GC's own words; and what the shipped layouts are not used for then.
 */
#include "base/list.h"
#include "base/text.h"
#include "heap/clr_threads.h"
#include "heap/contract/descriptor_read.h"
#include "heap/contract/layouts.h"
#include "heap/gc/gc_heap.h"
#include "heap/types/clr_module.h"
#include "heap/types/type.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

enum {
	OTHER_DESCRIPTORS = FAKE_RUNTIME_BASE + 0x1800,
	OTHER_POINTERS = FAKE_RUNTIME_BASE + 0x1c00,
	OTHER_VARIABLES = FAKE_RUNTIME_BASE + 0xf000,
	DESCRIPTOR_STRIDE = 0x30,
};

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

static void reader_cleanup(struct reader *reader)
{
	reader_deinit(reader);
}

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

static void scenery_cleanup(char **text)
{
	scenery_free(*text);
}

/* A copy of the text with its first `from` replaced. */
static char *edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	if (!at)
		abort();
	size_t before = (size_t)(at - text), rest = strlen(at + strlen(from));
	char *copy = scenery_allocate(before + strlen(to) + rest + 1);
	memcpy(copy, text, before);
	memcpy(copy + before, to, strlen(to));
	memcpy(copy + before + strlen(to), at + strlen(from), rest);
	return copy;
}

/* Opens it to see what is said: nothing stays open. */
static struct error *try_to_open(struct fake_runtime *runtime)
{
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	return fake_runtime_open(runtime, &heap);
}

#define TEXT_OF(name) CLEANUP(scenery_cleanup) char *name

TEST(a_runtime_that_describes_itself_needs_no_layouts)
{
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_TEXT(contract_layouts(heap->contract), "none");
	CHECK_NUMBER(contract_major(heap->contract), 0);
	CHECK(contract_has_descriptor(heap->contract));
	CHECK_NUMBER(heap->threads->count, 3);
	CHECK_NUMBER(heap->threads->threads[2].os_id, 1002);
	CHECK_NUMBER(heap->gc->segment_count, 4);
	CHECK(!heap->gc->is_server && heap->gc->has_regions);
	CHECK_NUMBER(heap->modules->count, 1);
	CHECK(!heap->modules->list_cut && !heap->modules->lost);
}

TEST(its_descriptor_is_found_without_a_symbol)
{
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	runtime->location.descriptor = 0;
	runtime->location.found_by = "scan";
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_TEXT(contract_found_by(heap->contract), "scan");
	CHECK_NUMBER(heap->gc->segment_count, 4);
}

/* 8.0's tables are in the memory, whole and right: what the runtime says of itself still holds.
 */
TEST(the_runtimes_word_wins_over_the_layouts)
{
	static const char wrong[] = "{\"types\":{\"MethodTable\":{\"BaseSize\":[48,\"uint32\"]}},"
				    "\"contracts\":{\"RuntimeTypeSystem\":1}}";
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	fake_descriptor(runtime, FAKE_DESCRIPTOR, wrong, FAKE_TABLE, 0);
	runtime->location.descriptor = FAKE_DESCRIPTOR;
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "System.String");
	runtime->location.descriptor = 0;
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "System.String");
	fake_put(runtime->target, FAKE_DESCRIPTOR, 0, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_TEXT(contract_layouts(heap->contract), "8.0-x64");
}

struct asked {
	bool shipped_field, addition, own_field, shipped_gc_field, constant;
	unsigned times;
};

/* The self-check's place: looks at what each contract holds and takes none. */
static struct error *look(struct contract *contract, void *context)
{
	struct asked *asked = context;
	struct field field;
	uint64_t number;
	asked->times++;
	asked->shipped_field |= contract_field(contract, "Thread", "LinkNext", &field);
	asked->addition |= contract_field(contract, "DomainAssembly", "Assembly", &field);
	asked->own_field |= contract_field(contract, "Mine", "X", &field) && field.offset == 4;
	asked->shipped_gc_field |= contract_field(contract, "CFinalize", "EndArray", &field);
	asked->constant |= contract_global(contract, "MinimumObjectSize", &number);
	return error_new(ERROR_BAD_DATA, "seen");
}

/* A DAC table by 10.0's pattern, for whose layouts a descriptor is shipped. */
static void put_table_10(struct fake_runtime *runtime)
{
	enum { VARS = OTHER_VARIABLES + 0x100, HEAP_TYPE = 18 };
	struct fake_target *target = runtime->target;
	runtime->location.dac_table = FAKE_TABLE;
	fake_put(target, FAKE_TABLE + HEAP_TYPE * 8, OTHER_VARIABLES, 8);
	fake_put(target, FAKE_TABLE + (HEAP_TYPE + 1) * 8, OTHER_VARIABLES + 8, 8);
	fake_put(target, OTHER_VARIABLES, 1, 8);
	fake_put(target, OTHER_VARIABLES + 8, VARS, 8);
	fake_put(target, VARS + 8, 256, 8);
	fake_put(target, VARS + 16, 5, 8);
}

static void look_at(struct fake_runtime *runtime, struct asked *asked)
{
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	CLEANUP(reader_cleanup) struct reader reader;
	struct contract *contract;
	*asked = (struct asked){ 0 };
	CHECK_OK(reader_init(&reader, &runtime->target->base));
	CHECK_FAILS(
		contract_find(&reader, &runtime->location, 1, &arena, NULL, look, asked, &contract),
		ERROR_UNSUPPORTED, "seen");
}

TEST(shipped_layouts_are_for_what_is_not_described)
{
	static const char types[] =
		"{\"types\":{\"Mine\":{\"X\":4}},\"subDescriptors\":{\"GC\":[[1]]},"
		"\"contracts\":{\"RuntimeTypeSystem\":1}}";
	static const char gc[] = "{\"contracts\":{\"GC\":\"c1\"}}";
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	struct fake_target *target = runtime->target;
	struct asked asked;
	put_table_10(runtime);
	look_at(runtime, &asked);
	CHECK(asked.shipped_field && asked.addition && asked.shipped_gc_field && asked.constant);
	CHECK(!asked.own_field);

	/* Its own descriptor: the shipped copy of one is not looked at. */
	fake_descriptor(runtime, FAKE_DESCRIPTOR, types, OTHER_POINTERS, 2);
	runtime->location.descriptor = FAKE_DESCRIPTOR;
	fake_put(target, OTHER_POINTERS + 8, OTHER_VARIABLES + 16, 8);
	look_at(runtime, &asked);
	CHECK(!asked.shipped_field && asked.own_field && asked.addition && asked.shipped_gc_field);
	CHECK(asked.constant);
	unsigned without_gc = asked.times;

	/* And the GC's own: nothing shipped of the GC but what its contract leaves to know. */
	fake_put(target, OTHER_VARIABLES + 16, FAKE_GC_DESCRIPTOR, 8);
	fake_descriptor(runtime, FAKE_GC_DESCRIPTOR, gc, OTHER_POINTERS, 0);
	look_at(runtime, &asked);
	CHECK(!asked.shipped_gc_field && asked.constant && asked.own_field && asked.addition);
	CHECK_NUMBER(asked.times, without_gc + 1);
}

TEST(a_contract_of_another_version_is_refused)
{
	TEXT_OF(unknown) = edited(fake_gc_description, "\"c1\"", "\"c7\"");
	TEXT_OF(number) = edited(fake_gc_description, "\"c1\"", "7");
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, unknown);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "describes its GC by version c7");
	fake_runtime_cleanup(&runtime);
	runtime = fake_runtime_described(NULL, number);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED,
		    "describes its GC by version (not a name)");
}

TEST(a_field_that_a_contract_leaves_out_is_supplied)
{
	TEXT_OF(known) =
		edited(fake_description, "\"Loader\":", "\"Exception\":\"c1\",\"Loader\":");
	TEXT_OF(unknown) = edited(known, "\"c1\",\"Loader\"", "\"c9\",\"Loader\"");
	TEXT_OF(said) =
		edited(known, "\"types\":{", "\"types\":{\"StackTraceElement\":{\"Sp\":40},");
	const char *const descriptions[] = { known, unknown, said };
	static const uint32_t offsets[] = { 8, 0, 40 };
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(fake_runtime_cleanup)
		struct fake_runtime *runtime = fake_runtime_described(descriptions[i], NULL);
		CLEANUP(heap_cleanup) struct heap *heap = NULL;
		struct field field = { 0 };
		CHECK_OK(fake_runtime_open(runtime, &heap));
		contract_field(heap->contract, "StackTraceElement", "Sp", &field);
		CHECK_NUMBER(field.offset, offsets[i]);
	}
}

TEST(a_gc_not_yet_there_describes_nothing)
{
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	uint64_t variable;
	CHECK_OK(target_read(&runtime->target->base, FAKE_TABLE + 6 * 8, &variable, 8));
	fake_put(runtime->target, variable, 0, 8);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "does not describe its GC");
}

/* What is wrong with the GC's descriptor is said; nothing is read by it. */
TEST(damaged_sub_descriptors_are_left_out)
{
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	struct fake_target *target = runtime->target;
	uint64_t variable;
	CHECK_OK(target_read(&target->base, FAKE_TABLE + 6 * 8, &variable, 8));
	fake_put(target, FAKE_GC_DESCRIPTOR, 0x1234, 8);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "magic number");
	fake_put(target, variable, 0xdead000, 8);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "0xdead000");
	fake_put(target, FAKE_TABLE + 6 * 8, 0xbeef000, 8);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "0xbeef000");
	fake_put(target, FAKE_TABLE + 6 * 8, variable, 8);
	fake_put(target, variable, FAKE_GC_DESCRIPTOR, 8);
	fake_descriptor(runtime, FAKE_GC_DESCRIPTOR, "{\"types\":[", FAKE_TABLE, 0);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "not JSON");
	fake_descriptor(runtime, FAKE_GC_DESCRIPTOR, "{\"types\":[{\"name\":\"A\"}]}", FAKE_TABLE,
			0);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "compact form");
	fake_descriptor(runtime, FAKE_GC_DESCRIPTOR, "{\"types\":{\"A\":[8,4]}}", FAKE_TABLE, 0);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "fields of A");
	fake_put(target, FAKE_GC_DESCRIPTOR + 12, 0x7fffffff, 4);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "damaged");
}

TEST(where_a_sub_descriptor_is_may_be_damaged_too)
{
	static const char *const entries[] = { "[[99],\"pointer\"]",
					       "[\"6\",\"pointer\"]",
					       "6",
					       "{}",
					       "[]",
					       "[[],\"pointer\"]",
					       "null" };
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		TEXT_OF(text) = edited(fake_description, "[[6],\"pointer\"]", entries[i]);
		CLEANUP(fake_runtime_cleanup)
		struct fake_runtime *runtime = fake_runtime_described(text, NULL);
		CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED,
			    "does not say where that of GC is");
	}
}

TEST(baselines_that_are_not_here_are_refused)
{
	TEXT_OF(other) = edited(fake_description, "\"empty\"", "\"net12/linux-x64\"");
	TEXT_OF(number) = edited(fake_description, "\"empty\"", "3");
	TEXT_OF(none) = edited(fake_description, "\"baseline\":\"empty\",", "");
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(other, NULL);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "the baseline net12/linux-x64");
	fake_runtime_cleanup(&runtime);
	runtime = fake_runtime_described(number, NULL);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "the baseline (not");
	fake_runtime_cleanup(&runtime);
	runtime = fake_runtime_described(none, NULL);
	CHECK_OK(fake_runtime_open(runtime, &heap));
}

/* Descriptor i is below descriptor i - 1. */
static void put_chain(struct fake_runtime *runtime, unsigned count, uint64_t end)
{
	static const char below[] = "{\"types\":{\"Deep\":{\"X\":12}},"
				    "\"subDescriptors\":{\"Next\":[[0]],\"Again\":[[0]]}}";
	for (unsigned i = 0; i < count; i++) {
		uint64_t variable = OTHER_VARIABLES + i * 8;
		fake_descriptor(runtime, OTHER_DESCRIPTORS + i * DESCRIPTOR_STRIDE, below,
				OTHER_POINTERS + i * 8, 1);
		fake_put(runtime->target, OTHER_POINTERS + i * 8, variable, 8);
		fake_put(runtime->target, variable,
			 i + 1 < count ? OTHER_DESCRIPTORS + (i + 1) * DESCRIPTOR_STRIDE : end, 8);
	}
}

TEST(descriptors_may_be_nested_and_lead_round)
{
	TEXT_OF(gc) = edited(fake_gc_description, "\"subDescriptors\":{}",
			     "\"subDescriptors\":{\"Deep\":[[9]]}");
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, gc);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	struct field field;
	put_chain(runtime, 3, FAKE_DESCRIPTOR);
	fake_put(runtime->target, runtime->gc_vars + 9 * 8, OTHER_VARIABLES + 0x200, 8);
	fake_put(runtime->target, OTHER_VARIABLES + 0x200, OTHER_DESCRIPTORS, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	REQUIRE(contract_field(heap->contract, "Deep", "X", &field) && field.offset == 12);
}

TEST(descriptors_are_not_followed_without_end)
{
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	CLEANUP(reader_cleanup) struct reader reader;
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	CLEANUP(own_descriptors_deinit) struct own_descriptors own = { 0 };
	CLEANUP(error_cleanup) struct error *left_out = NULL;
	CHECK_OK(reader_init(&reader, &runtime->target->base));
	put_chain(runtime, LIMIT_DESCRIPTORS, 0);
	CHECK_OK(own_descriptors_read(&reader, &arena, OTHER_DESCRIPTORS, &own, &left_out));
	REQUIRE(own.count == LIMIT_DESCRIPTORS);
	REQUIRE(!left_out);
	own_descriptors_deinit(&own);
	put_chain(runtime, LIMIT_DESCRIPTORS + 3, 0);
	CHECK_OK(own_descriptors_read(&reader, &arena, OTHER_DESCRIPTORS, &own, &left_out));
	REQUIRE(own.count == LIMIT_DESCRIPTORS);
	REQUIRE(left_out && strstr(left_out->message, "more than 16"));
}

TEST(a_server_gc_describes_itself)
{
	TEXT_OF(heaps) = edited(fake_gc_description,
				"\"GCHeapGenerationTable\":[[1],\"pointer\"],"
				"\"GCHeapAllocAllocated\":[[2],\"pointer\"],"
				"\"GCHeapEphemeralHeapSegment\":[[3],\"pointer\"]",
				"\"NumHeaps\":[[5],\"pointer\"],\"Heaps\":[[6],\"pointer\"],"
				"\"DynamicAdaptationMode\":[[7],\"pointer\"]");
	TEXT_OF(fields) = edited(heaps, "\"types\":{",
				 "\"types\":{\"GCHeap\":{\"AllocAllocated\":16,"
				 "\"EphemeralHeapSegment\":40,\"GenerationTable\":128},");
	TEXT_OF(server) = edited(fields, "workstation, regions, background,",
				 "server, regions, background, dynamic_heap");
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, server);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	fake_put(runtime->target, runtime->gc_vars + 7 * 8, OTHER_VARIABLES, 8);
	fake_put(runtime->target, OTHER_VARIABLES, 1, 4);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK(heap->gc->is_server && heap->gc->has_regions);
	CHECK_NUMBER(heap->gc->heap_count, 2);
	CHECK_NUMBER(heap->gc->dynamic_adaptation_mode, 1);
	CHECK_NUMBER(heap->gc->segment_count, 8);
	const struct gc_segment *segment =
		gc_segment_of(heap->gc, FAKE_LOH + FAKE_HEAP_STRIDE + 0x100);
	REQUIRE(segment);
	CHECK_NUMBER(segment->heap, 1);
	CHECK_TEXT(gc_generation_name(segment->generation), "loh");
}

/* libclrgc.so: one segment holds three generations, cut where each begins. */
TEST(a_gc_with_segments_describes_itself)
{
	TEXT_OF(start) = edited(fake_gc_description, "\"StartSegment\":80",
				"\"StartSegment\":80,\"AllocationStart\":96");
	TEXT_OF(segments) = edited(start, "workstation, regions", "workstation, segments");
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, segments);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	uint64_t table, start_0 = FAKE_GEN0 + 0x28 + 20 * 24, start_1 = FAKE_GEN0 + 0x28 + 10 * 24;
	uint64_t segment;
	CHECK_OK(target_read(&runtime->target->base,
			     fake_gc_entry(runtime, "GCHeapGenerationTable"), &table, 8));
	CHECK_OK(target_read(&runtime->target->base,
			     fake_field(runtime, table, "Generation", "StartSegment"), &segment,
			     8));
	fake_set(runtime, table, "Generation", "AllocationStart", start_0, 8);
	fake_set(runtime, table + 320, "Generation", "AllocationStart", start_1, 8);
	fake_set(runtime, table + 320, "Generation", "StartSegment", segment, 8);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK(!heap->gc->is_server && !heap->gc->has_regions);
	CHECK_NUMBER(heap->gc->segment_count, 4);
	REQUIRE(heap->gc->span_count >= 3);
	CHECK_TEXT(gc_generation_name(heap->gc->spans[0].generation), "gen2");
	CHECK_NUMBER(heap->gc->spans[1].start, start_1);
	CHECK_TEXT(gc_generation_name(heap->gc->spans[1].generation), "gen1");
	CHECK_NUMBER(heap->gc->spans[2].start, start_0);
	CHECK_TEXT(gc_generation_name(heap->gc->spans[2].generation), "gen0");
}

TEST(a_gc_of_no_known_kind_is_refused)
{
	TEXT_OF(strange) =
		edited(fake_gc_description, "workstation, regions", "workstations, server2");
	TEXT_OF(silent) =
		edited(fake_gc_description,
		       ",\"GCIdentifiers\":[\"workstation, regions, background,\",\"string\"]", "");
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, strange);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED,
		    "calls itself \"workstations, server2");
	fake_runtime_cleanup(&runtime);
	runtime = fake_runtime_described(NULL, silent);
	CHECK_FAILS(try_to_open(runtime), ERROR_UNSUPPORTED, "the global GCHeapType");
}

TEST(a_gc_at_work_is_noticed)
{
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	uint64_t variable;
	CHECK_OK(target_read(&runtime->target->base,
			     fake_gc_entry(runtime, "StructureInvalidCount"), &variable, 8));
	fake_put(runtime->target, variable, 1, 4);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK(heap->gc->structures_invalid);
}

/* .NET 11's classes of arrays do not say the rank: the size of the bounds does. */
TEST(the_rank_of_an_array_follows_from_its_base_size)
{
	enum { MD_ARRAY = (int)0x80080004, SZ_ARRAY = (int)0x800a0004 };
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	const struct type *type;
	uint64_t one = fake_method_table(runtime, (uint32_t)MD_ARRAY, 24 + 8);
	uint64_t three = fake_method_table(runtime, (uint32_t)MD_ARRAY, 24 + 3 * 8);
	uint64_t many = fake_method_table(runtime, (uint32_t)MD_ARRAY, 24 + 33 * 8);
	uint64_t vector = fake_method_table(runtime, (uint32_t)SZ_ARRAY, 24);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(type_at(heap, one, &type));
	CHECK(type->kind == TYPE_ARRAY && !type->is_single_dimension && type->rank == 1);
	CHECK_OK(type_at(heap, three, &type));
	CHECK_NUMBER(type->rank, 3);
	CHECK_OK(type_at(heap, many, &type));
	CHECK_NUMBER(type->rank, 0);
	CHECK_OK(type_at(heap, vector, &type));
	CHECK(type->is_single_dimension && type->rank == 1);
}

static const struct tap_case cases[] = {
	CASE(a_runtime_that_describes_itself_needs_no_layouts),
	CASE(its_descriptor_is_found_without_a_symbol),
	CASE(the_runtimes_word_wins_over_the_layouts),
	CASE(shipped_layouts_are_for_what_is_not_described),
	CASE(a_contract_of_another_version_is_refused),
	CASE(a_field_that_a_contract_leaves_out_is_supplied),
	CASE(a_gc_not_yet_there_describes_nothing),
	CASE(damaged_sub_descriptors_are_left_out),
	CASE(where_a_sub_descriptor_is_may_be_damaged_too),
	CASE(baselines_that_are_not_here_are_refused),
	CASE(descriptors_may_be_nested_and_lead_round),
	CASE(descriptors_are_not_followed_without_end),
	CASE(a_server_gc_describes_itself),
	CASE(a_gc_with_segments_describes_itself),
	CASE(a_gc_of_no_known_kind_is_refused),
	CASE(a_gc_at_work_is_noticed),
	CASE(the_rank_of_an_array_follows_from_its_base_size),
};
TAP_MAIN(cases)
