#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

#define NEW_TYPES(layout)                                                                          \
	CLEANUP(fake_types_cleanup) struct fake_types *types = fake_types_new(layout)

static void listed_modules(unsigned layout)
{
	NEW_TYPES(layout);
	CHECK_OK(fake_types_open(types));
	struct heap *heap = &types->heap;
	struct metadata *metadata;
	REQUIRE(heap->modules->count == 3);
	CHECK(!heap->modules->list_cut);
	CHECK_NUMBER(heap->modules->lost, 0);
	struct clr_module *app = heap->modules->modules[2];
	CHECK_NUMBER(app->address, types->app);
	CHECK_NUMBER(app->index, 2);
	CHECK_TEXT(app->path, "/app/App.dll");
	CHECK(!app->is_dynamic && !app->is_collectible && !app->image_mapped);
	CHECK(app->image_base && app->image_size);
	CHECK_OK(clr_module_metadata(heap, app, &metadata));
	CHECK_TEXT(clr_module_assembly_name(heap, app), "App");
	uint64_t address;
	REQUIRE(clr_module_rva(heap, app, BUILT_TEXT_RVA, &address));
	CHECK_NUMBER(address, app->image_base + BUILT_TEXT_OFFSET);
	CHECK(!clr_module_rva(heap, app, 0x7000000, &address));
}

TEST(listed_modules_8)
{
	listed_modules(FAKE_LAYOUT_8_0);
}

TEST(listed_modules_10)
{
	listed_modules(FAKE_LAYOUT_10_0);
}

TEST(assemblies_by_name)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	CHECK_OK(fake_types_open(types));
	struct clr_module *module;
	CHECK_OK(clr_module_find(&types->heap, "System.Runtime", &module));
	REQUIRE(module);
	CHECK_NUMBER(module->address, types->facade);
	CHECK(!types->heap.modules->modules[2]->metadata_tried);
	CHECK_OK(clr_module_find(&types->heap, "Nobody", &module));
	CHECK(!module);
}

/* The list says four, but its second block cannot be read; one module is not its assembly's. */
TEST(what_is_lost_is_counted)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t assembly = load_u64(fake_target_at(
		types->target, fake_types_field(types, types->facade, "Module", "Assembly"), 8));
	fake_types_set(types, types->facade, "Module", "Assembly", assembly + 8, 8);
	CHECK_OK(fake_types_open(types));
	CHECK_NUMBER(types->heap.modules->count, 2);
	CHECK_NUMBER(types->heap.modules->lost, 1);
	struct clr_module *module;
	CHECK_FAILS(clr_module_at(&types->heap, types->facade, &module), ERROR_BAD_DATA,
		    "no module");
	CHECK_FAILS(clr_module_at(&types->heap, 0x7fff0000, &module), ERROR_FAULT, "0x7fff");
	CHECK_FAILS(clr_module_at(&types->heap, 0, &module), ERROR_BAD_DATA, NULL);
}

TEST(modules_without_a_list_are_met_through_types)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	types->globals[0] = '\0';
	CHECK_OK(fake_types_open(types));
	const struct type *type;
	CHECK(types->heap.modules->list_cut);
	CHECK_NUMBER(types->heap.modules->count, 1); /* CoreLib, which the test asked for */
	uint64_t gateway = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_GATEWAY });
	CHECK_OK(type_at(&types->heap, gateway, &type));
	CHECK_OK(type_name_prepare(&types->heap, type));
	CHECK_TEXT(type_name(&types->heap, type, NULL), "Demo.Gateway");
	CHECK_NUMBER(types->heap.modules->count, 2);
}

TEST(metadata_that_is_not_there_says_so_every_time)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	struct clr_module *module;
	struct metadata *metadata;
	CHECK_OK(fake_types_open(types));
	CHECK_OK(clr_module_at(&types->heap, types->app, &module));
	fake_put(types->target, module->image_base, 0, 2);
	for (int i = 0; i < 2; i++)
		CHECK_FAILS(clr_module_metadata(&types->heap, module, &metadata), ERROR_BAD_DATA,
			    "/app/App.dll");
	CHECK(!clr_module_assembly_name(&types->heap, module));
	CHECK(types->heap.met_unnamed);
}

static const uint8_t *emitted(struct metadata_builder *builder, size_t *ret_size)
{
	BUILD_ROW(builder, TABLE_MODULE, 0, build_string(builder, "Emitted"), 0, 0, 0);
	BUILD_ROW(builder, TABLE_ASSEMBLY, 0, 0, 0, 0, 0, 0, 0, build_string(builder, "Emitted"),
		  0);
	return metadata_builder_finish(builder, ret_size);
}

/* Reflection.Emit: no image; the runtime keeps a snapshot of the metadata. */
static void dynamic_module(unsigned layout)
{
	NEW_TYPES(layout);
	CLEANUP(metadata_builder_cleanup) struct metadata_builder *builder = metadata_builder_new();
	size_t size;
	const uint8_t *bytes = emitted(builder, &size);
	uint64_t address = fake_types_module(types, NULL, NULL, 0);
	uint64_t assembly = load_u64(fake_target_at(
		types->target, fake_types_field(types, address, "Module", "Assembly"), 8));
	fake_types_set(types, assembly, "Assembly", "IsDynamic", 1, 1);
	fake_types_set(types, assembly, "Assembly", "IsCollectible", 1, 1);
	uint64_t snapshot = fake_types_allocate(types, size + 0x40), data = snapshot + 0x20;
	if (fake_types_has(types, "Module", "DynamicMetadata")) {
		data = fake_types_field(types, snapshot, "DynamicMetadata", "Data");
		fake_types_set(types, snapshot, "DynamicMetadata", "Size", size, 4);
		fake_types_set(types, address, "Module", "DynamicMetadata", snapshot, 8);
	} else {
		fake_types_set(types, snapshot, "SBuffer", "Size", size, 4);
		fake_types_set(types, snapshot, "SBuffer", "Buffer", data, 8);
		fake_types_set(types, address, "Module", "DynamicMetadataBuffer", snapshot, 8);
	}
	fake_put_bytes(types->target, data, bytes, size);
	CHECK_OK(fake_types_open(types));
	struct clr_module *module;
	struct metadata *metadata;
	CHECK_OK(clr_module_at(&types->heap, address, &module));
	CHECK(module->is_dynamic && module->is_collectible && !module->image_base);
	CHECK_TEXT(module->path, "");
	CHECK_OK(clr_module_metadata(&types->heap, module, &metadata));
	CHECK_TEXT(module->assembly_name, "Emitted");
}

TEST(dynamic_module_8)
{
	dynamic_module(FAKE_LAYOUT_8_0);
}

TEST(dynamic_module_10)
{
	dynamic_module(FAKE_LAYOUT_10_0);
}

static const struct tap_case cases[] = {
	CASE(listed_modules_8),
	CASE(listed_modules_10),
	CASE(assemblies_by_name),
	CASE(what_is_lost_is_counted),
	CASE(modules_without_a_list_are_met_through_types),
	CASE(metadata_that_is_not_there_says_so_every_time),
	CASE(dynamic_module_8),
	CASE(dynamic_module_10),
};
TAP_MAIN(cases)
