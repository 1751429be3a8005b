#include "attach/target/overlay_target.h"
#include "base/list.h"
#include "dump/images/runtime_find.h"
#include "tests/unit/core_builder.h"
#include "tests/unit/tap.h"

#include <sys/stat.h>

/* The descriptor is in writable data, where MODULE_VARIABLE's text is. */
enum { DAC_TABLE = 0x2000, DESCRIPTOR = MODULE_VARIABLE };

static const struct module_symbol runtime_10[] = {
	{ "g_dacTable", DAC_TABLE, 1032, false },
	{ "DotNetRuntimeContractDescriptor", DESCRIPTOR, 8, false },
	{ NULL, 0, 0, false },
};
static const struct module_symbol runtime_8[] = {
	{ "g_dacTable", DAC_TABLE, 1240, false },
	{ NULL, 0, 0, false },
};
static const struct module_symbol core_3[] = {
	{ "coreclr_initialize", 0x100, 16, false },
	{ "g_dacTable", 0, 0, true },
	{ NULL, 0, 0, false },
};
static const struct module_symbol native_aot[] = {
	{ "DotNetRuntimeDebugHeader", 0x1300, 16, false },
	{ NULL, 0, 0, false },
};

static const struct module_shape library = { .machine = EM_X86_64,
					     .bias = 0x7f0000000000,
					     .relocated = true,
					     .build_id = 0xab,
					     .writable = true,
					     .symbols = runtime_10 };

struct scene {
	struct fake_target *fake; /* the overlay's, once there is one */
	struct target *overlay;
	struct module_files *files;
	struct arena arena;
	struct module_list list;
	struct runtime_location *locations;
	size_t count;
	char sysroot[64]; /* "": none */
};

static void scene_deinit(struct scene *scene)
{
	if (scene->overlay)
		target_close(scene->overlay);
	else
		target_close(&scene->fake->base);
	module_files_free(scene->files);
	arena_deinit(&scene->arena);
	if (scene->sysroot[0]) {
		char path[128];
		snprintf(path, sizeof(path), "%s/libcoreclr.so", scene->sysroot);
		remove(path);
		remove(scene->sysroot);
	}
}

#define SCENE(name)                                                                                \
	CLEANUP(scene_deinit)                                                                      \
	struct scene name = { .fake = fake_target_new(&architecture_x64) };                        \
	arena_init(&name.arena)

static struct error *find(struct scene *scene)
{
	TRY(overlay_target_new(&scene->fake->base, &scene->overlay));
	TRY(module_files_new(scene->overlay, scene->sysroot[0] ? scene->sysroot : NULL,
			     &scene->files));
	TRY(module_list_read(scene->overlay, &scene->arena, &scene->list));
	return runtime_find(scene->overlay, scene->files, &scene->list, &scene->arena, NULL,
			    &scene->locations, &scene->count);
}

static void write_file(struct scene *scene, const struct module_shape *shape)
{
	uint8_t image[MODULE_BYTES];
	struct module_shape file = *shape;
	char path[128];
	file.relocated = false;
	module_build(&file, image);
	snprintf(scene->sysroot, sizeof(scene->sysroot), "/tmp/clrpod-test-XXXXXX");
	if (!mkdtemp(scene->sysroot))
		abort();
	snprintf(path, sizeof(path), "%s/libcoreclr.so", scene->sysroot);
	FILE *out = fopen(path, "w");
	if (!out || fwrite(image, sizeof(image), 1, out) != 1 || fclose(out))
		abort();
}

static const uint64_t bias = 0x7f0000000000;

TEST(symbols_in_the_targets_own_memory)
{
	SCENE(scene);
	module_place(scene.fake, &library, "/usr/share/dotnet/libcoreclr.so");
	CHECK_OK(find(&scene));
	REQUIRE(scene.count == 1);
	CHECK_TEXT(scene.locations[0].found_by, "symbols");
	CHECK_NUMBER(scene.locations[0].descriptor, bias + DESCRIPTOR);
	CHECK_NUMBER(scene.locations[0].dac_table, bias + DAC_TABLE);
	CHECK_NUMBER(scene.locations[0].module.base, bias);
	CHECK_NUMBER(overlay_target_added_bytes(scene.overlay), 0);
}

TEST(a_runtime_without_descriptor)
{
	SCENE(scene);
	struct module_shape shape = library;
	shape.symbols = runtime_8;
	module_place(scene.fake, &shape, "/usr/share/dotnet/libcoreclr.so");
	CHECK_OK(find(&scene));
	REQUIRE(scene.count == 1);
	CHECK_TEXT(scene.locations[0].found_by, "symbols");
	CHECK_NUMBER(scene.locations[0].descriptor, 0);
	CHECK_NUMBER(scene.locations[0].dac_table, bias + DAC_TABLE);
}

/* A heap dump: the ELF header's bytes and .bss are there, symbol tables and data are not. */
static void place_heap_dump(struct scene *scene, size_t head)
{
	uint8_t image[MODULE_BYTES];
	module_build(&library, image);
	fake_target_bytes(scene->fake, bias, image, head);
	fake_target_zeros(scene->fake, bias + 0x2000, 0x3000);
	fake_target_mapping(scene->fake, bias, bias + MODULE_DATA, 0, "/net/libcoreclr.so");
	fake_target_mapping(scene->fake, bias + MODULE_DATA, bias + 0x2000, MODULE_DATA,
			    "/net/libcoreclr.so");
}

TEST(without_symbols_and_file_the_module_is_to_be_scanned)
{
	SCENE(scene);
	place_heap_dump(&scene, 0x240);
	CHECK_OK(find(&scene));
	REQUIRE(scene.count == 1);
	CHECK_TEXT(scene.locations[0].found_by, "scan");
	CHECK_NUMBER(scene.locations[0].descriptor, 0);
	CHECK_NUMBER(scene.locations[0].dac_table, 0);
	CHECK_NUMBER(scene.locations[0].module.end, bias + MODULE_BSS_END);
	CHECK(strstr(module_files_reason(scene.files), "no file") ||
	      !strcmp(module_files_reason(scene.files), "out of memory"));
}

TEST(the_file_gives_symbols_and_descriptor)
{
	SCENE(scene);
	uint8_t bytes[8];
	place_heap_dump(&scene, 0x240);
	write_file(&scene, &library);
	CHECK_OK(find(&scene));
	REQUIRE(scene.count == 1);
	CHECK_TEXT(scene.locations[0].found_by, "file");
	CHECK_NUMBER(scene.locations[0].descriptor, bias + DESCRIPTOR);
	CHECK_NUMBER(scene.locations[0].dac_table, bias + DAC_TABLE);
	CHECK_OK(target_read(scene.overlay, bias + DESCRIPTOR, bytes, 8));
	CHECK(!memcmp(bytes, "variable", 8));
}

/* As createdump writes them: the tables are there because it looked symbols up itself; the
 * descriptor is not. */
TEST(symbols_without_the_descriptors_bytes)
{
	for (int with_file = 0; with_file < 2; with_file++) {
		SCENE(scene);
		uint8_t image[MODULE_BYTES], byte;
		place_heap_dump(&scene, MODULE_DATA);
		module_build(&library, image);
		fake_target_bytes(scene.fake, bias + MODULE_DATA, image + MODULE_DATA, 0x200);
		if (with_file)
			write_file(&scene, &library);
		CHECK_OK(find(&scene));
		REQUIRE(scene.count == 1);
		CHECK_TEXT(scene.locations[0].found_by, with_file ? "file" : "symbols");
		CHECK_NUMBER(scene.locations[0].descriptor, bias + DESCRIPTOR);
		CHECK_NUMBER(target_read_some(scene.overlay, bias + DESCRIPTOR, &byte, 1),
			     with_file);
	}
}

TEST(a_file_of_another_build_does_not_help)
{
	SCENE(scene);
	struct module_shape other = library;
	place_heap_dump(&scene, 0x240);
	other.build_id = 0xac;
	write_file(&scene, &other);
	CHECK_OK(find(&scene));
	REQUIRE(scene.count == 1);
	CHECK_TEXT(scene.locations[0].found_by, "scan");
	CHECK_NUMBER(overlay_target_added_bytes(scene.overlay), 0);
}

TEST(the_runtime_in_the_main_program)
{
	SCENE(scene);
	struct module_shape libc = library;
	libc.symbols = core_3;
	libc.bias = 0x7e0000000000;
	module_place(scene.fake, &libc, "/usr/lib/libc.so.6");
	module_place(scene.fake, &library, "/app/single-file");
	fake_target_auxv(scene.fake, AT_ENTRY, bias + 0x100);
	CHECK_OK(find(&scene));
	REQUIRE(scene.count == 1);
	CHECK_TEXT(scene.locations[0].module.path, "/app/single-file");
	CHECK_NUMBER(scene.locations[0].dac_table, bias + DAC_TABLE);
}

TEST(a_main_program_without_symbols_is_to_be_scanned)
{
	SCENE(scene);
	uint8_t image[MODULE_BYTES];
	module_build(&library, image);
	fake_target_bytes(scene.fake, bias, image, 0x240);
	fake_target_mapping(scene.fake, bias, bias + MODULE_DATA, 0, "/app/single-file");
	fake_target_mapping(scene.fake, bias + MODULE_DATA, bias + 0x2000, MODULE_DATA,
			    "/app/single-file");
	fake_target_auxv(scene.fake, AT_ENTRY, bias + 0x100);
	CHECK_OK(find(&scene));
	REQUIRE(scene.count == 1);
	CHECK_TEXT(scene.locations[0].found_by, "scan");
	CHECK_TEXT(scene.locations[0].module.path, "/app/single-file");
}

TEST(what_is_no_coreclr_is_named)
{
	static const struct {
		const struct module_symbol *symbols;
		const char *path, *message;
	} programs[] = {
		{ native_aot, "/app/aot", "NativeAOT" },
		{ core_3, "/app/program", "no .NET runtime here: none of the 1 modules" },
		{ core_3, "/net/libcoreclr.so", "older than .NET 5" },
	};
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		SCENE(scene);
		struct module_shape shape = library;
		shape.symbols = programs[i].symbols;
		module_place(scene.fake, &shape, programs[i].path);
		fake_target_auxv(scene.fake, AT_ENTRY, bias + 0x100);
		CHECK_FAILS(find(&scene), ERROR_UNSUPPORTED, programs[i].message);
	}
	SCENE(scene);
	CHECK_FAILS(find(&scene), ERROR_UNSUPPORTED, "no headers of any program");
}

TEST(a_runtime_whose_header_is_missing_is_named)
{
	SCENE(scene);
	fake_target_mapping(scene.fake, bias, bias + MODULE_DATA, 0, "/net/libcoreclr.so");
	CHECK_FAILS(find(&scene), ERROR_UNSUPPORTED, "does not hold its ELF header");
	SCENE(cut);
	cut.fake->base.facts.missing_bytes = 4711;
	cut.fake->base.facts.whole_bytes = 9000;
	fake_target_mapping(cut.fake, bias, bias + MODULE_DATA, 0, "/net/libcoreclr.so");
	CHECK_FAILS(find(&cut), ERROR_UNSUPPORTED, "4711 of its 9000 bytes are not there");
}

TEST(two_runtimes_are_two_candidates)
{
	SCENE(scene);
	struct module_shape second = library;
	second.bias = 0x7e0000000000;
	second.symbols = runtime_8;
	module_place(scene.fake, &library, "/a/libcoreclr.so");
	module_place(scene.fake, &second, "/b/libcoreclr.so");
	CHECK_OK(find(&scene));
	CHECK_NUMBER(scene.count, 2);
}

static const struct tap_case cases[] = {
	CASE(symbols_in_the_targets_own_memory),
	CASE(a_runtime_without_descriptor),
	CASE(without_symbols_and_file_the_module_is_to_be_scanned),
	CASE(the_file_gives_symbols_and_descriptor),
	CASE(symbols_without_the_descriptors_bytes),
	CASE(a_file_of_another_build_does_not_help),
	CASE(the_runtime_in_the_main_program),
	CASE(a_main_program_without_symbols_is_to_be_scanned),
	CASE(what_is_no_coreclr_is_named),
	CASE(a_runtime_whose_header_is_missing_is_named),
	CASE(two_runtimes_are_two_candidates),
};
TAP_MAIN(cases)
