#include "attach/target/overlay_target.h"
#include "dump/images/bundle_file.h"
#include "dump/images/module_files_internal.h"
#include "tests/unit/bundle_builder.h"
#include "tests/unit/directory.h"
#include "tests/unit/pe_builder.h"
#include "tests/unit/tap.h"

static const volatile sig_atomic_t stop = SIGINT;
static const struct task stopped = { .stop = &stop };

/* A program with one compressed assembly. */
static void build(struct built_bundle *built)
{
	uint8_t pe[PE_BYTES];
	pe_build(pe, 77, 0x11);
	const struct bundled_file inside = { "in.dll", pe, sizeof(pe), true, 0 };
	bundle_build(&inside, 1, built);
}

TEST(unpacking_can_be_stopped)
{
	CLEANUP(bundle_release) struct built_bundle built;
	struct bundle_file bundle;
	struct bundle_entry entry;
	uint8_t *bytes;
	build(&built);
	REQUIRE(bundle_file_read(built.bytes, built.size, &bundle));
	REQUIRE(bundle_file_find(&bundle, "in.dll", &entry));
	CHECK_FAILS(bundle_file_unpack(&bundle, &entry, &stopped, &bytes), ERROR_CANCELLED,
		    "unpacking a file");
}

/* More than a step, with an end that is not a step's. */
TEST(a_file_of_several_steps)
{
	enum { SIZE = 9 * 1024 * 1024 + 5 };
	uint8_t *plain = scenery_allocate(SIZE), *bytes = NULL;
	for (size_t i = 0; i < SIZE; i++)
		plain[i] = (uint8_t)(i / 100000);
	const struct bundled_file inside = { "large", plain, SIZE, true, 0 };
	CLEANUP(bundle_release) struct built_bundle built;
	struct bundle_file bundle;
	struct bundle_entry entry;
	bundle_build(&inside, 1, &built);
	REQUIRE(bundle_file_read(built.bytes, built.size, &bundle));
	REQUIRE(bundle_file_find(&bundle, "large", &entry));
	CHECK_OK(bundle_file_unpack(&bundle, &entry, NULL, &bytes));
	CHECK(bytes && !memcmp(bytes, plain, SIZE));
	free(bytes);
	scenery_free(plain);
}

struct scene {
	struct target *overlay;
	struct module_files *files;
};

static void scene_deinit(struct scene *scene)
{
	module_files_free(scene->files);
	target_close(scene->overlay);
}

/* A target that has the program, which is below `sysroot`, mapped. */
static struct error *scene_open(const struct directory *sysroot, struct scene *ret)
{
	struct built_bundle built;
	struct fake_target *fake = fake_target_new(&architecture_x64);
	build(&built);
	directory_write(sysroot, "app/single", built.bytes, built.size);
	bundle_release(&built);
	fake_target_mapping(fake, 0x40000000, 0x40004000, 0, "/app/single");
	struct error *error = overlay_target_new(&fake->base, &ret->overlay);
	if (error) {
		target_close(&fake->base);
		return error;
	}
	return module_files_new(ret->overlay, sysroot->path, &ret->files);
}

static struct error *admit(struct scene *scene, bool *ret_admitted)
{
	bool unverified;
	const struct managed_file file = {
		.flat = { 0x70000000, PE_BYTES, false },
		.path = "/app/in.dll",
	};
	return module_files_admit_pe(scene->files, &file, ret_admitted, &unverified);
}

TEST(the_files_of_bundles_have_a_bound_together)
{
	DIRECTORY(sysroot);
	CLEANUP(scene_deinit) struct scene scene = { 0 };
	bool admitted = true;
	CHECK_OK(scene_open(&sysroot, &scene));
	scene.files->unpacked_bytes = LIMIT_BUNDLED_BYTES - PE_BYTES + 1;
	CHECK_OK(admit(&scene, &admitted));
	CHECK(!admitted);
	CHECK(strstr(module_files_reason(scene.files), "unpacked from bundles would be more") ||
	      !strcmp(module_files_reason(scene.files), "out of memory"));
}

TEST(up_to_the_bound_they_are_taken)
{
	DIRECTORY(sysroot);
	CLEANUP(scene_deinit) struct scene scene = { 0 };
	bool admitted = false;
	CHECK_OK(scene_open(&sysroot, &scene));
	scene.files->unpacked_bytes = LIMIT_BUNDLED_BYTES - PE_BYTES;
	CHECK_OK(admit(&scene, &admitted));
	CHECK(admitted);
	CHECK(scene.files->unpacked_bytes == LIMIT_BUNDLED_BYTES);
}

/* The listing of the directory, then the unpacking; what was stopped can be asked for again. */
TEST(admitting_can_be_stopped)
{
	DIRECTORY(sysroot);
	CLEANUP(scene_deinit) struct scene scene = { 0 };
	bool admitted = true;
	CHECK_OK(scene_open(&sysroot, &scene));
	module_files_set_task(scene.files, &stopped);
	CHECK_FAILS(admit(&scene, &admitted), ERROR_CANCELLED, "looking for files below --sysroot");
	CHECK(!admitted);
	module_files_set_task(scene.files, NULL);
	CHECK_OK(admit(&scene, &admitted));
	CHECK(admitted);
}

static const struct tap_case cases[] = {
	CASE(unpacking_can_be_stopped),
	CASE_ONCE(a_file_of_several_steps),
	CASE(the_files_of_bundles_have_a_bound_together),
	CASE(up_to_the_bound_they_are_taken),
	CASE(admitting_can_be_stopped),
};
TAP_MAIN(cases)
