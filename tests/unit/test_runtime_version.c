/* The version that people call a runtime by, from each of its sources, on the fake runtime. */
#include "base/cleanup.h"
#include "heap/types/clr_module.h"
#include "inspect/runtime_version.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum { LIBRARY = 0xa00000, WINDOW = 64 * 1024, SIZE = 4 * WINDOW };
static const char line[] = "@(#)Version 10.0.1226.42308 @Commit: 95017c0 and what follows it here";

/* A libcoreclr.so with the version's line at an offset. */
static struct fake_runtime *runtime_with_line(uint64_t offset, uint64_t size)
{
	struct fake_runtime *runtime = fake_runtime_new();
	fake_target_zeros(runtime->target, LIBRARY, size);
	if (offset < size) {
		size_t room = size - offset;
		fake_put_bytes(runtime->target, LIBRARY + offset, line,
			       room < sizeof(line) ? room : sizeof(line));
	}
	fake_target_mapping(runtime->target, LIBRARY, LIBRARY + SIZE, 0, "/usr/lib/libcoreclr.so");
	return runtime;
}

static void check_line(uint64_t offset, uint64_t size, const char *expected)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	const char *version;
	CHECK_OK(fake_question_open(&fake, runtime_with_line(offset, size)));
	CHECK_OK(runtime_product_version(&fake.question, &version));
	if (expected)
		CHECK_TEXT(version, expected);
	else
		CHECK(!version);
}

TEST(the_line_of_the_build_is_found)
{
	check_line(0x1234, SIZE, "10.0.12");
}

TEST(the_line_is_found_where_two_windows_meet)
{
	check_line(WINDOW - 18, SIZE, "10.0.12");
}

TEST(a_line_that_the_dump_ends_in_is_no_version)
{
	check_line(WINDOW + 0x100 - 18, WINDOW + 0x100, NULL);
}

TEST(without_a_line_nothing_is_known)
{
	check_line(SIZE, SIZE, NULL);
}

TEST(the_folder_comes_before_the_line)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct clr_module library = {
		.path = "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.14/"
			"System.Private.CoreLib.dll",
		.metadata_tried = true,
	};
	const char *version;
	CHECK_OK(fake_question_open(&fake, runtime_with_line(0x1234, SIZE)));
	library.metadata_error = error_new(ERROR_FAULT, "there is none");
	REQUIRE(library.metadata_error);
	fake.heap->modules->core_library = &library;
	struct error *error = runtime_product_version(&fake.question, &version);
	fake.heap->modules->core_library = NULL;
	error_free(library.metadata_error);
	CHECK_OK(error);
	CHECK_TEXT(version, "10.0.14");
}

static const struct tap_case cases[] = {
	CASE(the_line_of_the_build_is_found),
	CASE(the_line_is_found_where_two_windows_meet),
	CASE(a_line_that_the_dump_ends_in_is_no_version),
	CASE(without_a_line_nothing_is_known),
	CASE(the_folder_comes_before_the_line),
};
TAP_MAIN(cases)
