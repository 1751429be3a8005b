#include "attach/target/overlay_target.h"
#include "base/list.h"
#include "dump/images/module_files.h"
#include "tests/unit/bundle_builder.h"
#include "tests/unit/directory.h"
#include "tests/unit/pe_builder.h"
#include "tests/unit/tap.h"

/* The reason for the last refusal; without memory there is none. */
static bool reason_is(const struct module_files *files, const char *text)
{
	return strstr(module_files_reason(files), text) ||
	       !strcmp(module_files_reason(files), "out of memory");
}

struct scene {
	struct fake_target *fake; /* the overlay's */
	struct target *overlay;
	struct module_files *files;
};

static void scene_deinit(struct scene *scene)
{
	target_close(scene->overlay); /* in this order on purpose: the files may outlive it */
	module_files_free(scene->files);
}

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

/* An overlay over a target that holds `headers` bytes of the PE at the flat address. */
static struct error *pe_scene(struct scene *scene, const char *sysroot, size_t headers,
			      uint32_t timestamp)
{
	uint8_t pe[PE_BYTES];
	*scene = (struct scene){ .fake = fake_target_new(&architecture_x64) };
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

/* Asks for the managed module whose flat image is at `address`. */
static struct error *admit(struct scene *scene, uint64_t address, const char *path,
			   const uint8_t *mvid, bool *ret_admitted, bool *ret_unverified)
{
	struct managed_file file = { .flat = { address, 0, false }, .path = path, .mvid = mvid };
	return module_files_admit_pe(scene->files, &file, ret_admitted, ret_unverified);
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
	CHECK_OK(admit(&scene, flat, NULL, NULL, &admitted, &unverified));
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
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		DIRECTORY(sysroot);
		bool admitted = false, unverified = false;
		write_pe(&sysroot, "a.dll", files[i].timestamp, files[i].mvid);
		PE_SCENE(scene, sysroot.path, files[i].headers ? 0x200 : 0, 77);
		for (int again = 0; again < 2; again++) {
			CHECK_OK(admit(&scene, flat, NULL, files[i].know_mvid ? mvid : NULL,
				       &admitted, &unverified));
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
	CHECK_OK(admit(&scene, flat, NULL, NULL, &admitted, &unverified));
	CHECK(admitted && unverified);
	unverified = false;
	CHECK_OK(admit(&scene, loaded, NULL, NULL, &admitted, &unverified));
	CHECK(admitted && unverified);
}

TEST(without_proof_several_files_of_a_name_are_refused)
{
	DIRECTORY(sysroot);
	bool admitted = true, unverified = true;
	write_pe(&sysroot, "8.0/a.dll", 1, 1);
	write_pe(&sysroot, "9.0/a.dll", 2, 2);
	PE_SCENE(scene, sysroot.path, 0, 77);
	CHECK_OK(admit(&scene, flat, NULL, NULL, &admitted, &unverified));
	CHECK(!admitted && !unverified);
	CHECK(reason_is(scene.files, "different files are named a.dll"));
}

/* A package has its file twice (ref/, lib/ of the same build): that is no doubt. */
TEST(copies_of_one_file_are_one)
{
	DIRECTORY(sysroot);
	bool admitted = false, unverified = false;
	write_pe(&sysroot, "a/a.dll", 1, 1);
	write_pe(&sysroot, "b/c/a.dll", 1, 1);
	PE_SCENE(scene, sysroot.path, 0, 77);
	CHECK_OK(admit(&scene, flat, NULL, NULL, &admitted, &unverified));
	CHECK(admitted && unverified);
}

TEST(of_several_managed_files_the_proven_one_is_taken)
{
	static const char *const right[] = { "1/a.dll", "3/a.dll", "zz/y/a.dll" };
	uint8_t mvid[PE_FILE_MVID_BYTES];
	memset(mvid, 0x11, sizeof(mvid));
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		DIRECTORY(sysroot);
		bool admitted = false, unverified = true;
		write_pe(&sysroot, "app/a.dll", 77, 0x12);
		write_pe(&sysroot, "a.dll", 77, 0x13);
		write_pe(&sysroot, "2/a.dll", 77, 0x14);
		directory_write(&sysroot, "4/a.dll", "MZ", 2);
		write_pe(&sysroot, right[i], 77, 0x11);
		PE_SCENE(scene, sysroot.path, 0, 77);
		CHECK_OK(admit(&scene, flat, NULL, mvid, &admitted, &unverified));
		CHECK(admitted && !unverified);
	}
}

/* What the runtime's own structures say of a module refuses a file, and does not prove it. */
TEST(sizes_and_row_counts_refuse_a_file)
{
	static const struct {
		uint64_t flat_size, loaded_size;
		uint32_t type_refs, fields;
		bool admitted;
		const char *reason;
	} facts[] = {
		{ PE_BYTES, 0xa000, PE_TYPE_REFS, 0, true, "" },
		{ 0, 0, 0, 0, true, "" },
		{ PE_BYTES - 1, 0, 0, 0, false, "its size differs" },
		{ 0, 0xb000, 0, 0, false, "its size differs" },
		{ 0, 0, PE_TYPE_REFS - 1, 0, false, "number of types or members differs" },
		{ PE_BYTES, 0xa000, PE_TYPE_REFS, 1, false, "number of types or members differs" },
	};
	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		DIRECTORY(sysroot);
		bool admitted = false, unverified = false;
		write_pe(&sysroot, "app/a.dll", 77, 0x11);
		PE_SCENE(scene, sysroot.path, 0, 77);
		struct managed_file file = { .loaded = { loaded, facts[i].loaded_size, true },
					     .flat = { flat, facts[i].flat_size, false } };
		file.rows[PE_ROWS_TYPE_REF] = facts[i].type_refs;
		file.rows[PE_ROWS_FIELD] = facts[i].fields;
		CHECK_OK(module_files_admit_pe(scene.files, &file, &admitted, &unverified));
		CHECK_NUMBER(admitted, facts[i].admitted);
		CHECK_NUMBER(unverified, facts[i].admitted);
		CHECK(reason_is(scene.files, facts[i].reason));
	}
}

/* An unpacked image's absolute links lead to its own files, as its processes saw them. */
TEST(links_below_a_sysroot)
{
	DIRECTORY(sysroot);
	bool admitted = false, unverified = false;
	char path[128];
	write_pe(&sysroot, "releases/7/a.dll", 1, 1);
	write_pe(&sysroot, "other/a.dll", 2, 2);
	snprintf(path, sizeof(path), "%s/app", sysroot.path);
	REQUIRE(!symlink("/releases/7", path));
	snprintf(path, sizeof(path), "%s/loop", sysroot.path);
	REQUIRE(!symlink(".", path)); /* is not walked into */
	PE_SCENE(scene, sysroot.path, 0, 77);
	CHECK_OK(admit(&scene, flat, NULL, NULL, &admitted, &unverified));
	CHECK(admitted && unverified);
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
	CHECK_OK(admit(&scene, 0x30000000, NULL, NULL, &admitted, &unverified));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "nothing in the dump proves"));
	uint8_t mvid[PE_FILE_MVID_BYTES];
	memset(mvid, 0x11, sizeof(mvid));
	PE_SCENE(again, NULL, 0, 77);
	fake_target_mapping(again.fake, 0x30000000, 0x30003000, 0, path);
	CHECK_OK(admit(&again, 0x30000000, NULL, mvid, &admitted, &unverified));
	CHECK(admitted && !unverified);
}

TEST(what_is_mapped_nowhere)
{
	DIRECTORY(sysroot);
	bool admitted = true, unverified = true;
	write_pe(&sysroot, "c.dll", 77, 0x11);
	PE_SCENE(scene, sysroot.path, 0, 77);
	CHECK_OK(admit(&scene, 0x999, NULL, NULL, &admitted, &unverified));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "which file is mapped at 0x999"));
	CHECK_OK(admit(&scene, 0, "/x/c.dll", NULL, &admitted, &unverified));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "where /x/c.dll was in memory"));
}

/* A core without NT_FILE: the runtime alone knows where the images are. */
TEST(what_only_the_runtime_can_place)
{
	DIRECTORY(sysroot);
	bool admitted = false, unverified = false;
	uint8_t byte;
	write_pe(&sysroot, "c.dll", 77, 0x11);
	PE_SCENE(scene, sysroot.path, 0, 77);
	struct managed_file file = { .loaded = { 0x50000000, 0xa000, true },
				     .flat = { 0x60000000, PE_BYTES, false },
				     .path = "/x/c.dll" };
	CHECK_OK(module_files_admit_pe(scene.files, &file, &admitted, &unverified));
	CHECK(admitted && unverified);
	CHECK_OK(target_read(scene.overlay, 0x60000000 + 0x1000, &byte, 1));
	CHECK_NUMBER(byte, 'm');
	CHECK_OK(target_read(scene.overlay, 0x50000000 + 0x2c00, &byte, 1));
	CHECK_NUMBER(byte, 'm');
	CHECK_OK(target_read(scene.overlay, 0x50000000, &byte, 1));
	CHECK_NUMBER(byte, 'M');
	/* after the headers, and what loading changes */
	CHECK_NUMBER(target_read_some(scene.overlay, 0x50000400, &byte, 1), 0);
	CHECK_NUMBER(target_read_some(scene.overlay, 0x50000000 + PE_RELOCATED, &byte, 1), 0);
	CHECK_NUMBER(target_read_some(scene.overlay, 0x50006000, &byte, 1), 0);
}

/* A compressed single-file app: its assemblies are mapped from nowhere. */
TEST(an_assembly_in_a_compressed_bundle)
{
	static const struct {
		const char *path; /* as the runtime has it */
		uint8_t mvid;     /* of the target; 0: not in it */
		uint64_t claimed; /* by the manifest */
		bool admitted;
		const char *reason;
	} cases[] = {
		{ "/app/in.dll", 0x11, 0, true, "" },
		{ "in.dll", 0x11, 0, true, "" }, /* so the runtime writes a satellite's */
		{ "/app/in.dll", 0x12, 0, false, "MVID differs" },
		{ "/app/in.dll", 0x11, PE_BYTES - 1, false, "unpacks to more" },
		{ "/app/other.dll", 0x11, 0, false, "no file /app/other.dll" },
		{ "/elsewhere/in.dll", 0x11, 0, false, "no file /elsewhere/in.dll" },
		/* extracted by the host: "abc" is the bundle's id */
		{ "/tmp/x/single/abc/in.dll", 0, 0, true, "" },
		{ "/tmp/x/single/abd/in.dll", 0, 0, false, "no file /tmp/x/single/abd/in.dll" },
		{ "/tmp/x/abc", 0, 0, false, "no file /tmp/x/abc" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		DIRECTORY(sysroot);
		bool admitted = false, unverified = true;
		uint8_t pe[PE_BYTES], mvid[PE_FILE_MVID_BYTES], byte;
		memset(mvid, cases[i].mvid, sizeof(mvid));
		pe_build(pe, 77, 0x11);
		const struct bundled_file inside = { "in.dll", pe, sizeof(pe), true,
						     cases[i].claimed };
		struct built_bundle built;
		bundle_build(&inside, 1, &built);
		directory_write(&sysroot, "app/single", built.bytes, built.size);
		bundle_release(&built);
		PE_SCENE(scene, sysroot.path, 0, 0);
		fake_target_mapping(scene.fake, 0x40000000, 0x40004000, 0, "/app/single");
		CHECK_OK(admit(&scene, 0x70000000, cases[i].path, cases[i].mvid ? mvid : NULL,
			       &admitted, &unverified));
		CHECK_NUMBER(admitted, cases[i].admitted);
		CHECK(reason_is(scene.files, cases[i].reason));
		if (!admitted)
			continue;
		CHECK(!unverified);
		CHECK_OK(target_read(scene.overlay, 0x70001000, &byte, 1));
		CHECK_NUMBER(byte, 'm');
	}
}

/* The same executable with the assembly elsewhere in it: another build. */
TEST(a_bundle_that_has_the_assembly_elsewhere)
{
	DIRECTORY(sysroot);
	bool admitted = true, unverified = true;
	uint8_t pe[PE_BYTES];
	pe_build(pe, 77, 0x11);
	const struct bundled_file inside[] = { { "before.dll", pe, sizeof(pe), false, 0 },
					       { "in.dll", pe, sizeof(pe), false, 0 } };
	struct built_bundle built;
	bundle_build(inside, 2, &built);
	directory_write(&sysroot, "app/single", built.bytes, built.size);
	bundle_release(&built); /* its offsets stay */
	PE_SCENE(scene, sysroot.path, 0, 0);
	fake_target_mapping(scene.fake, 0x40000000, 0x40003000, 0x1000, "/app/single");
	fake_target_mapping(scene.fake, 0x41000000, 0x41003000, 0x3000, "/app/single");
	CHECK_OK(admit(&scene, 0x40000000, "/app/in.dll", NULL, &admitted, &unverified));
	CHECK(!admitted);
	CHECK(reason_is(scene.files, "has in.dll elsewhere"));
	CHECK_OK(admit(&scene, 0x41000000 + built.offsets[1] - 0x3000, "/app/in.dll", NULL,
		       &admitted, &unverified));
	CHECK(admitted && unverified);
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
	CHECK_OK(admit(&scene, 0x40000230, NULL, mvid, &admitted, &unverified));
	REQUIRE(admitted);
	CHECK_OK(target_read(scene.overlay, 0x40000230, &byte, 1));
	CHECK_NUMBER(byte, 'M');
	CHECK_OK(target_read(scene.overlay, 0x40000230 + 0x1000, &byte, 1));
	CHECK_NUMBER(byte, 'm');
	/* what is before it on the page is another file's, and not proven */
	CHECK_NUMBER(target_read_some(scene.overlay, 0x40000000, &byte, 1), 0);
}

static const struct tap_case cases[] = {
	CASE(a_managed_file_fills_its_mappings),
	CASE(what_proves_a_managed_file),
	CASE(a_file_does_not_prove_itself),
	CASE(without_proof_several_files_of_a_name_are_refused),
	CASE(copies_of_one_file_are_one),
	CASE(of_several_managed_files_the_proven_one_is_taken),
	CASE(sizes_and_row_counts_refuse_a_file),
	CASE(links_below_a_sysroot),
	CASE(without_proof_the_path_in_the_dump_is_refused),
	CASE(what_is_mapped_nowhere),
	CASE(what_only_the_runtime_can_place),
	CASE(an_assembly_in_a_compressed_bundle),
	CASE(a_bundle_that_has_the_assembly_elsewhere),
	CASE(an_assembly_inside_a_bundle),
};
TAP_MAIN(cases)
