#include "heap/metadata/pe_image.h"

#include "base/list.h"
#include "tests/unit/metadata_builder.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define ARENA(name)                                                                                \
	CLEANUP(arena_deinit) struct arena name;                                                   \
	arena_init(&name)

enum { AT = 0x7f0000100000 };

/* Method bodies, what is none, and a field's data: 8 or 12 bytes each. */
static const char data[] =
	"\x1e\x02\x7b\x05\0\0\x04\x2a"         /* +0: tiny; ldarg.0; ldfld 04000005; ret */
	"data\0\0\0\0"                         /* +8 */
	"\x1b\x30\x04\0\x02\0\0\0\x01\0\0\x11" /* +16: fat, 4 deep, 2 bytes, sections */
	"\x17\x2a\0\0"                         /* +28: its code: ldc.i4.1; ret */
	"\0\0\0\0"                             /* +32: no kind of header */
	"\x03\x20\x08\0\x02\0\0\0\0\0\0\0"     /* +36: a fat header of 8 bytes */
	"\x03\x30\x08\0\0\0\x20\0\0\0\0\0";    /* +48: 2 MiB of code */

struct scene {
	struct metadata_builder *builder;
	struct built_image flat, mapped;
	struct fake_target *fake;
	struct reader reader;
};

static struct error *scene_init(struct scene *scene, bool is_64)
{
	size_t size = 0;
	scene->builder = metadata_builder_new();
	build_shop(scene->builder);
	const uint8_t *metadata = metadata_builder_finish(scene->builder, &size);
	scene->flat = build_pe_flat(metadata, size, data, sizeof(data), is_64);
	scene->mapped = build_pe_mapped(&scene->flat);
	scene->fake = fake_target_new(&architecture_x64);
	return reader_init(&scene->reader, &scene->fake->base);
}

static void scene_deinit(struct scene *scene)
{
	reader_deinit(&scene->reader);
	fake_target_cleanup(&scene->fake);
	built_image_cleanup(&scene->mapped);
	built_image_cleanup(&scene->flat);
	metadata_builder_cleanup(&scene->builder);
}

#define SCENE(name, is_64)                                                                         \
	CLEANUP(scene_deinit) struct scene name;                                                   \
	CHECK_OK(scene_init(&name, is_64))

static void check_image(struct scene *scene, const struct pe_image *image)
{
	ARENA(arena);
	struct metadata *metadata = NULL;
	uint64_t address = 0;
	uint32_t size = 0;
	uint8_t mvid[16];
	CHECK_NUMBER(image->size_of_image, scene->mapped.size);
	REQUIRE(pe_image_metadata(image, &address, &size));
	CHECK_NUMBER(size, scene->flat.metadata_size);
	CHECK_OK(metadata_open(&scene->reader, address, size, &arena, &metadata));
	REQUIRE(metadata_mvid(metadata, mvid));
	CHECK_NUMBER(mvid[0], 0xde);
	REQUIRE(pe_image_address_of_rva(image, BUILT_DATA_RVA + 8, 4, &address));
	const uint8_t *field = reader_borrow(&scene->reader, address, 4);
	REQUIRE(field);
	CHECK(!memcmp(field, "data", 4));
}

TEST(mapped_images)
{
	for (int is_64 = 0; is_64 < 2; is_64++) {
		SCENE(scene, is_64);
		struct pe_image image;
		uint64_t address = 0;
		fake_target_bytes(scene.fake, AT, scene.mapped.bytes, scene.mapped.size);
		CHECK_OK(pe_image_open(&scene.reader, AT, scene.mapped.size, true, &image));
		check_image(&scene, &image);
		CHECK(pe_image_address_of_rva(&image, BUILT_DATA_RVA, 1, &address));
		CHECK_NUMBER(address, AT + BUILT_DATA_RVA);
		CHECK(!pe_image_address_of_rva(&image, (uint32_t)scene.mapped.size - 3, 4,
					       &address));
		CHECK(!pe_image_address_of_rva(&image, UINT32_MAX, UINT32_MAX, &address));
		CHECK_OK(pe_image_open(&scene.reader, AT, 0, true, &image));
		CHECK_NUMBER(image.size_bytes, scene.mapped.size);
		check_image(&scene, &image);
	}
}

TEST(flat_images)
{
	for (int is_64 = 0; is_64 < 2; is_64++) {
		SCENE(scene, is_64);
		struct pe_image image;
		uint64_t address = 0;
		fake_target_bytes(scene.fake, AT, scene.flat.bytes, scene.flat.size);
		CHECK_OK(pe_image_open(&scene.reader, AT, scene.flat.size, false, &image));
		check_image(&scene, &image);
		CHECK(pe_image_address_of_rva(&image, BUILT_DATA_RVA, 1, &address));
		CHECK_NUMBER(address, AT + BUILT_DATA_RVA - BUILT_TEXT_RVA + BUILT_TEXT_OFFSET);
		CHECK(pe_image_address_of_rva(&image, 4, 4, &address)); /* headers */
		CHECK_NUMBER(address, AT + 4);
		CHECK(!pe_image_address_of_rva(&image, BUILT_TEXT_OFFSET, 1, &address));
		CHECK(!pe_image_address_of_rva(&image, (uint32_t)scene.mapped.size, 1, &address));
		CHECK_OK(pe_image_open(&scene.reader, AT, 0, false, &image));
		CHECK_NUMBER(image.size_bytes, scene.flat.size);
		check_image(&scene, &image);
	}
}

/* A section longer in memory than in the file: the rest is zeros that a flat image does not hold.
 */
TEST(what_the_file_does_not_hold)
{
	SCENE(scene, true);
	struct pe_image image;
	uint64_t address = 0;
	uint32_t virtual_size = 0x8000, end = (uint32_t)scene.mapped.size;
	memcpy(scene.flat.bytes + 0x80 + 24 + 240 + 8, &virtual_size, sizeof(virtual_size));
	fake_target_bytes(scene.fake, AT, scene.flat.bytes, scene.flat.size);
	fake_target_zeros(scene.fake, AT + scene.flat.size, 0x8000);
	CHECK_OK(pe_image_open(&scene.reader, AT, scene.flat.size + 0x8000, false, &image));
	CHECK(pe_image_address_of_rva(&image, end - 4, 4, &address));
	CHECK(!pe_image_address_of_rva(&image, end - 3, 4, &address));
}

TEST(method_bodies)
{
	SCENE(scene, true);
	struct pe_image image;
	struct method_body body;
	fake_target_bytes(scene.fake, AT, scene.flat.bytes, scene.flat.size);
	CHECK_OK(pe_image_open(&scene.reader, AT, scene.flat.size, false, &image));
	CHECK_OK(pe_image_method_body(&image, &scene.reader, BUILT_DATA_RVA, &body));
	CHECK_NUMBER(body.il_size, 7);
	CHECK_NUMBER(body.il_address, AT + BUILT_TEXT_OFFSET + 72 + 1);
	CHECK_OK(pe_image_method_body(&image, &scene.reader, BUILT_DATA_RVA + 16, &body));
	CHECK_NUMBER(body.il_size, 2);
	CHECK_NUMBER(body.il_address, AT + BUILT_TEXT_OFFSET + 72 + 16 + 12);
	CHECK_FAILS(pe_image_method_body(&image, &scene.reader, 0, &body), ERROR_NOT_FOUND,
		    "no IL body");
	CHECK_FAILS(pe_image_method_body(&image, &scene.reader, 0x9000, &body), ERROR_BAD_DATA,
		    "outside");
	CHECK_FAILS(pe_image_method_body(&image, &scene.reader, BUILT_DATA_RVA + 32, &body),
		    ERROR_BAD_DATA, "no known kind");
	CHECK_FAILS(pe_image_method_body(&image, &scene.reader, BUILT_DATA_RVA + 36, &body),
		    ERROR_BAD_DATA, "impossible size");
	CHECK_FAILS(pe_image_method_body(&image, &scene.reader, BUILT_DATA_RVA + 48, &body),
		    ERROR_BAD_DATA, "does not fit");
}

static void check_damage(struct scene *scene, size_t offset, uint32_t number, unsigned width,
			 enum error_code code, const char *text)
{
	struct pe_image image;
	uint8_t kept[4];
	uint8_t *at = fake_target_at(scene->fake, AT + offset, width);
	CLEANUP(reader_deinit) struct reader reader;
	CHECK_OK(reader_init(&reader, &scene->fake->base));
	memcpy(kept, at, width);
	memcpy(at, &number, width);
	CHECK_FAILS(pe_image_open(&reader, AT, scene->flat.size, false, &image), code, text);
	memcpy(at, kept, width);
}

TEST(what_is_no_managed_image)
{
	SCENE(scene, true);
	struct pe_image image;
	enum { PE = 0x80, OPTIONAL = PE + 24, CLI = OPTIONAL + 112 + 14 * 8 };
	fake_target_bytes(scene.fake, AT, scene.flat.bytes, scene.flat.size);
	check_damage(&scene, 0, 'E', 1, ERROR_BAD_DATA, "MZ");
	check_damage(&scene, 0x3c, 0x7fffffff, 4, ERROR_BAD_DATA, "beyond");
	check_damage(&scene, PE, 'X', 1, ERROR_BAD_DATA, "signature PE");
	check_damage(&scene, PE + 6, 97, 2, ERROR_BAD_DATA, "sections");
	check_damage(&scene, PE + 20, 0, 2, ERROR_BAD_DATA, "magic");
	check_damage(&scene, PE + 20, 100, 2, ERROR_BAD_DATA, "too short");
	check_damage(&scene, OPTIONAL, 0x107, 2, ERROR_BAD_DATA, "magic");
	check_damage(&scene, OPTIONAL + 108, 14, 4, ERROR_UNSUPPORTED, "native");
	check_damage(&scene, CLI, 0, 4, ERROR_UNSUPPORTED, "native");
	check_damage(&scene, CLI + 4, 71, 4, ERROR_UNSUPPORTED, "native");
	check_damage(&scene, CLI, 0x70000000, 4, ERROR_BAD_DATA, "CLI header lies outside");
	CHECK_FAILS(pe_image_open(&scene.reader, AT - 0x10000, 0, true, &image), ERROR_FAULT,
		    "MS-DOS header");
	CHECK_FAILS(pe_image_open(&scene.reader, UINT64_MAX - 10, 0, true, &image), ERROR_BAD_DATA,
		    "beyond");
}

/* A heap dump that lacks pages of the image. */
TEST(headers_on_a_hole)
{
	SCENE(scene, true);
	struct pe_image image;
	struct method_body body;
	fake_target_bytes(scene.fake, AT, scene.mapped.bytes, 0x1000);
	CHECK_FAILS(pe_image_open(&scene.reader, AT, scene.mapped.size, true, &image), ERROR_FAULT,
		    "CLI header");
	fake_target_bytes(scene.fake, AT + 0x100000, scene.mapped.bytes, 0x90);
	CHECK_FAILS(pe_image_open(&scene.reader, AT + 0x100000, 0, true, &image), ERROR_FAULT,
		    "PE header");
	fake_target_bytes(scene.fake, AT + 0x200000, scene.mapped.bytes, BUILT_DATA_RVA);
	CHECK_OK(pe_image_open(&scene.reader, AT + 0x200000, 0, true, &image));
	CHECK_FAILS(pe_image_method_body(&image, &scene.reader, BUILT_DATA_RVA, &body), ERROR_FAULT,
		    "method header");
}

/* Real assemblies, where a runtime is installed. */

static const char *const frameworks[] = { "/usr/share/dotnet/shared/Microsoft.NETCore.App",
					  "/usr/lib/dotnet/shared/Microsoft.NETCore.App" };

static bool find_core_library(char *path, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(frameworks); i++) {
		DIR *directory = opendir(frameworks[i]);
		struct dirent *entry = NULL;
		bool found = false;
		while (directory && !found && (entry = readdir(directory))) {
			snprintf(path, size, "%s/%s/System.Private.CoreLib.dll", frameworks[i],
				 entry->d_name);
			found = entry->d_name[0] != '.' && access(path, R_OK) == 0;
		}
		if (directory)
			closedir(directory);
		if (found)
			return true;
	}
	return false;
}

static void check_core_library(const uint8_t *file, size_t file_size)
{
	ARENA(arena);
	struct metadata *metadata = NULL;
	struct assembly_name assembly;
	struct type_def type;
	struct member field;
	struct pe_image image;
	uint64_t address = 0;
	uint32_t size = 0;
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_x64);
	fake->lends = true;
	fake_target_bytes(fake, AT, file, file_size);
	CLEANUP(reader_deinit) struct reader reader;
	CHECK_OK(reader_init(&reader, &fake->base));
	CHECK_OK(pe_image_open(&reader, AT, file_size, false, &image));
	REQUIRE(pe_image_metadata(&image, &address, &size));
	CHECK_OK(metadata_open(&reader, address, size, &arena, &metadata));
	CHECK(arena.total_bytes < 4096);
	REQUIRE(metadata_assembly(metadata, &assembly));
	CHECK_TEXT(assembly.name, "System.Private.CoreLib");
	CHECK(metadata_assembly_attribute(metadata, "AssemblyFileVersionAttribute", &arena));
	uint32_t row = metadata_find_type(metadata, "System", "String", 0);
	REQUIRE(metadata_type_def(metadata, row, &type));
	REQUIRE(metadata_field(metadata, type.first_field, &field));
	CHECK_NUMBER(metadata_field_owner(metadata, type.first_field), row);
	row = metadata_find_type(metadata, "System.Collections.Generic", "Dictionary`2", 0);
	REQUIRE(row);
	CHECK_NUMBER(metadata_generic_parameter_count(metadata, token_make(TABLE_TYPE_DEF, row)),
		     2);
	CHECK(metadata_find_type(metadata, "", "Entry", row));
	row = metadata_find_type(metadata, "System", "AttributeTargets", 0);
	CHECK(metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, row), "FlagsAttribute"));
}

TEST(the_installed_core_library)
{
	char path[512];
	struct stat status;
	if (!find_core_library(path, sizeof(path)))
		SKIP("no .NET runtime is installed on this machine");
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC);
	REQUIRE(fd >= 0 && !fstat(fd, &status));
	size_t size = (size_t)status.st_size;
	uint8_t *file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	REQUIRE(file != MAP_FAILED);
	check_core_library(file, size);
	munmap(file, size);
}

static const struct tap_case cases[] = {
	CASE(mapped_images),
	CASE(flat_images),
	CASE(what_the_file_does_not_hold),
	CASE(method_bodies),
	CASE(what_is_no_managed_image),
	CASE(headers_on_a_hole),
	CASE_ONCE(the_installed_core_library),
};
TAP_MAIN(cases)
