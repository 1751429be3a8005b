#include "tests/unit/fake_types.h"

#include "base/thread.h"
#include "heap/contract/descriptor_parse.h"
#include "heap/types/field.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/fake_assemblies.h"

enum {
	MEMORY = 0x10000,
	MEMORY_SIZE = 0x80000,
	MAP_ROWS = 16, /* of the first block; the second has as many */
	POINTER = 8,
	FLAG_COMPONENT = (int)0x80000000,
	FLAG_ARRAY = 0x80000,
	FLAG_SZARRAY = 0xa0000,
	FLAG_VALUE_TYPE = 0x40000,
	FLAG_ENUM = 0x60000,
	FLAG_PRIMITIVE = 0x70000,
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

bool fake_types_has(const struct fake_types *types, const char *type, const char *field)
{
	struct field found;
	return contract_field(types->layout, type, field, &found);
}

uint64_t fake_types_field(const struct fake_types *types, uint64_t base, const char *type,
			  const char *field)
{
	struct field found;
	must(contract_field(types->layout, type, field, &found));
	return base + found.offset;
}

void fake_types_set(struct fake_types *types, uint64_t base, const char *type, const char *field,
		    uint64_t number, unsigned width)
{
	fake_put(types->target, fake_types_field(types, base, type, field), number, width);
}

uint64_t fake_types_allocate(struct fake_types *types, size_t size)
{
	uint64_t at = types->next;
	types->next += (size + 15) / 16 * 16;
	must(types->next <= MEMORY + MEMORY_SIZE);
	return at;
}

static uint64_t pointers(struct fake_types *types, const uint64_t *numbers, size_t count)
{
	uint64_t at = fake_types_allocate(types, count * POINTER);
	for (size_t i = 0; i < count; i++)
		fake_put(types->target, at + i * POINTER, numbers[i], POINTER);
	return at;
}

/* Both blocks of a lookup map. */
static void map_blocks(struct fake_types *types, uint64_t module, const char *name)
{
	uint64_t block = fake_types_field(types, module, "Module", name);
	for (int i = 0; i < 2; i++) {
		uint64_t next = i ? 0 : fake_types_allocate(types, 0x40);
		fake_types_set(types, block, "ModuleLookupMap", "TableData",
			       fake_types_allocate(types, MAP_ROWS * POINTER), POINTER);
		fake_types_set(types, block, "ModuleLookupMap", "Count", MAP_ROWS, 4);
		fake_types_set(types, block, "ModuleLookupMap", "Next", next, POINTER);
		block = next;
	}
}

void fake_types_map(struct fake_types *types, uint64_t module, const char *map, uint32_t row,
		    uint64_t handle)
{
	uint64_t block = fake_types_field(types, module, "Module", map), table;
	for (; row >= MAP_ROWS; row -= MAP_ROWS)
		block = load_u64(fake_target_at(
			types->target, fake_types_field(types, block, "ModuleLookupMap", "Next"),
			POINTER));
	table = load_u64(fake_target_at(
		types->target, fake_types_field(types, block, "ModuleLookupMap", "TableData"),
		POINTER));
	fake_put(types->target, table + row * POINTER, handle, POINTER);
}

void fake_types_available(struct fake_types *types, uint64_t module, const uint64_t *handles,
			  size_t count)
{
	enum { BUCKETS = 3, SPECIAL = 3 };
	uint64_t chains[SPECIAL + BUCKETS] = { BUCKETS, 0, 1, 3, 5, 7 };
	uint64_t table = fake_types_allocate(types, 0x80);
	for (size_t i = 0; i < count; i++) {
		uint64_t entry = fake_types_allocate(types, 0x20);
		uint64_t *chain = &chains[SPECIAL + i % BUCKETS];
		fake_types_set(types, entry, "EETypeHashTable", "VolatileEntryValue", handles[i],
			       POINTER);
		fake_types_set(types, entry, "EETypeHashTable", "VolatileEntryNextEntry", *chain,
			       POINTER);
		*chain = entry;
	}
	fake_types_set(types, table, "EETypeHashTable", "Buckets",
		       pointers(types, chains, SPECIAL + BUCKETS), POINTER);
	fake_types_set(types, table, "EETypeHashTable", "Count", count, 4);
	fake_types_set(types, module, "Module", "AvailableTypeParams", table, POINTER);
}

static void put_path(struct fake_types *types, uint64_t image, const char *path)
{
	uint64_t string = fake_types_field(types, image, "PEImage", "Path");
	size_t length = strlen(path);
	uint64_t units = fake_types_allocate(types, (length + 1) * 2);
	for (size_t i = 0; i < length; i++)
		fake_put(types->target, units + i * 2, (uint8_t)path[i], 2);
	fake_types_set(types, string, "SString", "Size", (length + 1) * 2, 4);
	fake_types_set(types, string, "SString", "Buffer", units, POINTER);
}

static void put_image(struct fake_types *types, uint64_t image, const uint8_t *metadata,
		      size_t metadata_size)
{
	struct built_image built = build_pe_flat(metadata, metadata_size, NULL, 0, true);
	uint64_t base = fake_types_allocate(types, built.size);
	uint64_t layout = fake_types_allocate(types, 0x40);
	fake_put_bytes(types->target, base, built.bytes, built.size);
	fake_types_set(types, layout, "PEImageLayout", "Base", base, POINTER);
	fake_types_set(types, layout, "PEImageLayout", "Size", built.size, 4);
	fake_types_set(types, image, "PEImage", "FlatImageLayout", layout, POINTER);
	built_image_cleanup(&built);
}

uint64_t fake_types_module(struct fake_types *types, const char *path, const uint8_t *metadata,
			   size_t metadata_size)
{
	uint64_t module = fake_types_allocate(types, 0x800);
	uint64_t assembly = fake_types_allocate(types, 0x100);
	fake_types_set(types, module, "Module", "Assembly", assembly, POINTER);
	fake_types_set(types, assembly, "Assembly", "Module", module, POINTER);
	map_blocks(types, module, "TypeDefToMethodTableMap");
	map_blocks(types, module, "TypeRefToMethodTableMap");
	if (!metadata)
		return module;
	uint64_t pe_assembly = fake_types_allocate(types, 0x80);
	uint64_t image = fake_types_allocate(types, 0x200);
	fake_types_set(types, module, "Module", "PEAssembly", pe_assembly, POINTER);
	fake_types_set(types, pe_assembly, "PEAssembly", "PEImage", image, POINTER);
	put_path(types, image, path);
	put_image(types, image, metadata, metadata_size);
	return module;
}

static void put_row(struct fake_types *types, uint64_t table, uint32_t row)
{
	if (fake_types_has(types, "MethodTable", "TypeDefRid"))
		fake_types_set(types, table, "MethodTable", "TypeDefRid", row, 2);
	else
		fake_types_set(types, table, "MethodTable", "MTFlags2", row << 8, 4);
}

static uint64_t put_class(struct fake_types *types, uint64_t table, uint8_t element_type,
			  uint8_t padding)
{
	uint64_t class = fake_types_allocate(types, 0x80);
	fake_types_set(types, class, "EEClass", "MethodTable", table, POINTER);
	fake_types_set(types, class, "EEClass", "InternalCorElementType", element_type, 1);
	fake_types_set(types, class, "EEClass", "BaseSizePadding", padding ? padding : 16, 1);
	fake_types_set(types, table, "MethodTable", "EEClassOrCanonMT", class, POINTER);
	return class;
}

uint64_t fake_types_class(struct fake_types *types, const struct fake_class *wanted)
{
	uint64_t table = fake_types_allocate(types, 0x80);
	fake_types_set(types, table, "MethodTable", "MTFlags", wanted->flags, 4);
	fake_types_set(types, table, "MethodTable", "BaseSize",
		       wanted->base_size ? wanted->base_size : 24, 4);
	fake_types_set(types, table, "MethodTable", "Module", wanted->module, POINTER);
	fake_types_set(types, table, "MethodTable", "ParentMethodTable", wanted->parent, POINTER);
	put_row(types, table, wanted->row);
	put_class(types, table, wanted->element_type ? wanted->element_type : ELEMENT_CLASS,
		  wanted->padding);
	fake_types_map(types, wanted->module, "TypeDefToMethodTableMap", wanted->row, table);
	return table;
}

uint64_t fake_types_array(struct fake_types *types, uint64_t element, unsigned rank)
{
	uint64_t table = fake_types_allocate(types, 0x80);
	uint32_t flags = (uint32_t)FLAG_COMPONENT | 8 | (rank ? FLAG_ARRAY : FLAG_SZARRAY);
	fake_types_set(types, table, "MethodTable", "MTFlags", flags, 4);
	fake_types_set(types, table, "MethodTable", "BaseSize", 24 + 8 * rank, 4);
	fake_types_set(types, table, "MethodTable", "Module", types->core, POINTER);
	fake_types_set(types, table, "MethodTable", "PerInstInfo", element, POINTER);
	uint64_t class = put_class(types, table, ELEMENT_CLASS, 0);
	fake_types_set(types, class, "ArrayClass", "Rank", rank ? rank : 1, 1);
	return table;
}

uint64_t fake_types_instance(struct fake_types *types, uint64_t module, uint32_t row,
			     uint32_t flags, const uint64_t *arguments, uint32_t count)
{
	uint64_t table = fake_types_allocate(types, 0x80);
	uint64_t info = fake_types_allocate(types, 0x20);
	uint64_t own = pointers(types, arguments, count);
	/* A parent's dictionary is before the class's own. */
	fake_types_set(types, info, "GenericsDictInfo", "NumDicts", 2, 2);
	fake_types_set(types, info, "GenericsDictInfo", "NumTypeArgs", count, 2);
	fake_put(types->target, info + POINTER, 0x1111, POINTER);
	fake_put(types->target, info + 2 * POINTER, own, POINTER);
	fake_types_set(types, table, "MethodTable", "MTFlags", flags, 4);
	fake_types_set(types, table, "MethodTable", "BaseSize", 24, 4);
	fake_types_set(types, table, "MethodTable", "Module", module, POINTER);
	fake_types_set(types, table, "MethodTable", "PerInstInfo", info + POINTER, POINTER);
	put_row(types, table, row);
	put_class(types, table, ELEMENT_CLASS, 0);
	return table;
}

uint64_t fake_types_pointer(struct fake_types *types, enum element_type kind, uint64_t element)
{
	uint64_t desc = fake_types_allocate(types, 0x40);
	fake_types_set(types, desc, "TypeDesc", "TypeAndFlags", kind | 0x2000u, 4);
	fake_types_set(types, desc, "ParamTypeDesc", "TypeArg", element, POINTER);
	return desc | TYPE_HANDLE_TYPE_DESC;
}

uint64_t fake_types_function(struct fake_types *types, const uint64_t *arguments, uint32_t count)
{
	uint64_t desc = fake_types_allocate(types, 0x40 + count * POINTER);
	fake_types_set(types, desc, "TypeDesc", "TypeAndFlags", ELEMENT_FNPTR, 4);
	fake_types_set(types, desc, "FnPtrTypeDesc", "NumArgs", count - 1, 4);
	uint64_t at = fake_types_field(types, desc, "FnPtrTypeDesc", "RetAndArgTypes");
	for (uint32_t i = 0; i < count; i++)
		fake_put(types->target, at + i * POINTER, arguments[i], POINTER);
	return desc | TYPE_HANDLE_TYPE_DESC;
}

uint64_t fake_types_variable(struct fake_types *types, uint64_t module, uint32_t row)
{
	uint64_t desc = fake_types_allocate(types, 0x40);
	fake_types_set(types, desc, "TypeDesc", "TypeAndFlags", ELEMENT_VAR, 4);
	fake_types_set(types, desc, "TypeVarTypeDesc", "Module", module, POINTER);
	fake_types_set(types, desc, "TypeVarTypeDesc", "Token",
		       token_make(TABLE_GENERIC_PARAM, row), 4);
	return desc | TYPE_HANDLE_TYPE_DESC;
}

static void put_simple_types(struct fake_types *types)
{
	uint64_t core = types->core;
	types->object =
		fake_types_class(types, &(struct fake_class){ .module = core, .row = CORE_OBJECT });
	types->value_type = fake_types_class(
		types, &(struct fake_class){
			       .module = core, .row = CORE_VALUE_TYPE, .parent = types->object });
	types->enum_type = fake_types_class(
		types, &(struct fake_class){
			       .module = core, .row = CORE_ENUM, .parent = types->value_type });
	types->string =
		fake_types_class(types, &(struct fake_class){ .module = core,
							      .row = CORE_STRING,
							      .parent = types->object,
							      .flags = (uint32_t)FLAG_COMPONENT | 2,
							      .base_size = 22 });
	types->int32 = fake_types_class(types, &(struct fake_class){ .module = core,
								     .row = CORE_INT32,
								     .parent = types->value_type,
								     .flags = FLAG_PRIMITIVE,
								     .element_type = ELEMENT_I4,
								     .padding = 20 });
	types->canon = fake_types_class(
		types,
		&(struct fake_class){ .module = core, .row = CORE_CANON, .parent = types->object });
	types->free_type = fake_types_allocate(types, 0x80);
	fake_types_set(types, types->free_type, "MethodTable", "MTFlags",
		       (uint32_t)FLAG_COMPONENT | 1, 4);
	fake_types_set(types, types->free_type, "MethodTable", "BaseSize", 24, 4);
}

/* AppDomain -> two blocks of DomainAssemblies, with an empty place between. */
static uint64_t put_domain(struct fake_types *types)
{
	const uint64_t modules[] = { types->core, 0, types->facade, types->app };
	uint64_t domain = fake_types_allocate(types, 0x1000);
	uint64_t list = fake_types_field(types, domain, "AppDomain", "DomainAssemblyList");
	uint64_t block = fake_types_field(types, list, "ArrayListBase", "FirstBlock");
	fake_types_set(types, list, "ArrayListBase", "Count", 4, 4);
	for (int i = 0; i < 4; i++) {
		uint64_t element = 0;
		if (i == 3) {
			uint64_t next = fake_types_allocate(types, 0x80);
			fake_types_set(types, block, "ArrayListBlock", "Next", next, POINTER);
			block = next;
		}
		if (i == 0 || i == 3)
			fake_types_set(types, block, "ArrayListBlock", "Size", 3, 4);
		if (modules[i]) {
			element = fake_types_allocate(types, 0x40);
			uint64_t assembly = load_u64(fake_target_at(
				types->target,
				fake_types_field(types, modules[i], "Module", "Assembly"), 8));
			fake_types_set(types, element, "DomainAssembly", "Assembly", assembly,
				       POINTER);
		}
		uint64_t array = fake_types_field(types, block, "ArrayListBlock", "ArrayStart");
		fake_put(types->target, array + (uint64_t)(i % 3) * POINTER, element, POINTER);
	}
	return domain;
}

static void merge(struct contract *contract, const char *text, size_t size)
{
	cJSON *json;
	must(!descriptor_json(text, size, "layouts", &json));
	must(!descriptor_merge(contract, json, NULL, "layouts"));
	cJSON_Delete(json);
}

static struct contract *contract_build(struct fake_types *types, struct arena *arena)
{
	struct shipped_layout shipped = types->shipped;
	struct contract *contract;
	alloc_fail_pause(true);
	must(!contract_new(arena, &contract));
	if (shipped.descriptor.bytes)
		merge(contract, shipped.descriptor.bytes, shipped.descriptor.size);
	merge(contract, shipped.additions.bytes, shipped.additions.size);
	if (*types->globals)
		merge(contract, types->globals, strlen(types->globals));
	alloc_fail_pause(false);
	return contract;
}

static struct shipped_layout shipped_named(const char *name)
{
	alloc_fail_pause(true);
	for (size_t i = 0; i < shipped_layout_count(); i++) {
		struct shipped_layout layout = shipped_layout_at(i);
		cJSON *json;
		must(!descriptor_json(layout.additions.bytes, layout.additions.size, "layouts",
				      &json));
		bool found = !strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(json, "name")), name);
		cJSON_Delete(json);
		if (found) {
			alloc_fail_pause(false);
			return layout;
		}
	}
	abort();
}

struct fake_types *fake_types_new(unsigned layout)
{
	static const char *const names[] = { [FAKE_LAYOUT_8_0] = "8.0-x64",
					     [FAKE_LAYOUT_10_0] = "10.0-x64",
					     [FAKE_LAYOUT_11_0] = "11.0-x64" };
	struct fake_types *types = scenery_allocate(sizeof(*types));
	arena_init(&types->arena);
	types->shipped = shipped_named(names[layout]);
	types->target = fake_target_new(&architecture_x64);
	types->next = MEMORY;
	types->layout = contract_build(types, &types->arena);
	fake_target_zeros(types->target, MEMORY, MEMORY_SIZE);
	types->core = fake_assembly_core(types);
	types->facade = fake_assembly_facade(types);
	types->app = fake_assembly_app(types);
	put_simple_types(types);
	const uint64_t variables[5] = { put_domain(types), types->free_type, types->canon };
	unsigned long long at = pointers(types, variables, 5);
	types->continuation = at + 3 * POINTER;
	snprintf(types->globals, sizeof(types->globals),
		 "{\"types\":{\"ContinuationObject\":{\"!\":32}},"
		 "\"globals\":{\"AppDomain\":[\"%#llx\",\"uint64\"],"
		 "\"FreeObjectMethodTable\":[\"%#llx\",\"uint64\"],"
		 "\"CanonMethodTable\":[\"%#llx\",\"uint64\"],"
		 "\"ContinuationMethodTable\":[\"%#llx\",\"uint64\"],"
		 "\"ContinuationSingletonEEClass\":[\"%#llx\",\"uint64\"]}}",
		 at, at + POINTER, at + 2 * POINTER, at + 3 * POINTER, at + 4 * POINTER);
	return types;
}

struct error *fake_types_open(struct fake_types *types)
{
	struct heap *heap = &types->heap;
	arena_init(&heap->arena);
	mutex_init_recursive(&heap->lock);
	TRY(reader_init(&heap->reader, &types->target->base));
	heap->target = &types->target->base;
	heap->contract = contract_build(types, &types->arena);
	TRY(clr_modules_open(heap, &heap->modules));
	TRY(type_system_open(heap, &heap->types));
	return clr_module_at(heap, types->core, &heap->modules->core_library);
}

void fake_types_cleanup(struct fake_types **types)
{
	if (!*types)
		return;
	struct heap *heap = &(*types)->heap;
	type_system_close(heap->types);
	clr_modules_close(heap->modules);
	if (heap->target)
		reader_deinit(&heap->reader);
	arena_deinit(&heap->arena);
	arena_deinit(&(*types)->arena);
	fake_target_cleanup(&(*types)->target);
	scenery_free(*types);
	*types = NULL;
}

struct error *fake_types_fields(struct fake_types *types, uint64_t table,
				const struct fake_field *wanted, size_t count)
{
	struct type_field *fields =
		arena_allocate_array(&types->heap.arena, count + 1, sizeof(*fields));
	const struct type *type;
	if (!fields)
		return &error_no_memory;
	TRY(type_at(&types->heap, table, &type));
	for (size_t i = 0; i < count; i++) {
		fields[i] = (struct type_field){ .name = wanted[i].name,
						 .offset = wanted[i].offset,
						 .declaring = type };
		TRY(type_at(&types->heap, wanted[i].type, &fields[i].type));
		bool is_reference = type_is_reference(fields[i].type);
		fields[i].element_type =
			is_reference ? ELEMENT_CLASS : fields[i].type->element_type;
	}
	struct type *filled = (struct type *)(uintptr_t)type;
	filled->fields = fields;
	filled->field_count = count;
	filled->fields_ready = true;
	return NULL;
}
