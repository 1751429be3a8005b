#include "attach/target/overlay_target.h"
#include "base/list.h"
#include "dump/images/module_files.h"
#include "tests/unit/core_builder.h"
#include "tests/unit/directory.h"
#include "tests/unit/tap.h"

static const struct module_symbol symbols[] = {
	{ "g_dacTable", 0x2000, 1032, false },
	{ NULL, 0, 0, false },
};

static const struct module_shape library = { .machine = EM_X86_64,
					     .bias = 0x7f0000000000,
					     .relocated = true,
					     .build_id = 0xab,
					     .writable = true,
					     .symbols = symbols };

/* The reason for the last refusal; without memory there is none. */
static bool reason_is(const struct module_files *files, const char *text)
{
	return strstr(module_files_reason(files), text) ||
	       !strcmp(module_files_reason(files), "out of memory");
}

/* ---- the scene: a target with the module's first page head and data, the rest is holes ---- */

struct scene {
	struct fake_target *fake; /* the overlay's */
	struct target *overlay;
	struct module_files *files;
	struct elf_module module;
};

static void scene_deinit(struct scene *scene)
{
	target_close(scene->overlay); /* in this order on purpose: the files may outlive it */
	module_files_free(scene->files);
}

static struct error *scene_init(struct scene *scene, const char *sysroot)
{
	uint8_t image[MODULE_BYTES];
	module_build(&library, image);
	*scene = (struct scene){ .fake = fake_target_new(&architecture_x64) };
	/* what a createdump heap dump holds: the header, and a little of the data */
	fake_target_bytes(scene->fake, library.bias, image, 0x240);
	fake_target_bytes(scene->fake, library.bias + 0x1900, "data", 4);
	fake_target_mapping(scene->fake, library.bias, library.bias + MODULE_DATA, 0,
			    "/opt/net/libcoreclr.so");
	scene->module = (struct elf_module){ .path = "/opt/net/libcoreclr.so",
					     .base = library.bias,
					     .end = library.bias + MODULE_BSS_END,
					     .bias = library.bias,
					     .dynamic = library.bias + MODULE_DYNAMIC,
					     .build_id_size = 20 };
	memset(scene->module.build_id, 0xab, 20);
	struct error *error = overlay_target_new(&scene->fake->base, &scene->overlay);
	if (error) {
		target_close(&scene->fake->base);
		return error;
	}
	return module_files_new(scene->overlay, sysroot, &scene->files);
}

#define SCENE(name, sysroot)                                                                       \
	CLEANUP(scene_deinit) struct scene name = { .fake = NULL };                                \
	CHECK_OK(scene_init(&name, sysroot))

/* The file of a shape, as the linker made it: nothing relocated. */
static void write_module(const struct directory *directory, const char *name,
			 const struct module_shape *shape)
{
	uint8_t image[MODULE_BYTES];
	struct module_shape file = *shape;
	file.relocated = false;
	module_build(&file, image);
	directory_write(directory, name, image, sizeof(image));
}

TEST(a_file_fills_the_read_only_segments)
{
	static const char *const places[] = { "opt/net/libcoreclr.so", "libcoreclr.so",
					      "deep/er/libcoreclr.so" };
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		DIRECTORY(sysroot);
		bool admitted = false;
		uint8_t bytes[8];
		uint64_t word;
		write_module(&sysroot, places[i], &library);
		SCENE(scene, sysroot.path);
		CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
		REQUIRE(admitted);
		CHECK_TEXT(module_files_reason(scene.files), "");
		CHECK_OK(target_read(scene.overlay, library.bias + MODULE_CONSTANT, bytes, 8));
		CHECK(!memcmp(bytes, "constant", 8));
		/* RELRO: relocated where that can be known, a hole where it depends on others */
		CHECK_OK(target_read(scene.overlay, library.bias + MODULE_POINTER, &word, 8));
		CHECK_NUMBER(word, library.bias + MODULE_CONSTANT);
		CHECK_NUMBER(
			target_read_some(scene.overlay, library.bias + MODULE_IMPORT, &word, 8), 0);
		/* .data is what only the dump knows */
		CHECK_NUMBER(
			target_read_some(scene.overlay, library.bias + MODULE_VARIABLE, bytes, 8),
			0);
		CHECK_OK(target_read(scene.overlay, library.bias + 0x1900, bytes, 4));
		CHECK(!memcmp(bytes, "data", 4));
		CHECK(elf_module_symbol(scene.overlay, &scene.module, "g_dacTable", &word));
		CHECK_NUMBER(word, library.bias + 0x2000);
	}
}

TEST(asking_twice_is_one_answer)
{
	DIRECTORY(sysroot);
	bool admitted = false;
	write_module(&sysroot, "libcoreclr.so", &library);
	SCENE(scene, sysroot.path);
	CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
	REQUIRE(admitted);
	uint64_t added = overlay_target_added_bytes(scene.overlay);
	admitted = false;
	CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
	CHECK(admitted);
	CHECK_NUMBER(overlay_target_added_bytes(scene.overlay), added);
}

TEST(another_build_is_refused)
{
	DIRECTORY(sysroot);
	struct module_shape other = library;
	bool admitted = true;
	other.build_id = 0xac;
	write_module(&sysroot, "opt/net/libcoreclr.so", &other);
	SCENE(scene, sysroot.path);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
		CHECK(!admitted);
		CHECK(reason_is(scene.files, "another build"));
		CHECK_NUMBER(overlay_target_added_bytes(scene.overlay), 0);
	}
}

TEST(of_several_builds_the_right_one_is_taken)
{
	DIRECTORY(sysroot);
	struct module_shape other = library;
	bool admitted = false;
	other.build_id = 0xac;
	write_module(&sysroot, "8.0/libcoreclr.so", &other);
	other.build_id = 0;
	write_module(&sysroot, "libcoreclr.so", &other);
	directory_write(&sysroot, "9.0/libcoreclr.so", "not ELF", 7);
	directory_write(&sysroot, "9.1/libcoreclr.so", "", 0);
	write_module(&sysroot, "10.0/native/libcoreclr.so", &library);
	SCENE(scene, sysroot.path);
	CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
	CHECK(admitted);
}

TEST(without_a_build_id_nothing_is_admitted)
{
	DIRECTORY(sysroot);
	struct module_shape other = library;
	bool admitted = true;
	other.build_id = 0;
	write_module(&sysroot, "libcoreclr.so", &other);
	SCENE(scene, sysroot.path);
	scene.module.build_id_size = 0;
	CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "does not hold the build-id"));
}

TEST(the_path_in_the_dump_is_looked_at_too)
{
	DIRECTORY(here);
	bool admitted = false;
	char path[128];
	write_module(&here, "libcoreclr.so", &library);
	snprintf(path, sizeof(path), "%s/libcoreclr.so", here.path);
	SCENE(scene, NULL);
	scene.module.path = path;
	CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
	CHECK(admitted);
	/* a process whose file was replaced: the mark is no part of the name */
	struct elf_module deleted = scene.module;
	char marked[160];
	snprintf(marked, sizeof(marked), "%s (deleted)", path);
	deleted.path = marked;
	admitted = false;
	CHECK_OK(module_files_admit_elf(scene.files, &deleted, &admitted));
	CHECK(admitted);
}

/* Of the two files of the same path only the target's is the one: ours has its build-id, too. */
TEST(a_target_with_files_of_its_own)
{
	DIRECTORY(here);
	DIRECTORY(its);
	bool admitted = true;
	char path[128], inner[160];
	write_module(&here, "libcoreclr.so", &library);
	snprintf(path, sizeof(path), "%s/libcoreclr.so", here.path);
	for (int with = 0; with < 2; with++) {
		SCENE(scene, NULL);
		scene.fake->root = its.path;
		scene.module.path = path;
		snprintf(inner, sizeof(inner), "%s", path + 1);
		if (with)
			write_module(&its, inner, &library);
		CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
		CHECK_NUMBER(admitted, with);
	}
}

TEST(paths_that_lead_elsewhere_are_not_opened)
{
	static const char *const paths[] = { "relative.so",      "",    "/", "/a/../../etc/passwd",
					     "/no/such/file.so", "/tmp" };
	DIRECTORY(sysroot);
	SCENE(scene, sysroot.path);
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		bool admitted = true;
		scene.module.path = paths[i];
		CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
		CHECK(!admitted);
		CHECK(reason_is(scene.files, "no file"));
	}
}

TEST(a_constant_in_writable_data)
{
	DIRECTORY(sysroot);
	bool admitted, laid = true;
	uint8_t bytes[8];
	write_module(&sysroot, "libcoreclr.so", &library);
	SCENE(scene, sysroot.path);
	CHECK_OK(module_files_lay_data(scene.files, &scene.module, library.bias + MODULE_VARIABLE,
				       8, &laid));
	CHECK(!laid); /* not admitted yet */
	CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
	CHECK_OK(module_files_lay_data(scene.files, &scene.module, library.bias + MODULE_VARIABLE,
				       8, &laid));
	CHECK(laid);
	CHECK_OK(target_read(scene.overlay, library.bias + MODULE_VARIABLE, bytes, 8));
	CHECK(!memcmp(bytes, "variable", 8));
	CHECK_OK(
		module_files_lay_data(scene.files, &scene.module, library.bias + 0x4000, 8, &laid));
	CHECK(!laid); /* .bss */
}

/* Files damaged at each word of their headers and dynamic section: never a crash. */
TEST(damaged_elf_files)
{
	static const uint64_t values[] = { 0, UINT64_MAX, UINT64_MAX - 0xfff, 0x1000 };
	uint8_t image[MODULE_BYTES];
	for (size_t at = 32; at < MODULE_DYNAMIC + 0x80;
	     at += at == 344 ? MODULE_DYNAMIC - 344 : 8) {
		for (size_t i = 0; i < COUNT_OF(values); i++) {
			DIRECTORY(sysroot);
			bool admitted, laid;
			struct module_shape file = library;
			file.relocated = false;
			module_build(&file, image);
			memcpy(image + at, &values[i], 8);
			directory_write(&sysroot, "libcoreclr.so", image, sizeof(image));
			SCENE(scene, sysroot.path);
			CHECK_OK(module_files_admit_elf(scene.files, &scene.module, &admitted));
			CHECK_OK(module_files_lay_data(scene.files, &scene.module,
						       library.bias + MODULE_VARIABLE, 8, &laid));
		}
	}
}

static const struct tap_case cases[] = {
	CASE(a_file_fills_the_read_only_segments),
	CASE(asking_twice_is_one_answer),
	CASE(another_build_is_refused),
	CASE(of_several_builds_the_right_one_is_taken),
	CASE(without_a_build_id_nothing_is_admitted),
	CASE(the_path_in_the_dump_is_looked_at_too),
	CASE(a_target_with_files_of_its_own),
	CASE(paths_that_lead_elsewhere_are_not_opened),
	CASE(a_constant_in_writable_data),
	CASE_ONCE(damaged_elf_files),
};
TAP_MAIN(cases)
