/* Mappings of this process itself. */
#include "attach/mapped_pages.h"
#include "attach/mount_line.h"
#include "tests/unit/directory.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 8, FILE_BYTES = 6 * PAGE + 100 };

struct mapped_file {
	char *memory;
	struct arena arena;
	struct process_maps maps;
	struct shared_memory *shared;
	struct mapped_pages pages;
};

static char *map_file(const struct directory *directory, const char *name)
{
	char path[128], bytes[FILE_BYTES];
	memset(bytes, 'A', sizeof(bytes));
	directory_write(directory, name, bytes, sizeof(bytes));
	snprintf(path, sizeof(path), "%s/%s", directory->path, name);
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY);
	char *memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		abort();
	madvise(memory, (size_t)PAGES * PAGE, MADV_RANDOM);
	return memory;
}

static void look_at(char *memory, struct mapped_file *ret)
{
	ret->memory = memory;
	arena_init(&ret->arena);
	CHECK_OK(process_maps_read(getpid(), &ret->arena, &ret->maps));
	CHECK_OK(shared_memory_open(getpid(), &ret->shared));
	mapped_pages_begin(&ret->pages, getpid(), &ret->maps, PAGE);
	ret->pages.memory = ret->shared;
}

static void mapped_file_end(struct mapped_file *file)
{
	mapped_pages_end(&file->pages);
	shared_memory_close(file->shared);
	arena_deinit(&file->arena);
	munmap(file->memory, (size_t)PAGES * PAGE);
}

/* Elsewhere (an overlay, a tmpfs) files have another treatment: tests/live has that. */
static bool is_on_disk(struct mapped_file *file)
{
	const struct process_map *map = process_maps_find(&file->maps, (uintptr_t)file->memory);
	return map && map->device_major;
}

TEST(a_page_that_nobody_has_read_is_the_files)
{
	DIRECTORY(directory);
	CLEANUP(mapped_file_end) struct mapped_file file = { 0 };
	uint64_t end;
	char bytes[2 * PAGE];
	char *memory = map_file(&directory, "file");
	memory[2 * PAGE] = 'B';
	look_at(memory, &file);
	if (!is_on_disk(&file))
		SKIP("files for tests do not lie on a disk here");
	uint64_t start = (uintptr_t)memory, limit = start + (uint64_t)PAGES * PAGE;
	CHECK_NUMBER(mapped_pages_look(&file.pages, start, limit, &end), MAPPED_IN_FILE);
	CHECK_NUMBER(end - start, 2 * PAGE);
	CHECK_NUMBER(mapped_pages_look(&file.pages, end, limit, &end), MAPPED_READY);
	CHECK_NUMBER(end - start, 3 * PAGE);
	/* The page that the file ends in is zeros after that; the next one is not there. */
	memset(bytes, 'x', sizeof(bytes));
	CHECK_NUMBER(mapped_pages_read_file(&file.pages, start + 6 * PAGE, bytes, sizeof(bytes)),
		     PAGE);
	CHECK_NUMBER(bytes[99], 'A');
	CHECK_NUMBER(bytes[100], 0);
	CHECK_NUMBER(bytes[PAGE - 1], 0);
	CHECK_NUMBER(bytes[PAGE], 'x');
	CHECK_NUMBER(mapped_pages_read_file(&file.pages, start + 6 * PAGE + 200, bytes, 8), 8);
	CHECK_NUMBER(bytes[0], 0);
	CHECK_NUMBER(mapped_pages_read_file(&file.pages, start + 7 * PAGE, bytes, 8), 0);
	CHECK_NUMBER(mapped_pages_explain_hole(&file.pages, start + 6 * PAGE, true),
		     HOLE_UNREADABLE);
	CHECK_NUMBER(mapped_pages_explain_hole(&file.pages, start + 7 * PAGE, true), HOLE_EMPTY);
}

TEST(another_file_of_that_name_is_not_believed)
{
	DIRECTORY(directory);
	CLEANUP(mapped_file_end) struct mapped_file file = { 0 };
	char byte = 0, from[128], to[128];
	char *memory = map_file(&directory, "file");
	char *other = map_file(&directory, "other");
	snprintf(from, sizeof(from), "%s/other", directory.path);
	snprintf(to, sizeof(to), "%s/file", directory.path);
	look_at(memory, &file);
	if (!is_on_disk(&file))
		SKIP("files for tests do not lie on a disk here");
	for (size_t i = 0; i < file.maps.count; i++) /* as it is seen without map_files */
		file.maps.maps[i].end += file.maps.maps[i].start == (uintptr_t)memory;
	CHECK_NUMBER(mapped_pages_read_file(&file.pages, (uintptr_t)memory, &byte, 1), 1);
	CHECK_NUMBER(byte, 'A');
	mapped_pages_end(&file.pages);
	mapped_pages_begin(&file.pages, getpid(), &file.maps, PAGE);
	file.pages.memory = file.shared;
	CHECK_NUMBER(rename(from, to), 0);
	CHECK_NUMBER(mapped_pages_read_file(&file.pages, (uintptr_t)memory, &byte, 1), 0);
	munmap(other, (size_t)PAGES * PAGE);
}

/* A deleted file whose pages are read through the process, as without map_files. */
TEST(a_page_of_the_table_is_something)
{
	DIRECTORY(directory);
	CLEANUP(mapped_file_end) struct mapped_file file = { 0 };
	char path[128];
	char *memory = map_file(&directory, "file");
	memory[2 * PAGE] = 'B';
	snprintf(path, sizeof(path), "%s/file", directory.path);
	CHECK_NUMBER(unlink(path), 0);
	look_at(memory, &file);
	for (size_t i = 0; i < file.maps.count; i++)
		file.maps.maps[i].end += file.maps.maps[i].start == (uintptr_t)memory;
	uint64_t start = (uintptr_t)memory;
	CHECK_NUMBER(mapped_pages_explain_hole(&file.pages, start + 2 * PAGE, true),
		     HOLE_UNREADABLE);
	CHECK_NUMBER(mapped_pages_explain_hole(&file.pages, start + 7 * PAGE, true), HOLE_EMPTY);
}

TEST(what_is_not_known_is_far)
{
	struct mount_line mount = { .device_major = 0, .file_system = "nfs4" };
	CHECK(mount_line_is_far(&mount));
	mount.file_system = "fuse.sshfs";
	CHECK(mount_line_is_far(&mount));
	mount.file_system = "btrfs";
	CHECK(!mount_line_is_far(&mount));
	mount = (struct mount_line){ .device_major = 8, .file_system = "ext4" };
	CHECK(!mount_line_is_far(&mount));
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_page_that_nobody_has_read_is_the_files),
	CASE_ONCE(another_file_of_that_name_is_not_believed),
	CASE_ONCE(a_page_of_the_table_is_something),
	CASE(what_is_not_known_is_far),
};
TAP_MAIN(cases)
