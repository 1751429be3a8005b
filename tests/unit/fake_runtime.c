#include "tests/unit/fake_runtime.h"

#include "heap/contract/layouts.h"
#include "tests/unit/alloc_fail.h"

enum {
	VARIABLES = FAKE_RUNTIME_BASE + 0x4000,
	GC_VARS = FAKE_RUNTIME_BASE + 0x6000,
	GENERATIONS = FAKE_RUNTIME_BASE + 0x7000,
	SEGMENTS = FAKE_RUNTIME_BASE + 0x8000,
	THREADS = FAKE_RUNTIME_BASE + 0x9000,
	THREAD_STRIDE = 0x800,
	SEGMENT_STRIDE = 0x100,
	GENERATION_SIZE = 0x100,
	GENERATIONS_A_HEAP = 5,
	SERVER_HEAPS = 2,
	HEAPS = FAKE_RUNTIME_BASE + 0xb000,
	HEAP_STRIDE = 0x1000,
	TEXTS = 0x300000, /* of descriptors */
	TEXTS_SIZE = 0x20000,
	DOMAIN = FAKE_TYPES + 0xc000,
	MODULE = FAKE_TYPES + 0x8000,
	ASSEMBLY = FAKE_TYPES + 0xa000,
	WORKSTATION = 1,
	OBJECTS_START = 0x28,
	OBJECTS_END = OBJECTS_START + 0x800,
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
static bool index_of(const cJSON *indices, const char *global, uint64_t *ret)
{
	const cJSON *pair = cJSON_GetObjectItem(cJSON_GetObjectItem(indices, "globals"), global);
	return descriptor_number(cJSON_GetArrayItem(cJSON_GetArrayItem(pair, 0), 0), ret);
}

uint64_t fake_table_entry(const struct fake_runtime *runtime, const char *global)
{
	uint64_t index;
	must(index_of(runtime->indices, global, &index));
	return FAKE_TABLE + index * sizeof(uint64_t);
}

uint64_t fake_gc_entry(const struct fake_runtime *runtime, const char *global)
{
	uint64_t index;
	must(index_of(runtime->gc_indices, global, &index));
	return runtime->gc_vars + index * sizeof(uint64_t);
}

static bool has_gc(const struct fake_runtime *runtime, const char *global)
{
	uint64_t index;
	return index_of(runtime->gc_indices, global, &index);
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

uint64_t fake_runtime_thread(unsigned managed_id)
{
	return THREADS + managed_id * THREAD_STRIDE;
}

/* The list leads from link to link, or by c1 of the contract from thread to thread. */
static void put_threads(struct fake_runtime *runtime, unsigned count)
{
	uint64_t store = THREADS, link = 0;
	const char *version = contract_version(runtime->layout, "Thread");
	for (unsigned i = count; i-- > 0;) {
		uint64_t thread = fake_runtime_thread(i + 1);
		fake_set(runtime, thread, "Thread", "Id", i + 1, 4);
		fake_set(runtime, thread, "Thread", "OSId", 1000 + i, 8);
		fake_set(runtime, thread, "Thread", "LinkNext", link, 8);
		link = version && !strcmp(version, "c1")
			       ? thread
			       : fake_field(runtime, thread, "Thread", "LinkNext");
	}
	fake_set(runtime, store, "ThreadStore", "FirstThreadLink", link, 8);
	fake_set(runtime, store, "ThreadStore", "ThreadCount", count, 4);
	variable(runtime, fake_table_entry(runtime, "ThreadStore"), store);
}

static uint64_t put_segment(struct fake_runtime *runtime, unsigned index, uint64_t start)
{
	uint64_t segment = SEGMENTS + index * SEGMENT_STRIDE;
	uint64_t objects = start + OBJECTS_START, end = start + OBJECTS_END;
	fake_target_zeros(runtime->target, start, FAKE_REGION_SIZE);
	fake_set(runtime, segment, "HeapSegment", "Mem", objects, 8);
	fake_set(runtime, segment, "HeapSegment", "Allocated", end, 8);
	fake_set(runtime, segment, "HeapSegment", "Committed", start + 0x2000, 8);
	fake_set(runtime, segment, "HeapSegment", "Reserved", start + FAKE_REGION_SIZE, 8);
	for (uint64_t at = objects; at < end;)
		at = fake_object(runtime, at, runtime->object_table, 0, 24);
	return segment;
}

/* The generations of one heap. Generation 0 is being allocated from: its own end is stale. */
static void put_generations(struct fake_runtime *runtime, unsigned heap, uint64_t table,
			    uint32_t generation_size)
{
	static const uint64_t starts[] = { FAKE_GEN0, 0, FAKE_GEN2, FAKE_LOH, FAKE_POH };
	for (unsigned i = 0; i < GENERATIONS_A_HEAP; i++) {
		uint64_t start = starts[i] + heap * FAKE_HEAP_STRIDE;
		uint64_t segment =
			starts[i] ? put_segment(runtime, heap * GENERATIONS_A_HEAP + i, start) : 0;
		fake_set(runtime, table + i * generation_size, "Generation", "StartSegment",
			 segment, 8);
	}
	uint64_t first = SEGMENTS + heap * GENERATIONS_A_HEAP * SEGMENT_STRIDE;
	fake_set(runtime, first, "HeapSegment", "Allocated",
		 FAKE_GEN0 + heap * FAKE_HEAP_STRIDE + OBJECTS_START, 8);
}

static void put_server(struct fake_runtime *runtime, uint32_t generation_size)
{
	variable(runtime, fake_gc_entry(runtime, "NumHeaps"), SERVER_HEAPS);
	variable(runtime, fake_gc_entry(runtime, "Heaps"), HEAPS);
	for (unsigned i = 0; i < SERVER_HEAPS; i++) {
		uint64_t heap = HEAPS + (i + 1) * HEAP_STRIDE;
		fake_put(runtime->target, HEAPS + i * sizeof(uint64_t), heap, 8);
		fake_set(runtime, heap, "GCHeap", "AllocAllocated",
			 FAKE_GEN0 + i * FAKE_HEAP_STRIDE + OBJECTS_END, 8);
		fake_set(runtime, heap, "GCHeap", "EphemeralHeapSegment",
			 SEGMENTS + i * GENERATIONS_A_HEAP * SEGMENT_STRIDE, 8);
		put_generations(runtime, i, fake_field(runtime, heap, "GCHeap", "GenerationTable"),
				generation_size);
	}
}

static void put_gc(struct fake_runtime *runtime)
{
	uint32_t generation_size = GENERATION_SIZE;
	contract_type_size(runtime->layout, "Generation", &generation_size);
	if (has_gc(runtime, "StructureInvalidCount"))
		variable(runtime, fake_gc_entry(runtime, "StructureInvalidCount"), 0);
	if (has_gc(runtime, "NumHeaps") && !has_gc(runtime, "GCHeapGenerationTable")) {
		put_server(runtime, generation_size);
		return;
	}
	fake_put(runtime->target, fake_gc_entry(runtime, "GCHeapGenerationTable"), GENERATIONS, 8);
	put_generations(runtime, 0, GENERATIONS, generation_size);
	variable(runtime, fake_gc_entry(runtime, "GCHeapAllocAllocated"), FAKE_GEN0 + OBJECTS_END);
	variable(runtime, fake_gc_entry(runtime, "GCHeapEphemeralHeapSegment"), SEGMENTS);
}

/* What only a runtime with a DAC table has. */
static void put_dac_variables(struct fake_runtime *runtime)
{
	variable(runtime, fake_table_entry(runtime, "GCHeapType"), WORKSTATION);
	variable(runtime, fake_table_entry(runtime, "GCDacGlobals"), GC_VARS);
	fake_put(runtime->target, fake_gc_entry(runtime, "GenerationSize"), GENERATION_SIZE, 8);
	fake_put(runtime->target, fake_gc_entry(runtime, "TotalGenerationCount"),
		 GENERATIONS_A_HEAP, 4);
}

static struct fake_runtime *runtime_start(void)
{
	struct fake_runtime *runtime = scenery_allocate(sizeof(*runtime));
	arena_init(&runtime->arena);
	runtime->target = fake_target_new(&architecture_x64);
	runtime->next_variable = VARIABLES;
	runtime->next_text = TEXTS;
	runtime->gc_vars = GC_VARS;
	runtime->location = (struct runtime_location){
		.module = { .path = "/usr/lib/libcoreclr.so",
			    .base = FAKE_RUNTIME_BASE,
			    .end = FAKE_RUNTIME_BASE + FAKE_RUNTIME_SIZE },
		.found_by = "scan",
	};
	fake_target_zeros(runtime->target, FAKE_RUNTIME_BASE, FAKE_RUNTIME_SIZE);
	fake_target_zeros(runtime->target, TEXTS, TEXTS_SIZE);
	must(!contract_new(&runtime->arena, &runtime->layout));
	return runtime;
}

static cJSON *parse(const char *bytes, size_t size)
{
	cJSON *json;
	must(!descriptor_json(bytes, size, "layouts", &json));
	return json;
}

static cJSON *shipped_additions(const char *name)
{
	for (size_t i = 0; i < shipped_layout_count(); i++) {
		struct layout_text text = shipped_layout_at(i).additions;
		cJSON *json = parse(text.bytes, text.size);
		if (!strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(json, "name")), name))
			return json;
		cJSON_Delete(json);
	}
	abort();
}

struct fake_runtime *fake_runtime_new(void)
{
	alloc_fail_pause(true);
	struct fake_runtime *runtime = runtime_start();
	runtime->indices = runtime->json = shipped_additions("8.0-x64");
	runtime->gc_indices =
		cJSON_GetObjectItem(cJSON_GetObjectItem(runtime->json, "sub_descriptors"), "GC");
	must(!descriptor_merge(runtime->layout, runtime->indices, NULL, "layouts"));
	must(!descriptor_merge(runtime->layout, runtime->gc_indices, NULL, "layouts"));
	put_types(runtime);
	put_threads(runtime, 3);
	put_dac_variables(runtime);
	put_gc(runtime);
	alloc_fail_pause(false);
	return runtime;
}

const char fake_description[] =
	"{\"version\":2,\"baseline\":\"empty\",\"types\":{"
	"\"Thread\":{\"Id\":24,\"OSId\":\"0x30\",\"State\":[8,\"uint32\"],"
	"\"LinkNext\":[64,\"pointer\"],\"RuntimeThreadLocals\":72},"
	"\"ThreadStore\":{\"FirstThreadLink\":16,\"ThreadCount\":40},"
	"\"RuntimeThreadLocals\":{\"AllocContext\":8},"
	"\"EEAllocContext\":{\"GCAllocationContext\":16},"
	"\"GCAllocContext\":{\"Pointer\":8,\"Limit\":24},"
	"\"Object\":{\"!\":8,\"m_pMethTab\":0},\"ObjectHeader\":{\"!\":8},"
	"\"String\":{\"m_StringLength\":8,\"m_FirstChar\":12},"
	"\"Array\":{\"!\":16,\"m_NumComponents\":8},"
	"\"MethodTable\":{\"!\":96,\"MTFlags\":8,\"BaseSize\":16,\"MTFlags2\":20,"
	"\"ParentMethodTable\":32,\"Module\":40,\"EEClassOrCanonMT\":56,\"PerInstInfo\":64},"
	"\"EEClass\":{\"MethodTable\":48,\"InternalCorElementType\":64},"
	"\"GenericsDictInfo\":{\"NumDicts\":2,\"NumTypeArgs\":4},"
	"\"Module\":{\"Assembly\":32,\"PEAssembly\":40},"
	"\"Assembly\":{\"Module\":56,\"IsDynamic\":9},"
	"\"AppDomain\":{\"AssemblyList\":24},"
	"\"ArrayListBase\":{\"Count\":8,\"FirstBlock\":16},"
	"\"ArrayListBlock\":{\"Next\":8,\"Size\":16,\"ArrayStart\":24},"
	"\"PEAssembly\":{\"PEImage\":16},\"PEImage\":{\"LoadedImageLayout\":24},"
	"\"PEImageLayout\":{\"Base\":32,\"Size\":40,\"Flags\":44}},"
	"\"globals\":{\"ObjectToMethodTableUnmask\":\"0x7\",\"ArrayBaseSize\":\"0x18\","
	"\"ThreadStore\":[[1],\"pointer\"],\"StringMethodTable\":[[2],\"pointer\"],"
	"\"FreeObjectMethodTable\":[[3],\"pointer\"],\"ObjectMethodTable\":[[4],\"pointer\"],"
	"\"AppDomain\":[[5],\"pointer\"]},"
	"\"subDescriptors\":{\"GC\":[[6],\"pointer\"]},"
	"\"contracts\":{\"RuntimeTypeSystem\":\"c1\",\"Thread\":\"c1\",\"Loader\":\"c1\"}}";

const char fake_gc_description[] =
	"{\"version\":2,\"baseline\":\"empty\",\"types\":{"
	"\"Generation\":{\"!\":320,\"AllocationContext\":0,\"StartSegment\":80},"
	"\"HeapSegment\":{\"Allocated\":8,\"Committed\":16,\"Reserved\":24,\"Mem\":48,"
	"\"Flags\":56,\"Next\":64}},"
	"\"globals\":{\"TotalGenerationCount\":\"0x5\","
	"\"GCHeapGenerationTable\":[[1],\"pointer\"],\"GCHeapAllocAllocated\":[[2],\"pointer\"],"
	"\"GCHeapEphemeralHeapSegment\":[[3],\"pointer\"],"
	"\"StructureInvalidCount\":[[4],\"pointer\"],"
	"\"GCIdentifiers\":[\"workstation, regions, background,\",\"string\"]},"
	"\"subDescriptors\":{},\"contracts\":{\"GC\":\"c1\"}}";

/* contract-descriptor.md: struct DotNetRuntimeContractDescriptor */
void fake_descriptor(struct fake_runtime *runtime, uint64_t address, const char *json,
		     uint64_t pointers, uint32_t pointer_count)
{
	static const char magic[] = "DNCCDAC";
	struct fake_target *target = runtime->target;
	size_t size = strlen(json);
	fake_put_bytes(target, address, magic, sizeof(magic));
	fake_put(target, address + 8, 1, 4);
	fake_put(target, address + 12, size, 4);
	fake_put(target, address + 16, runtime->next_text, 8);
	fake_put(target, address + 24, pointer_count, 4);
	fake_put(target, address + 32, pointers, 8);
	fake_put_bytes(target, runtime->next_text, json, size);
	runtime->next_text += size;
}

/* The AppDomain's list of one assembly, CoreLib's. */
static void put_assemblies(struct fake_runtime *runtime)
{
	uint64_t list = fake_field(runtime, DOMAIN, "AppDomain", "AssemblyList");
	uint64_t block = fake_field(runtime, list, "ArrayListBase", "FirstBlock");
	variable(runtime, fake_table_entry(runtime, "AppDomain"), DOMAIN);
	fake_set(runtime, list, "ArrayListBase", "Count", 1, 4);
	fake_set(runtime, block, "ArrayListBlock", "Size", 1, 4);
	fake_set(runtime, block, "ArrayListBlock", "ArrayStart", ASSEMBLY, 8);
}

struct fake_runtime *fake_runtime_described(const char *json, const char *gc_json)
{
	enum { POINTERS = 16 };
	uint64_t below;
	json = json ? json : fake_description;
	gc_json = gc_json ? gc_json : fake_gc_description;
	alloc_fail_pause(true);
	struct fake_runtime *runtime = runtime_start();
	runtime->location.descriptor = FAKE_DESCRIPTOR;
	runtime->location.found_by = "symbols";
	runtime->indices = runtime->json = parse(json, strlen(json));
	runtime->gc_indices = runtime->gc_json = parse(gc_json, strlen(gc_json));
	must(!descriptor_merge(runtime->layout, runtime->indices, NULL, "layouts"));
	must(!descriptor_merge(runtime->layout, runtime->gc_indices, NULL, "layouts"));
	fake_descriptor(runtime, FAKE_DESCRIPTOR, json, FAKE_TABLE, POINTERS);
	fake_descriptor(runtime, FAKE_GC_DESCRIPTOR, gc_json, GC_VARS, POINTERS);
	const cJSON *entry =
		cJSON_GetObjectItem(cJSON_GetObjectItem(runtime->json, "subDescriptors"), "GC");
	if (descriptor_number(cJSON_GetArrayItem(cJSON_GetArrayItem(entry, 0), 0), &below))
		variable(runtime, FAKE_TABLE + below * sizeof(uint64_t), FAKE_GC_DESCRIPTOR);
	put_types(runtime);
	put_threads(runtime, 3);
	put_assemblies(runtime);
	put_gc(runtime);
	alloc_fail_pause(false);
	return runtime;
}

void fake_runtime_cleanup(struct fake_runtime **runtime)
{
	if (!*runtime)
		return;
	cJSON_Delete((*runtime)->json);
	cJSON_Delete((*runtime)->gc_json);
	arena_deinit(&(*runtime)->arena);
	fake_target_cleanup(&(*runtime)->target);
	scenery_free(*runtime);
	*runtime = NULL;
}

struct error *fake_runtime_open(struct fake_runtime *runtime, struct heap **ret)
{
	return heap_open_at(&runtime->target->base, NULL, &runtime->location, 1, NULL, ret);
}
