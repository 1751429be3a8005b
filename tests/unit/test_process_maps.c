#include "attach/process_maps.h"
#include "base/limits.h"
#include "base/list.h"
#include "tests/unit/tap.h"

#include <elf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

static struct error *parse(const char *text, struct arena *arena, struct process_maps *ret)
{
	arena_init(arena);
	return process_maps_parse(text, strlen(text), arena, ret);
}

static const char ordinary[] =
	"00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/dbus daemon\n"
	"00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
	"7f0000000000-7f0000001000 ---p 00000000 00:00 0 \n"
	"7f0000001000-7f0000002000 r--s 00002000 fe:10 77 /app/old name.dll (deleted)\n"
	"7f0000002000-7f0000003000 rw-s 00000000 00:01 2049 /memfd:doublemapper (deleted)\n"
	"7f0000003000-7f0000004000 rw-p 00000000 00:00 0 [anon:.NET gc (deleted)]\n"
	"7f0000004000-7f0000005000 r--p 00000000 00:00 0 [vvar]\n"
	"7f0000005000-7f0000006000 r-xp 00000000 00:00 0 [vdso]\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

TEST(ordinary_lines)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_maps maps;
	CHECK_OK(parse(ordinary, &arena, &maps));
	REQUIRE(maps.count == 9);
	CHECK_NUMBER(maps.maps[0].start, 0x400000);
	CHECK_NUMBER(maps.maps[0].end, 0x452000);
	CHECK_NUMBER(maps.maps[0].protection, PF_R | PF_X);
	CHECK_NUMBER(maps.maps[0].file_offset, 0x1000);
	CHECK_NUMBER(maps.maps[0].inode, 173521);
	CHECK_TEXT(maps.maps[0].path, "/usr/bin/dbus daemon");
	CHECK(!maps.maps[0].shared && !maps.maps[0].deleted);
	CHECK(maps.maps[0].kind == PROCESS_MAP_FILE);
	CHECK_TEXT(maps.maps[1].path, "[heap]");
	CHECK(maps.maps[1].kind == PROCESS_MAP_ANONYMOUS);
	CHECK_TEXT(maps.maps[2].path, "");
	CHECK_NUMBER(maps.maps[2].protection, 0);
	CHECK_TEXT(maps.maps[3].path, "/app/old name.dll");
	CHECK(maps.maps[3].deleted && maps.maps[3].shared);
	CHECK_NUMBER(maps.maps[3].device_major, 0xfe);
	CHECK_NUMBER(maps.maps[3].device_minor, 0x10);
	CHECK_TEXT(maps.maps[4].path, "/memfd:doublemapper");
	CHECK(maps.maps[4].kind == PROCESS_MAP_MEMORY);
	CHECK_TEXT(maps.maps[5].path, "[anon:.NET gc (deleted)]");
	CHECK(!maps.maps[5].deleted);
	CHECK(maps.maps[6].kind == PROCESS_MAP_SPECIAL);
	CHECK(maps.maps[7].kind == PROCESS_MAP_KERNEL);
	CHECK(maps.maps[8].kind == PROCESS_MAP_SPECIAL);
	CHECK_NUMBER(maps.maps[8].end, 0xffffffffff601000);
}

TEST(kinds_of_shared_memory)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_maps maps;
	CHECK_OK(parse("1000-2000 rw-s 00000000 00:01 5 /dev/zero (deleted)\n"
		       "2000-3000 rw-p 00000000 00:01 5 /dev/zero\n"
		       "3000-4000 rw-s 00000000 00:01 5 /SYSV00000000 (deleted)\n"
		       "4000-5000 rw-s 00000000 00:01 5 /dev/shm/with space\n"
		       "5000-6000 rw-s 00000000 00:01 5 /dev/dri/card0\n"
		       "6000-7000 rw-s 00000000 00:0e 5 anon_inode:[io_uring]\n"
		       "200000-400000 rw-s 00000000 00:11 6 /anon_hugepage (deleted)\n"
		       "400000-600000 rw-p 00000000 00:11 7 /anon_hugepage (deleted)\n",
		       &arena, &maps));
	static const enum process_map_kind kinds[] = { PROCESS_MAP_MEMORY, PROCESS_MAP_ANONYMOUS,
						       PROCESS_MAP_MEMORY, PROCESS_MAP_MEMORY,
						       PROCESS_MAP_FILE,   PROCESS_MAP_ANONYMOUS,
						       PROCESS_MAP_MEMORY, PROCESS_MAP_ANONYMOUS };
	REQUIRE(maps.count == COUNT_OF(kinds));
	for (size_t i = 0; i < maps.count; i++)
		CHECK_NUMBER(maps.maps[i].kind, kinds[i]);
}

TEST(strange_paths)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_maps maps;
	CHECK_OK(parse("1000-2000 r--p 00000000 08:02 1   /a\\012b  c \n"
		       "2000-3000 r--p 00000000 08:02 1   / (deleted)\n"
		       "3000-4000 r--p 00000000 08:02 1    (deleted)\n"
		       "4000-5000 r--p 00000000 08:02 1\n"
		       "5000-6000 r--p 00000000 08:02 1 /x (deleted) (deleted)",
		       &arena, &maps));
	REQUIRE(maps.count == 5);
	CHECK_TEXT(maps.maps[0].path, "/a\nb  c ");
	CHECK_TEXT(maps.maps[1].path, "/");
	CHECK(maps.maps[1].deleted);
	CHECK_TEXT(maps.maps[2].path, "(deleted)");
	CHECK(!maps.maps[2].deleted);
	CHECK_TEXT(maps.maps[3].path, "");
	CHECK_TEXT(maps.maps[4].path, "/x (deleted)");
}

TEST(nothing_is_no_mapping)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_maps maps;
	CHECK_OK(parse("", &arena, &maps));
	CHECK_NUMBER(maps.count, 0);
}

TEST(hostile_lines_are_refused)
{
	static const char *const lines[] = {
		"\n",
		"1000-2000\n",
		"1000-2000 r--p\n",
		"1000-2000 r--p 00000000 08:02\n",
		"1000-2000 r--p 00000000 08:02 x\n",
		"1000-2000 rxwp 00000000 08:02 1 /a\n",
		"1000-2000 r--q 00000000 08:02 1 /a\n",
		"1000 2000 r--p 00000000 08:02 1 /a\n",
		"-2000 r--p 00000000 08:02 1 /a\n",
		"1000-2000 r--p 00000000 08:02 1/a\n",
		"11112222333344445-2000 r--p 00000000 08:02 1 /a\n",
		"1000-2000 r--p 00000000 08:02 99999999999999999999999 /a\n",
		"2000-1000 r--p 00000000 08:02 1 /a\n",
		"1000-1000 r--p 00000000 08:02 1 /a\n",
		"2000-3000 r--p 00000000 08:02 1 /a\n1000-2000 r--p 00000000 08:02 1 /a\n",
		"1000-3000 r--p 00000000 08:02 1 /a\n2000-4000 r--p 00000000 08:02 1 /a\n",
		"1000-2000 r--p 00000000 08:02 1 /a\ngarbage",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		CLEANUP(arena_deinit) struct arena arena;
		struct process_maps maps;
		CHECK_FAILS(parse(lines[i], &arena, &maps), ERROR_BAD_DATA, "list of mappings");
	}
}

TEST(a_path_with_a_nul_or_without_end)
{
	static const char nul[] = "1000-2000 r--p 00000000 08:02 1 /a\0b\n";
	CLEANUP(arena_deinit) struct arena arena;
	struct process_maps maps;
	arena_init(&arena);
	CHECK_FAILS(process_maps_parse(nul, sizeof(nul) - 1, &arena, &maps), ERROR_BAD_DATA,
		    "0x1000");
	size_t size = 5 * LIMIT_PATH_BYTES;
	char *text = scenery_allocate(size);
	int start = snprintf(text, size, "1000-2000 r--p 00000000 08:02 1 ");
	memset(text + start, '/', size - (size_t)start);
	CHECK_FAILS(process_maps_parse(text, size, &arena, &maps), ERROR_BAD_DATA, "0x1000");
	scenery_free(text);
}

TEST(every_cut_of_the_text_is_parsed_or_refused)
{
	for (size_t size = 0; size <= sizeof(ordinary) - 1; size += 3) {
		CLEANUP(arena_deinit) struct arena arena;
		struct process_maps maps;
		arena_init(&arena);
		char *copy = scenery_allocate(size);
		memcpy(copy, ordinary, size);
		struct error *error = process_maps_parse(copy, size, &arena, &maps);
		CHECK(!error || error->code == ERROR_BAD_DATA || error->code == ERROR_NO_MEMORY);
		for (size_t i = 0; !error && i < maps.count; i++)
			CHECK(maps.maps[i].path && maps.maps[i].start < maps.maps[i].end);
		error_free(error);
		scenery_free(copy);
	}
}

static atomic_bool enough;

/* Cuts pieces out of what it maps, and unmaps it, so that neighbours grow together and apart. */
static void *map_and_unmap(void *unused)
{
	enum { PAGES = 64, PAGE = 4096, CUTS = 16 };
	unsigned random = (unsigned)(uintptr_t)&random;
	while (!atomic_load(&enough)) {
		char *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int i = 0; i < CUTS; i++) {
			random = random * 1103515245 + 12345;
			mprotect(memory + (random >> 16) % PAGES * PAGE, PAGE,
				 random & 1 << 20 ? PROT_READ : PROT_READ | PROT_WRITE);
		}
		munmap(memory, PAGES / 2 * PAGE);
		munmap(memory + PAGES / 2 * PAGE, PAGES / 2 * PAGE);
	}
	return unused;
}

TEST(of_a_process_that_maps_and_unmaps_meanwhile)
{
	enum { THREADS = 3, ROUNDS = 2000 };
	pthread_t threads[THREADS];
	int read = 0;
	for (int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, map_and_unmap, NULL));
	for (; read < ROUNDS; read++) {
		CLEANUP(arena_deinit) struct arena arena;
		struct process_maps maps;
		arena_init(&arena);
		struct error *error = process_maps_read(getpid(), &arena, &maps);
		if (error) {
			CHECK_OK(error);
			break;
		}
	}
	atomic_store(&enough, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_NUMBER(read, ROUNDS);
}

static const struct tap_case cases[] = {
	CASE(ordinary_lines),
	CASE(kinds_of_shared_memory),
	CASE(strange_paths),
	CASE(nothing_is_no_mapping),
	CASE(hostile_lines_are_refused),
	CASE(a_path_with_a_nul_or_without_end),
	CASE(every_cut_of_the_text_is_parsed_or_refused),
	CASE_ONCE(of_a_process_that_maps_and_unmaps_meanwhile),
};
TAP_MAIN(cases)
