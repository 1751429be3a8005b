#include "heap/contract/descriptor_parse.h"
#include "heap/contract/layouts.h"
#include "heap/contract/table_scan.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

#include <limits.h>

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

static void json_cleanup(cJSON **json)
{
	cJSON_Delete(*json);
}

static struct error *merge(struct contract *contract, const char *json,
			   const struct pointer_data *data)
{
	CLEANUP(json_cleanup) cJSON *parsed = NULL;
	TRY(descriptor_json(json, strlen(json), "a test", &parsed));
	return descriptor_merge(contract, parsed, data, "a test");
}

struct layout {
	struct field first, second;
};

TEST(fields_and_globals_have_every_form)
{
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	struct contract *contract;
	const uint64_t pointers[] = { 0x1000, 0x1122334455667788, 0 };
	const bool known[] = { true, true, false };
	struct pointer_data data = { pointers, known, 3 };
	uint64_t number;
	uint32_t size;
	struct field field;
	CHECK_OK(contract_new(&arena, &contract));
	CHECK_OK(merge(
		contract,
		"{\"types\":{\"A\":{\"!\":24,\"X\":8,\"Y\":[\"0x10\",\"uint16\"],\"Z\":[4,\"B\"]}},"
		"\"globals\":{\"one\":1,\"hex\":[\"0xff\",\"uint8\"],\"at\":[[0],\"pointer\"],"
		"\"short\":[[1],\"uint32\"],\"absent\":[[2],\"pointer\"],\"far\":[[9],\"pointer\"],"
		"\"name\":[\"x64\",\"string\"],\"digits\":[\"11\",\"string\"],"
		"\"text\":[\"0xc\",\"uint8\"]},\"contracts\":{\"Thread\":2,\"Loader\":\"c1\"}}",
		&data));
	CHECK(contract_type_size(contract, "A", &size) && size == 24);
	CHECK(contract_field(contract, "A", "X", &field) && field.offset == 8 && field.width == 0);
	CHECK(contract_field(contract, "A", "Y", &field) && field.offset == 16 && field.width == 2);
	CHECK(contract_field(contract, "A", "Z", &field) && field.width == 0);
	CHECK(!contract_field(contract, "A", "W", &field));
	CHECK(contract_global(contract, "one", &number) && number == 1);
	CHECK(contract_global(contract, "hex", &number) && number == 0xff);
	CHECK(contract_global(contract, "at", &number) && number == 0x1000);
	CHECK(contract_global(contract, "short", &number) && number == 0x55667788);
	CHECK(!contract_global(contract, "absent", &number));
	CHECK(!contract_global(contract, "far", &number));
	CHECK(!contract_global(contract, "name", &number));
	CHECK_TEXT(contract_text(contract, "name"), "x64");
	CHECK_TEXT(contract_text(contract, "digits"), "11");
	CHECK(!contract_global(contract, "digits", &number));
	CHECK(contract_global(contract, "text", &number) && number == 12);
	CHECK(!contract_text(contract, "one") && !contract_text(contract, "gone"));
	CHECK_TEXT(contract_version(contract, "Thread"), "2");
	CHECK_TEXT(contract_version(contract, "Loader"), "c1");
	CHECK_TEXT(contract_version(contract, "GC"), NULL);
}

TEST(a_later_descriptor_wins)
{
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	struct contract *contract;
	struct field field;
	CHECK_OK(contract_new(&arena, &contract));
	CHECK_OK(merge(contract, "{\"types\":{\"A\":{\"X\":8,\"Y\":12}}}", NULL));
	CHECK_OK(merge(contract, "{\"types\":{\"A\":{\"X\":[16,\"uint32\"]}}}", NULL));
	CHECK(contract_field(contract, "A", "X", &field) && field.offset == 16 && field.width == 4);
	CHECK(contract_field(contract, "A", "Y", &field) && field.offset == 12);
	CHECK_OK(merge(contract, "{\"globals\":{\"Name\":[\"x64\",\"string\"]}}", NULL));
	CHECK(!contract_text(contract, "Name")); /* no data: not of this process */
	CHECK_OK(contract_set_field(contract, "A", "Y", false, 0));
	CHECK(!contract_field(contract, "A", "Y", &field));
}

TEST(binding_names_what_is_missing)
{
	static const struct field_binding bindings[] = {
		{ "A", "X", offsetof(struct layout, first), true, 4 },
		{ "A", "Gone", offsetof(struct layout, second), false, 2 },
	};
	static const struct field_binding required = { "A", "Gone", 0, true, 8 };
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	struct contract *contract;
	struct layout layout;
	CHECK_OK(contract_new(&arena, &contract));
	CHECK_OK(merge(contract, "{\"types\":{\"A\":{\"X\":8}}}", NULL));
	CHECK_OK(contract_bind(contract, bindings, 2, &layout));
	CHECK(layout.first.present && layout.first.offset == 8 && layout.first.width == 4);
	CHECK(!layout.second.present);
	CHECK_FAILS(contract_bind(contract, &required, 1, &layout), ERROR_UNSUPPORTED, "A.Gone");
	CHECK_FAILS(contract_require_global(contract, "G", &(uint64_t){ 0 }), ERROR_UNSUPPORTED,
		    "the global G");
}

TEST(bad_descriptors_are_refused)
{
	CLEANUP(arena_cleanup) struct arena arena = { 0 };
	struct contract *contract;
	CHECK_OK(contract_new(&arena, &contract));
	CHECK_FAILS(merge(contract, "{\"types\":", NULL), ERROR_BAD_DATA, "not JSON");
	CHECK_FAILS(merge(contract, "[1]", NULL), ERROR_BAD_DATA, "not a JSON object");
	CHECK_FAILS(merge(contract, "{\"types\":{\"A\":{\"X\":-1}}}", NULL), ERROR_BAD_DATA, "A.X");
	CHECK_FAILS(merge(contract, "{\"types\":{\"A\":{\"X\":[\"y\"]}}}", NULL), ERROR_BAD_DATA,
		    "A.X");
	CHECK_FAILS(merge(contract, "{\"types\":{\"A\":[8]}}", NULL), ERROR_BAD_DATA,
		    "fields of A");
	CHECK_FAILS(merge(contract, "{\"types\":[{\"A\":8}]}", NULL), ERROR_BAD_DATA,
		    "types are not");
	CHECK_FAILS(merge(contract, "{\"globals\":7}", NULL), ERROR_BAD_DATA, "globals are not");
	CHECK_FAILS(merge(contract, "{\"contracts\":[\"c1\"]}", NULL), ERROR_BAD_DATA,
		    "contracts are not");
	CHECK_FAILS(merge(contract, "{\"types\":{\"A\":{\"X\":99999999999}}}", NULL),
		    ERROR_BAD_DATA, "A.X");
}

static struct error *merge_shipped(struct contract *contract, const struct layout_text *text)
{
	CLEANUP(json_cleanup) cJSON *json = NULL;
	if (!text->size)
		return NULL;
	TRY(descriptor_json(text->bytes, text->size, "a shipped descriptor", &json));
	return descriptor_merge(contract, json, NULL, "a shipped descriptor");
}

TEST(shipped_layouts_are_whole)
{
	for (size_t i = 0; i < shipped_layout_count(); i++) {
		CLEANUP(arena_cleanup) struct arena arena = { 0 };
		struct shipped_layout layout = shipped_layout_at(i);
		CLEANUP(json_cleanup) cJSON *json = NULL;
		struct contract *contract;
		CHECK_OK(contract_new(&arena, &contract));
		CHECK_OK(descriptor_json(layout.additions.bytes, layout.additions.size, "additions",
					 &json));
		CHECK(cJSON_IsString(cJSON_GetObjectItem(json, "name")));
		CHECK(cJSON_IsNumber(cJSON_GetObjectItem(json, "major")));
		CHECK_OK(descriptor_merge(contract, json, NULL, "additions"));
		CHECK_OK(merge_shipped(contract, &layout.descriptor));
		CHECK_OK(merge_shipped(contract, &layout.gc_descriptor));
		CHECK(contract_field(contract, "FieldDesc", "DWord1", &(struct field){ 0 }));
	}
}

/* First those whose runtime cannot do without, the newest first. */
TEST(shipped_layouts_are_in_order)
{
	bool describes_itself = false;
	int newest = INT_MAX;
	for (size_t i = 0; i < shipped_layout_count(); i++) {
		struct shipped_layout layout = shipped_layout_at(i);
		CLEANUP(json_cleanup) cJSON *json = NULL;
		CHECK_OK(descriptor_json(layout.additions.bytes, layout.additions.size, "additions",
					 &json));
		if (!describes_itself && layout.gc_descriptor.size) {
			describes_itself = true;
			newest = INT_MAX;
		}
		CHECK(describes_itself == (layout.gc_descriptor.size > 0));
		int major = cJSON_GetObjectItem(json, "major")->valueint;
		CHECK(major <= newest);
		newest = major;
	}
	CHECK(newest != INT_MAX);
}

static struct table_pattern pattern_of(const struct fake_runtime *runtime)
{
	return (struct table_pattern){
		.gc_heap_type = (fake_table_entry(runtime, "GCHeapType") - FAKE_TABLE) / 8,
		.gc_dac_globals = (fake_table_entry(runtime, "GCDacGlobals") - FAKE_TABLE) / 8,
		.generation_size_at = fake_gc_entry(runtime, "GenerationSize") - runtime->gc_vars,
		.generation_count_at =
			fake_gc_entry(runtime, "TotalGenerationCount") - runtime->gc_vars,
		.generation_size_min = 200,
		.generation_size_max = 400,
		.generation_count = 5,
	};
}

static void reader_cleanup(struct reader *reader)
{
	reader_deinit(reader);
}

TEST(the_table_is_found_by_scan_and_only_once)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	struct table_pattern pattern = pattern_of(runtime);
	CLEANUP(reader_cleanup) struct reader reader;
	CHECK_OK(reader_init(&reader, &runtime->target->base));
	uint64_t cursor = 0, table = 0;
	struct scan_place place = { &reader, &runtime->location.module, NULL };
	bool found;
	CHECK_OK(table_scan(&place, &pattern, &cursor, &found, &table));
	CHECK(found);
	CHECK_NUMBER(table, FAKE_TABLE);
	CHECK_OK(table_scan(&place, &pattern, &cursor, &found, &table));
	CHECK(!found);
	fake_put(runtime->target, runtime->gc_vars + pattern.generation_count_at, 4, 4);
	cursor = 0;
	CHECK_OK(table_scan(&place, &pattern, &cursor, &found, &table));
	CHECK(!found);
}

TEST(an_unknown_release_is_refused_by_its_name)
{
	CLEANUP(fake_runtime_cleanup) struct fake_runtime *runtime = fake_runtime_new();
	struct table_pattern pattern = pattern_of(runtime);
	struct heap *heap;
	fake_put(runtime->target, runtime->gc_vars + pattern.generation_count_at, 4, 4);
	runtime->location.module.path = "/net/Microsoft.NETCore.App/7.0.20/libcoreclr.so";
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED,
		    "the runtime is .NET 7.0.20 by its path");
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "8, 9, 10");
	runtime->location.module.path = "/net/Microsoft.NETCore.App/8.0.99/libcoreclr.so";
	CHECK_FAILS(fake_runtime_open(runtime, &heap), ERROR_UNSUPPORTED, "no table");
}

static const struct tap_case cases[] = {
	CASE(fields_and_globals_have_every_form),
	CASE(a_later_descriptor_wins),
	CASE(binding_names_what_is_missing),
	CASE(bad_descriptors_are_refused),
	CASE(shipped_layouts_are_whole),
	CASE(shipped_layouts_are_in_order),
	CASE(the_table_is_found_by_scan_and_only_once),
	CASE(an_unknown_release_is_refused_by_its_name),
};
TAP_MAIN(cases)
