#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "dump/images/bundle_file.h"
#include "tests/unit/bundle_builder.h"
#include "tests/unit/tap.h"

enum { PLAIN = 300, LONG = 5000 };

static uint8_t plain[PLAIN], lengthy[LONG];
static char long_path[400];

/* A file as it is, a compressed one, one with a path of more than 127 bytes. */
static void build(struct built_bundle *built, uint64_t claimed_size)
{
	memset(plain, 'p', sizeof(plain));
	for (size_t i = 0; i < sizeof(lengthy); i++)
		lengthy[i] = (uint8_t)(i / 7);
	memset(long_path, 'd', sizeof(long_path) - 1);
	const struct bundled_file files[] = {
		{ "Plain.dll", plain, sizeof(plain), false, 0 },
		{ "de/Long.resources.dll", lengthy, sizeof(lengthy), true, claimed_size },
		{ long_path, plain, sizeof(plain), false, 0 },
	};
	bundle_build(files, 3, built);
}

#define BUNDLE(name, claimed_size)                                                                 \
	CLEANUP(bundle_release) struct built_bundle name;                                          \
	build(&name, claimed_size)

TEST(files_by_their_paths)
{
	BUNDLE(built, 0);
	struct bundle_file bundle;
	struct bundle_entry entry;
	REQUIRE(bundle_file_read(built.bytes, built.size, &bundle));
	CHECK_NUMBER(bundle.count, 3);
	REQUIRE(bundle_file_find(&bundle, "Plain.dll", &entry));
	CHECK(!entry.is_compressed && entry.size == PLAIN && entry.stored == PLAIN);
	CHECK(!memcmp(built.bytes + entry.offset, plain, PLAIN));
	CHECK(bundle_file_find(&bundle, long_path, &entry));
	CHECK(!bundle_file_find(&bundle, "plain.dll", &entry));
	CHECK(!bundle_file_find(&bundle, "Plain.dl", &entry));
	CHECK(!bundle_file_find(&bundle, "", &entry));
	REQUIRE(bundle_file_find(&bundle, "de/Long.resources.dll", &entry));
	CHECK(entry.is_compressed && entry.size == LONG && entry.stored < LONG);
	uint8_t *bytes = NULL;
	CHECK_OK(bundle_file_unpack(&bundle, &entry, NULL, &bytes));
	REQUIRE(bytes);
	CHECK(!memcmp(bytes, lengthy, LONG));
	free(bytes);
}

TEST(what_is_no_bundle)
{
	BUNDLE(built, 0);
	struct bundle_file bundle;
	for (size_t size = 0; size < built.manifest + 56; size++)
		REQUIRE(!bundle_file_read(built.bytes, size, &bundle));
	CHECK(bundle_file_read(built.bytes, built.manifest + 56, &bundle));
	uint64_t none = 0, beyond = UINT64_MAX;
	built.bytes[built.manifest] = 2; /* .NET 5's form */
	CHECK(!bundle_file_read(built.bytes, built.size, &bundle));
	built.bytes[built.manifest] = 6;
	memcpy(built.bytes + 0x800 - 8, &beyond, 8);
	CHECK(!bundle_file_read(built.bytes, built.size, &bundle));
	memcpy(built.bytes + 0x800 - 8, &none, 8); /* the host of an app that is not bundled */
	CHECK(!bundle_file_read(built.bytes, built.size, &bundle));
}

TEST(a_manifest_that_is_cut)
{
	BUNDLE(built, 0);
	for (size_t size = built.manifest + 56; size < built.size; size++) {
		struct bundle_file bundle;
		struct bundle_entry entry;
		REQUIRE(bundle_file_read(built.bytes, size, &bundle));
		CHECK(!bundle_file_find(&bundle, "Absent.dll", &entry));
		CHECK(!bundle_file_find(&bundle, long_path, &entry));
	}
}

TEST(a_file_that_unpacks_to_another_size)
{
	static const struct {
		uint64_t claimed;
		const char *reason;
	} claims[] = {
		{ LONG - 1, "unpacks to more than it announces" },
		{ 2000, "unpacks to more than it announces" },
		{ LONG + 1, "cannot be unpacked" },
		{ 3, "announces a size that cannot be" }, /* fewer bytes than are stored */
		{ (uint64_t)LIMIT_BUNDLED_FILE_BYTES + 1, "announces a size that cannot be" },
		{ UINT64_MAX, "announces a size that cannot be" },
		{ 100 * 1024 * 1024, "announces a size that cannot be" }, /* deflate cannot */
	};
	for (size_t i = 0; i < COUNT_OF(claims); i++) {
		BUNDLE(built, claims[i].claimed);
		struct bundle_file bundle;
		struct bundle_entry entry;
		uint8_t *bytes;
		REQUIRE(bundle_file_read(built.bytes, built.size, &bundle));
		REQUIRE(bundle_file_find(&bundle, "de/Long.resources.dll", &entry));
		CHECK_FAILS(bundle_file_unpack(&bundle, &entry, NULL, &bytes), ERROR_BAD_DATA,
			    claims[i].reason);
	}
}

/* Each byte of what is parsed set to extremes: answers or none, never beyond the file (asan). */
TEST(damaged_bundles)
{
	static const uint8_t values[] = { 0, 0x7f, 0x80, 0xff };
	BUNDLE(sound, 0);
	size_t unpacked = 0;
	for (size_t at = sound.offsets[1]; at < sound.size; at++) {
		for (size_t i = 0; i < sizeof(values); i++) {
			uint8_t *exact = scenery_allocate(sound.size), *bytes;
			struct bundle_file bundle;
			struct bundle_entry entry;
			memcpy(exact, sound.bytes, sound.size);
			exact[at] = values[i];
			if (bundle_file_read(exact, sound.size, &bundle) &&
			    bundle_file_find(&bundle, "de/Long.resources.dll", &entry)) {
				struct error *error =
					bundle_file_unpack(&bundle, &entry, NULL, &bytes);
				if (!error) {
					free(bytes);
					unpacked++;
				}
				error_free(error);
			}
			scenery_free(exact);
		}
	}
	CHECK(unpacked > 100);
}

static const struct tap_case cases[] = {
	CASE(files_by_their_paths),        CASE(what_is_no_bundle),
	CASE_ONCE(a_manifest_that_is_cut), CASE(a_file_that_unpacks_to_another_size),
	CASE_ONCE(damaged_bundles),
};
TAP_MAIN(cases)
