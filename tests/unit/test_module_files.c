#include "dump/module_files.h"
#include "dump/overlay_target.h"
#include "dump/pe_file.h"
#include "tests/unit/core_builder.h"
#include "tests/unit/pe_builder.h"
#include "tests/unit/tap.h"

#include <ftw.h>
#include <sys/stat.h>

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

/* ---- a directory of files ---- */

struct directory {
	char path[64];
};

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

static void directory_remove(struct directory *directory)
{
	nftw(directory->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void directory_make(struct directory *directory)
{
	snprintf(directory->path, sizeof(directory->path), "/tmp/clrpod-test-XXXXXX");
	if (!mkdtemp(directory->path))
		abort();
}

#define DIRECTORY(name)                                                                            \
	CLEANUP(directory_remove) struct directory name;                                           \
	directory_make(&name)

/* The reason for the last refusal; without memory there is none. */
static bool reason_is(const struct module_files *files, const char *text)
{
	return strstr(module_files_reason(files), text) ||
	       !strcmp(module_files_reason(files), "out of memory");
}

/* Writes DIRECTORY/name, making the folders in between. */
static void directory_write(const struct directory *directory, const char *name, const void *bytes,
			    size_t size)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", directory->path, name);
	for (char *slash = path + strlen(directory->path) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		abort();
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
	*scene = (struct scene){ .fake = fake_target_new(ARCHITECTURE_X64) };
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
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
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

TEST(paths_that_lead_elsewhere_are_not_opened)
{
	static const char *const paths[] = { "relative.so",      "",    "/", "/a/../../etc/passwd",
					     "/no/such/file.so", "/tmp" };
	DIRECTORY(sysroot);
	SCENE(scene, sysroot.path);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
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
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
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

/* ---- managed files ---- */

static const uint64_t flat = 0x10000000, loaded = 0x20000000;

/* Maps /app/a.dll twice, as the runtime does: whole, and section by section. */
static void map_pe(struct scene *scene, uint64_t file_offset)
{
	struct fake_target *fake = scene->fake;
	fake_target_mapping(fake, flat, flat + 0x3000, file_offset, "/app/a.dll");
	fake_target_mapping(fake, loaded, loaded + 0x1000, file_offset, "/app/a.dll");
	fake_target_mapping(fake, loaded + 0x1c00, loaded + 0x4400, file_offset, "/app/a.dll");
	fake_target_mapping(fake, loaded + 0x5c00, loaded + 0x6c00, file_offset + 0x2000,
			    "/app/a.dll");
}

/* The same scene, but the target holds `headers` bytes of the PE at the flat address. */
static struct error *pe_scene(struct scene *scene, const char *sysroot, size_t headers,
			      uint32_t timestamp)
{
	uint8_t pe[PE_BYTES];
	*scene = (struct scene){ .fake = fake_target_new(ARCHITECTURE_X64) };
	pe_build(pe, timestamp, 0x11);
	if (headers)
		fake_target_bytes(scene->fake, flat, pe, headers);
	map_pe(scene, 0);
	struct error *error = overlay_target_new(&scene->fake->base, &scene->overlay);
	if (error) {
		target_close(&scene->fake->base);
		return error;
	}
	return module_files_new(scene->overlay, sysroot, &scene->files);
}

static void write_pe(const struct directory *directory, const char *name, uint32_t timestamp,
		     uint8_t mvid)
{
	uint8_t pe[PE_BYTES];
	pe_build(pe, timestamp, mvid);
	directory_write(directory, name, pe, sizeof(pe));
}

#define PE_SCENE(name, sysroot, headers, timestamp)                                                \
	CLEANUP(scene_deinit) struct scene name = { .fake = NULL };                                \
	CHECK_OK(pe_scene(&name, sysroot, headers, timestamp))

TEST(a_managed_file_fills_its_mappings)
{
	DIRECTORY(sysroot);
	bool admitted = false, unverified = true;
	uint8_t byte;
	write_pe(&sysroot, "app/a.dll", 77, 0x11);
	PE_SCENE(scene, sysroot.path, 0x200, 77);
	CHECK_OK(module_files_admit_pe(scene.files, flat, NULL, NULL, &admitted, &unverified));
	REQUIRE(admitted);
	CHECK(!unverified);
	/* the flat mapping: all of it */
	CHECK_OK(target_read(scene.overlay, flat + 0x1000, &byte, 1));
	CHECK_NUMBER(byte, 'm');
	CHECK_OK(target_read(scene.overlay, flat + 0x1400, &byte, 1));
	CHECK_NUMBER(byte, 'r');
	CHECK_OK(target_read(scene.overlay, flat + PE_DATA, &byte, 1));
	CHECK_NUMBER(target_read_some(scene.overlay, flat + PE_BYTES, &byte, 1), 0);
	/* the loaded one: RVA 0x2000 is file offset 0x400; not what loading changed */
	CHECK_OK(target_read(scene.overlay, loaded + 0x2c00, &byte, 1));
	CHECK_NUMBER(byte, 'm');
	CHECK_NUMBER(target_read_some(scene.overlay, loaded + PE_RELOCATED, &byte, 1), 0);
	CHECK_NUMBER(target_read_some(scene.overlay, loaded + PE_RELOCATED + 0xfff, &byte, 1), 0);
	CHECK_OK(target_read(scene.overlay, loaded + PE_RELOCATED + 0x1000, &byte, 1));
	CHECK_NUMBER(target_read_some(scene.overlay, loaded + 0x6000, &byte, 1), 0);
}

TEST(what_proves_a_managed_file)
{
	static const struct {
		uint32_t timestamp; /* of the file; the target's is 77 */
		uint8_t mvid;       /* of the file; the target's is 0x11 */
		bool headers, know_mvid;
		bool admitted, unverified;
		const char *reason;
	} files[] = {
		{ 77, 0x11, true, true, true, false, "" },
		{ 77, 0x11, true, false, true, false, "" },
		{ 78, 0x11, false, true, true, false, "" },
		{ 78, 0x12, false, false, true, true, "" }, /* the user vouches for --sysroot */
		{ 78, 0x11, true, true, false, false, "PE headers differ" },
		{ 77, 0x12, true, true, false, false, "MVID differs" },
		{ 77, 0x12, false, true, false, false, "MVID differs" },
	};
	uint8_t mvid[PE_FILE_MVID_BYTES];
	memset(mvid, 0x11, sizeof(mvid));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		DIRECTORY(sysroot);
		bool admitted = false, unverified = false;
		write_pe(&sysroot, "a.dll", files[i].timestamp, files[i].mvid);
		PE_SCENE(scene, sysroot.path, files[i].headers ? 0x200 : 0, 77);
		for (int again = 0; again < 2; again++) {
			CHECK_OK(module_files_admit_pe(scene.files, flat, NULL,
						       files[i].know_mvid ? mvid : NULL, &admitted,
						       &unverified));
			CHECK_NUMBER(admitted, files[i].admitted);
			CHECK_NUMBER(unverified, files[i].unverified);
			CHECK(reason_is(scene.files, files[i].reason));
		}
	}
}

/* What an unproven file was laid under must not prove it when it is asked for again elsewhere. */
TEST(a_file_does_not_prove_itself)
{
	DIRECTORY(sysroot);
	bool admitted = false, unverified = false;
	write_pe(&sysroot, "a.dll", 77, 0x11);
	PE_SCENE(scene, sysroot.path, 0, 77);
	CHECK_OK(module_files_admit_pe(scene.files, flat, NULL, NULL, &admitted, &unverified));
	CHECK(admitted && unverified);
	unverified = false;
	CHECK_OK(module_files_admit_pe(scene.files, loaded, NULL, NULL, &admitted, &unverified));
	CHECK(admitted && unverified);
}

TEST(without_proof_several_files_of_a_name_are_refused)
{
	DIRECTORY(sysroot);
	bool admitted = true, unverified = true;
	write_pe(&sysroot, "8.0/a.dll", 1, 1);
	write_pe(&sysroot, "9.0/a.dll", 2, 2);
	PE_SCENE(scene, sysroot.path, 0, 77);
	CHECK_OK(module_files_admit_pe(scene.files, flat, NULL, NULL, &admitted, &unverified));
	CHECK(!admitted && !unverified);
	CHECK(reason_is(scene.files, "several files are named a.dll"));
}

TEST(without_proof_the_path_in_the_dump_is_refused)
{
	DIRECTORY(here);
	bool admitted = true, unverified = true;
	char path[128];
	write_pe(&here, "b.dll", 77, 0x11);
	snprintf(path, sizeof(path), "%s/b.dll", here.path);
	PE_SCENE(scene, NULL, 0, 77);
	fake_target_mapping(scene.fake, 0x30000000, 0x30003000, 0, path);
	CHECK_OK(
		module_files_admit_pe(scene.files, 0x30000000, NULL, NULL, &admitted, &unverified));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "nothing in the dump proves"));
	uint8_t mvid[PE_FILE_MVID_BYTES];
	memset(mvid, 0x11, sizeof(mvid));
	CHECK_OK(module_files_admit_pe(scene.files, 0, path, mvid, &admitted, &unverified));
	CHECK(admitted && !unverified);
}

TEST(what_is_mapped_nowhere)
{
	DIRECTORY(sysroot);
	bool admitted = true, unverified = true;
	write_pe(&sysroot, "c.dll", 77, 0x11);
	PE_SCENE(scene, sysroot.path, 0, 77);
	CHECK_OK(module_files_admit_pe(scene.files, 0x999, NULL, NULL, &admitted, &unverified));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "which file is mapped at 0x999"));
	CHECK_OK(module_files_admit_pe(scene.files, 0, "/x/c.dll", NULL, &admitted, &unverified));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "where /x/c.dll was mapped"));
}

/* A single-file app: the assembly begins inside the executable, not on a page. */
TEST(an_assembly_inside_a_bundle)
{
	DIRECTORY(sysroot);
	bool admitted = false, unverified = true;
	uint8_t *bundle = scenery_allocate(0x10000), byte;
	memset(bundle, 'E', 0x5230);
	pe_build(bundle + 0x5230, 77, 0x11);
	directory_write(&sysroot, "app/single", bundle, 0x10000);
	scenery_free(bundle);
	PE_SCENE(scene, sysroot.path, 0, 0);
	fake_target_mapping(scene.fake, 0x40000000, 0x40004000, 0x5000, "/app/single");
	uint8_t mvid[PE_FILE_MVID_BYTES];
	memset(mvid, 0x11, sizeof(mvid));
	CHECK_OK(
		module_files_admit_pe(scene.files, 0x40000230, NULL, mvid, &admitted, &unverified));
	REQUIRE(admitted);
	CHECK_OK(target_read(scene.overlay, 0x40000230, &byte, 1));
	CHECK_NUMBER(byte, 'M');
	CHECK_OK(target_read(scene.overlay, 0x40000230 + 0x1000, &byte, 1));
	CHECK_NUMBER(byte, 'm');
	/* what stands before it on the page is another file's, and not proven */
	CHECK_NUMBER(target_read_some(scene.overlay, 0x40000000, &byte, 1), 0);
}

static const struct tap_case cases[] = {
	CASE(a_file_fills_the_read_only_segments),
	CASE(asking_twice_is_one_answer),
	CASE(another_build_is_refused),
	CASE(of_several_builds_the_right_one_is_taken),
	CASE(without_a_build_id_nothing_is_admitted),
	CASE(the_path_in_the_dump_is_looked_at_too),
	CASE(paths_that_lead_elsewhere_are_not_opened),
	CASE(a_constant_in_writable_data),
	CASE_ONCE(damaged_elf_files),
	CASE(a_managed_file_fills_its_mappings),
	CASE(what_proves_a_managed_file),
	CASE(a_file_does_not_prove_itself),
	CASE(without_proof_several_files_of_a_name_are_refused),
	CASE(without_proof_the_path_in_the_dump_is_refused),
	CASE(what_is_mapped_nowhere),
	CASE(an_assembly_inside_a_bundle),
};
TAP_MAIN(cases)
