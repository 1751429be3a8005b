/* What is written is there in the end, under one name or the other. */
#include "dump/collect/output_file.h"
#include "tests/unit/directory.h"
#include "tests/unit/tap.h"

#include <unistd.h>

static const char content[] = "a dump";

struct written {
	char path[128], partial[160];
	struct output_file *file;
	uint64_t disk_bytes;
};

static void begin(const struct directory *directory, bool force, struct written *ret)
{
	snprintf(ret->path, sizeof(ret->path), "%s/core", directory->path);
	snprintf(ret->partial, sizeof(ret->partial), "%s.partial", ret->path);
	CHECK_OK(output_file_create(ret->path, force, &ret->file));
	CHECK_NUMBER(write(output_file_fd(ret->file), content, sizeof(content)), sizeof(content));
}

static bool holds_it(const char *path)
{
	char bytes[sizeof(content) + 1];
	FILE *file = fopen(path, "re");
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
	if (file)
		fclose(file);
	return size == sizeof(content) && !memcmp(bytes, content, size);
}

static void written_end(struct written *written)
{
	output_file_free(written->file);
}

static void finish_without_the_name(struct written *core, enum error_code code)
{
	CHECK_FAILS(output_file_finish(core->file, &core->disk_bytes), code,
		    "the dump is whole, in");
	output_file_free(core->file);
	core->file = NULL;
	CHECK(holds_it(core->partial));
}

TEST(a_finished_file_has_its_name)
{
	DIRECTORY(directory);
	CLEANUP(written_end) struct written core = { 0 };
	begin(&directory, false, &core);
	CHECK_OK(output_file_finish(core.file, &core.disk_bytes));
	CHECK(holds_it(core.path));
	CHECK(access(core.partial, F_OK) != 0);
}

TEST(a_name_that_was_taken_meanwhile_costs_nothing)
{
	DIRECTORY(directory);
	CLEANUP(written_end) struct written core = { 0 };
	begin(&directory, false, &core);
	directory_write(&directory, "core", "other", 5);
	finish_without_the_name(&core, ERROR_USAGE);
	CHECK(!holds_it(core.path));
}

/* As another user's file in a sticky folder. */
TEST(a_name_that_cannot_be_replaced_costs_nothing)
{
	DIRECTORY(directory);
	CLEANUP(written_end) struct written core = { 0 };
	begin(&directory, true, &core);
	directory_write(&directory, "core/folder", "other", 5);
	finish_without_the_name(&core, ERROR_OS);
}

/* As a path through /proc/PID/root is when the process has ended. */
TEST(a_folder_whose_path_is_gone_costs_nothing)
{
	char folder[64] = "/tmp/clrpod-output-XXXXXX", moved[80], path[96], found[112];
	struct output_file *file = NULL;
	uint64_t disk_bytes;
	REQUIRE(mkdtemp(folder));
	snprintf(moved, sizeof(moved), "%s.moved", folder);
	snprintf(path, sizeof(path), "%s/a.core", folder);
	snprintf(found, sizeof(found), "%s/a.core", moved);
	for (int finish = 0; finish <= 1; finish++) {
		CHECK_OK(output_file_create(path, false, &file));
		CHECK_NUMBER(write(output_file_fd(file), content, sizeof(content)),
			     sizeof(content));
		CHECK(!rename(folder, moved));
		if (finish)
			CHECK_OK(output_file_finish(file, &disk_bytes));
		output_file_free(file);
		CHECK_NUMBER(access(found, F_OK) == 0, finish);
		unlink(found);
		CHECK(!rename(moved, folder));
	}
	CHECK(!rmdir(folder)); /* what failed has left nothing */
}

TEST(what_failed_is_removed)
{
	DIRECTORY(directory);
	struct written core = { 0 };
	begin(&directory, false, &core);
	output_file_free(core.file);
	CHECK(access(core.partial, F_OK) != 0);
	CHECK(access(core.path, F_OK) != 0);
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_finished_file_has_its_name),
	CASE_ONCE(a_name_that_was_taken_meanwhile_costs_nothing),
	CASE_ONCE(a_name_that_cannot_be_replaced_costs_nothing),
	CASE_ONCE(a_folder_whose_path_is_gone_costs_nothing),
	CASE_ONCE(what_failed_is_removed),
};
TAP_MAIN(cases)
