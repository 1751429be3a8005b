#include "tests/unit/fake_runtime.h"

#include "heap/contract/descriptor_parse.h"
#include "heap/contract/layouts.h"
#include "tests/unit/alloc_fail.h"

enum {
	LAYOUT_8_0 = 2, /* its index among the shipped ones */
	VARIABLES = FAKE_RUNTIME_BASE + 0x4000,
	GC_VARS = FAKE_RUNTIME_BASE + 0x6000,
	GENERATIONS = FAKE_RUNTIME_BASE + 0x7000,
	SEGMENTS = FAKE_RUNTIME_BASE + 0x8000,
	THREADS = FAKE_RUNTIME_BASE + 0x9000,
	THREAD_STRIDE = 0x800,
	SEGMENT_STRIDE = 0x100,
	GENERATION_SIZE = 0x100,
	MODULE = FAKE_TYPES + 0x8000,
	ASSEMBLY = FAKE_TYPES + 0xa000,
	WORKSTATION = 1,
	OBJECTS_START = 0x28,
	HAS_COMPONENT_SIZE = (int)0x80000000,
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

uint64_t fake_field(const struct fake_runtime *runtime, uint64_t base, const char *type,
		    const char *field)
{
	struct field found;
	must(contract_field(runtime->layout, type, field, &found));
	return base + found.offset;
}

void fake_set(struct fake_runtime *runtime, uint64_t base, const char *type, const char *field,
	      uint64_t number, unsigned width)
{
	fake_put(runtime->target, fake_field(runtime, base, type, field), number, width);
}

/* With no pointer data the layouts' indirect globals are absent: their indices come from the JSON.
 */
static uint64_t index_of(const char *global, bool gc)
{
	struct shipped_layout shipped = shipped_layout_at(LAYOUT_8_0);
	cJSON *json;
	alloc_fail_pause(true);
	must(!descriptor_json(shipped.additions.bytes, shipped.additions.size, "layouts", &json));
	alloc_fail_pause(false);
	const cJSON *from = json;
	if (gc)
		from = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "sub_descriptors"), "GC");
	const cJSON *pair = cJSON_GetObjectItem(cJSON_GetObjectItem(from, "globals"), global);
	uint64_t index;
	must(descriptor_number(cJSON_GetArrayItem(cJSON_GetArrayItem(pair, 0), 0), &index));
	cJSON_Delete(json);
	return index;
}

uint64_t fake_table_entry(const struct fake_runtime *runtime, const char *global)
{
	(void)runtime;
	return FAKE_TABLE + index_of(global, false) * sizeof(uint64_t);
}

uint64_t fake_gc_entry(const struct fake_runtime *runtime, const char *global)
{
	return runtime->gc_vars + index_of(global, true) * sizeof(uint64_t);
}

/* A variable with this value; the table's entry holds its address. */
static void variable(struct fake_runtime *runtime, uint64_t entry, uint64_t value)
{
	uint64_t at = runtime->next_variable;
	runtime->next_variable += sizeof(uint64_t);
	fake_put(runtime->target, at, value, 8);
	fake_put(runtime->target, entry, at, 8);
}

uint64_t fake_method_table(struct fake_runtime *runtime, uint32_t flags, uint32_t base_size)
{
	uint64_t table = runtime->next_type, class = table + 0x100;
	runtime->next_type += 0x200;
	fake_set(runtime, table, "MethodTable", "MTFlags", flags, 4);
	fake_set(runtime, table, "MethodTable", "BaseSize", base_size, 4);
	fake_set(runtime, table, "MethodTable", "Module", MODULE, 8);
	fake_set(runtime, table, "MethodTable", "EEClassOrCanonMT", class, 8);
	fake_set(runtime, class, "EEClass", "MethodTable", table, 8);
	return table;
}

uint64_t fake_object(struct fake_runtime *runtime, uint64_t address, uint64_t method_table,
		     uint32_t count, uint64_t size)
{
	fake_put(runtime->target, address, method_table, 8);
	fake_set(runtime, address, "Array", "m_NumComponents", count, 4);
	return address + (size + 7) / 8 * 8;
}

static void put_types(struct fake_runtime *runtime)
{
	struct fake_target *target = runtime->target;
	fake_target_zeros(target, FAKE_TYPES, 0x10000);
	runtime->next_type = FAKE_TYPES;
	fake_set(runtime, MODULE, "Module", "Assembly", ASSEMBLY, 8);
	fake_set(runtime, ASSEMBLY, "Assembly", "Module", MODULE, 8);
	runtime->free_table = runtime->next_type;
	runtime->next_type += 0x200;
	fake_set(runtime, runtime->free_table, "MethodTable", "MTFlags",
		 (uint32_t)HAS_COMPONENT_SIZE | 1, 4);
	fake_set(runtime, runtime->free_table, "MethodTable", "BaseSize", 24, 4);
	runtime->string_table = fake_method_table(runtime, (uint32_t)HAS_COMPONENT_SIZE | 2, 22);
	runtime->object_table = fake_method_table(runtime, 0, 24);
	runtime->array_table = fake_method_table(runtime, (uint32_t)HAS_COMPONENT_SIZE | 4, 24);
	variable(runtime, fake_table_entry(runtime, "StringMethodTable"), runtime->string_table);
	variable(runtime, fake_table_entry(runtime, "FreeObjectMethodTable"), runtime->free_table);
	variable(runtime, fake_table_entry(runtime, "ObjectMethodTable"), runtime->object_table);
}

static void put_threads(struct fake_runtime *runtime, unsigned count)
{
	uint64_t store = THREADS, link = 0;
	for (unsigned i = count; i-- > 0;) {
		uint64_t thread = THREADS + (i + 1) * THREAD_STRIDE;
		fake_set(runtime, thread, "Thread", "Id", i + 1, 4);
		fake_set(runtime, thread, "Thread", "OSId", 1000 + i, 8);
		fake_set(runtime, thread, "Thread", "LinkNext", link, 8);
		link = fake_field(runtime, thread, "Thread", "LinkNext");
	}
	fake_set(runtime, store, "ThreadStore", "FirstThreadLink", link, 8);
	fake_set(runtime, store, "ThreadStore", "ThreadCount", count, 4);
	variable(runtime, fake_table_entry(runtime, "ThreadStore"), store);
}

static uint64_t put_segment(struct fake_runtime *runtime, unsigned index, uint64_t start)
{
	uint64_t segment = SEGMENTS + index * SEGMENT_STRIDE;
	uint64_t objects = start + OBJECTS_START, end = objects + 0x800;
	fake_target_zeros(runtime->target, start, FAKE_REGION_SIZE);
	fake_set(runtime, segment, "HeapSegment", "Mem", objects, 8);
	fake_set(runtime, segment, "HeapSegment", "Allocated", end, 8);
	fake_set(runtime, segment, "HeapSegment", "Committed", start + 0x2000, 8);
	fake_set(runtime, segment, "HeapSegment", "Reserved", start + FAKE_REGION_SIZE, 8);
	for (uint64_t at = objects; at < end;)
		at = fake_object(runtime, at, runtime->object_table, 0, 24);
	return segment;
}

static void put_gc(struct fake_runtime *runtime)
{
	static const uint64_t starts[] = { FAKE_GEN0, 0, FAKE_GEN2, FAKE_LOH, FAKE_POH };
	struct fake_target *target = runtime->target;
	runtime->gc_vars = GC_VARS;
	variable(runtime, fake_table_entry(runtime, "GCHeapType"), WORKSTATION);
	variable(runtime, fake_table_entry(runtime, "GCDacGlobals"), GC_VARS);
	fake_put(target, fake_gc_entry(runtime, "GenerationSize"), GENERATION_SIZE, 8);
	fake_put(target, fake_gc_entry(runtime, "TotalGenerationCount"), 5, 4);
	fake_put(target, fake_gc_entry(runtime, "GCHeapGenerationTable"), GENERATIONS, 8);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t segment = starts[i] ? put_segment(runtime, i, starts[i]) : 0;
		fake_set(runtime, GENERATIONS + i * GENERATION_SIZE, "Generation", "StartSegment",
			 segment, 8);
	}
	/* Generation 0 is being allocated from: its own end is stale. */
	fake_set(runtime, SEGMENTS, "HeapSegment", "Allocated", FAKE_GEN0 + OBJECTS_START, 8);
	variable(runtime, fake_gc_entry(runtime, "GCHeapAllocAllocated"),
		 FAKE_GEN0 + OBJECTS_START + 0x800);
	variable(runtime, fake_gc_entry(runtime, "GCHeapEphemeralHeapSegment"), SEGMENTS);
}

static void put_layout(struct fake_runtime *runtime)
{
	struct shipped_layout shipped = shipped_layout_at(LAYOUT_8_0);
	cJSON *json;
	must(!descriptor_json(shipped.additions.bytes, shipped.additions.size, "layouts", &json));
	must(!contract_new(&runtime->arena, &runtime->layout));
	must(!descriptor_merge(runtime->layout, json, NULL, "layouts"));
	must(!descriptor_merge(
		runtime->layout,
		cJSON_GetObjectItem(cJSON_GetObjectItem(json, "sub_descriptors"), "GC"), NULL,
		"layouts"));
	cJSON_Delete(json);
}

struct fake_runtime *fake_runtime_new(void)
{
	struct fake_runtime *runtime = scenery_allocate(sizeof(*runtime));
	arena_init(&runtime->arena);
	runtime->target = fake_target_new(ARCHITECTURE_X64);
	runtime->next_variable = VARIABLES;
	runtime->location = (struct runtime_location){
		.module = { .path = "/usr/lib/libcoreclr.so",
			    .base = FAKE_RUNTIME_BASE,
			    .end = FAKE_RUNTIME_BASE + FAKE_RUNTIME_SIZE },
		.found_by = "scan",
	};
	fake_target_zeros(runtime->target, FAKE_RUNTIME_BASE, FAKE_RUNTIME_SIZE);
	alloc_fail_pause(true);
	put_layout(runtime);
	alloc_fail_pause(false);
	put_types(runtime);
	put_threads(runtime, 3);
	put_gc(runtime);
	return runtime;
}

void fake_runtime_cleanup(struct fake_runtime **runtime)
{
	if (!*runtime)
		return;
	arena_deinit(&(*runtime)->arena);
	fake_target_cleanup(&(*runtime)->target);
	scenery_free(*runtime);
	*runtime = NULL;
}

struct error *fake_runtime_open(struct fake_runtime *runtime, struct heap **ret)
{
	return heap_open_at(&runtime->target->base, NULL, &runtime->location, 1, NULL, ret);
}
