#include "base/list.h"
#include "dump/core/core_target.h"
#include "tests/unit/core_builder.h"
#include "tests/unit/tap.h"

#include <signal.h>

static void close_target(struct target **target)
{
	target_close(*target);
}

#define BUILDER(name, machine)                                                                     \
	CLEANUP(core_builder_deinit) struct core_builder name;                                     \
	core_builder_init(&name, machine)

static struct error *open_built(struct core_builder *core, struct target **ret)
{
	size_t size;
	const uint8_t *image = core_builder_finish(core, &size);
	return core_target_open_bytes("test.core", image, size, ret);
}

struct seen {
	struct region regions[16];
	struct mapping mappings[16];
	struct target_thread threads[16];
	size_t count;
};

static struct error *see_region(const struct region *region, void *context)
{
	struct seen *seen = context;
	seen->regions[seen->count++] = *region;
	return NULL;
}

static struct error *see_mapping(const struct mapping *mapping, void *context)
{
	struct seen *seen = context;
	seen->mappings[seen->count++] = *mapping;
	return NULL;
}

static struct error *see_thread(const struct target_thread *thread, void *context)
{
	struct seen *seen = context;
	seen->threads[seen->count++] = *thread;
	return NULL;
}

static struct error *count_thread(const struct target_thread *thread, void *context)
{
	size_t *count = context;
	++*count;
	return thread->tid ? NULL : error_new(ERROR_BAD_DATA, "a thread without an id");
}

TEST(memory_stands_where_the_program_headers_say)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	uint8_t buffer[16];
	core_builder_text(&core, 0x400000, "first", 0x1000, 0x1000);
	core_builder_text(&core, 0x7fff00000000, "second", 0x2000, 0x2000);
	CHECK_OK(open_built(&core, &target));
	CHECK_TEXT(target->ops->kind, "core");
	CHECK(target->architecture == &architecture_x64);
	CHECK_NUMBER(target->facts.missing_bytes, 0);
	CHECK_OK(target_read(target, 0x400000, buffer, 6));
	CHECK_TEXT((char *)buffer, "first");
	CHECK_OK(target_read(target, 0x7fff00000000, buffer, 7));
	CHECK_TEXT((char *)buffer, "second");
	CHECK_NUMBER(target_read_some(target, 0x400ff8, buffer, 16), 8);
	CHECK_FAILS(target_read(target, 0x3fffff, buffer, 1), ERROR_FAULT, "0x3fffff");
	CHECK_FAILS(target_read(target, 0x7fff00002000, buffer, 1), ERROR_FAULT, NULL);
}

TEST(what_is_not_in_the_file_is_a_hole_not_zeros)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	uint8_t buffer[16];
	struct seen seen = { .count = 0 };
	core_builder_text(&core, 0x10000, "bytes", 0x1000, 0x5000);
	core_builder_load(&core, 0x20000, NULL, 0, 0x1000);
	CHECK_OK(open_built(&core, &target));
	CHECK_NUMBER(target_read_some(target, 0x10ff0, buffer, 16), 16);
	CHECK_NUMBER(target_read_some(target, 0x11000, buffer, 16), 0);
	CHECK_NUMBER(target_read_some(target, 0x20000, buffer, 16), 0);
	CHECK_OK(target_visit_regions(target, see_region, &seen));
	CHECK_NUMBER(seen.count, 1);
	CHECK_NUMBER(seen.regions[0].end, 0x11000);
}

TEST(a_borrow_runs_over_segments_that_stand_together)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	size_t size;
	uint8_t buffer[0x2000];
	core_builder_text(&core, 0x10000, "a", 0x1000, 0x1000);
	core_builder_text(&core, 0x11000, "b", 0x1000, 0x1000);
	core_builder_text(&core, 0x30000, "c", 0x1000, 0x1000);
	core_builder_text(&core, 0x12000, "d", 0x1000, 0x1000); /* by address only */
	CHECK_OK(open_built(&core, &target));
	const uint8_t *bytes = target_borrow(target, 0x10ff8, &size);
	REQUIRE(bytes);
	CHECK_NUMBER(size, 0x1008);
	CHECK_NUMBER(bytes[8], 'b');
	bytes = target_borrow(target, 0x12000, &size);
	REQUIRE(bytes);
	CHECK_NUMBER(size, 0x1000);
	CHECK_NUMBER(bytes[0], 'd');
	CHECK(!target_borrow(target, 0x13000, &size));
	CHECK_NUMBER(size, 0);
	CHECK_NUMBER(target_read_some(target, 0x11800, buffer, sizeof(buffer)), 0x1800);
	CHECK_NUMBER(buffer[0x800], 'd');
}

TEST(regions_are_ascending_and_keep_their_protection)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	struct seen seen = { .count = 0 };
	core_builder_load(&core, 0x30000, NULL, 0x1000, 0x1000);
	core_builder_load(&core, 0x10000, NULL, 0x1000, 0x1000);
	core_builder_load(&core, 0x20000, NULL, 0x1000, 0x1000);
	core.loads[1].flags = PF_R | PF_X;
	CHECK_OK(open_built(&core, &target));
	CHECK_OK(target_visit_regions(target, see_region, &seen));
	CHECK_NUMBER(seen.count, 3);
	CHECK_NUMBER(seen.regions[0].start, 0x10000);
	CHECK_NUMBER(seen.regions[0].protection, PF_R | PF_X);
	CHECK_NUMBER(seen.regions[2].start, 0x30000);
}

TEST(of_overlapping_segments_the_lower_one_wins)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	uint8_t whole[0x3000], inside[0x1000], buffer[0x4000];
	struct seen seen = { .count = 0 };
	memset(whole, 'w', sizeof(whole));
	memset(inside, 'i', sizeof(inside));
	core_builder_load(&core, 0x11000, inside, sizeof(inside), sizeof(inside));
	core_builder_load(&core, 0x10000, whole, sizeof(whole), sizeof(whole));
	core_builder_load(&core, 0x12800, inside, sizeof(inside), sizeof(inside));
	CHECK_OK(open_built(&core, &target));
	CHECK_NUMBER(target_read_some(target, 0x10000, buffer, sizeof(buffer)), 0x3800);
	CHECK(buffer[0x1000] == 'w' && buffer[0x2fff] == 'w' && buffer[0x3000] == 'i');
	CHECK_OK(target_visit_regions(target, see_region, &seen));
	CHECK_NUMBER(seen.count, 2);
	CHECK_NUMBER(seen.regions[1].start, 0x13000);
}

TEST(threads_come_with_registers_and_signal)
{
	static const uint16_t machines[] = { EM_X86_64, EM_AARCH64 };
	for (size_t i = 0; i < 2; i++) {
		BUILDER(core, machines[i]);
		CLEANUP(close_target) struct target *target = NULL;
		struct seen seen = { .count = 0 };
		core_builder_process(&core, 4242);
		core_builder_thread(&core, 4242, 0, 0xaa);
		core_builder_note(&core, "LINUX", NT_PRSTATUS, "not of CORE", 12);
		core_builder_note(&core, "CORE", NT_PRSTATUS, "too short", 10);
		core_builder_thread(&core, 4243, SIGSEGV, 0xbb);
		core_builder_load(&core, 0x10000, NULL, 0x1000, 0x1000);
		CHECK_OK(open_built(&core, &target));
		CHECK_NUMBER(target->pid, 4242);
		CHECK_OK(target_visit_threads(target, see_thread, &seen));
		CHECK_NUMBER(seen.count, 2);
		CHECK_NUMBER(seen.threads[0].tid, 4242);
		CHECK_NUMBER(seen.threads[1].tid, 4243);
		CHECK_NUMBER(seen.threads[1].signal, SIGSEGV);
		CHECK_NUMBER(seen.threads[1].note_size, i ? 272 : 216);
		REQUIRE(seen.threads[1].note_bytes);
		CHECK_NUMBER(seen.threads[1].note_bytes[0], 0xbb);
		CHECK_NUMBER(seen.threads[1].note_bytes[seen.threads[1].note_size - 1], 0xbb);
	}
}

TEST(many_threads_are_all_there)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	for (int i = 0; i < 200; i++)
		core_builder_thread(&core, 1000 + i, 0, 0);
	core_builder_load(&core, 0x10000, NULL, 0x1000, 0x1000);
	CHECK_OK(open_built(&core, &target));
	size_t count = 0;
	CHECK_OK(target_visit_threads(target, count_thread, &count));
	CHECK_NUMBER(count, 200);
}

TEST(file_mappings_and_auxv)
{
	BUILDER(core, EM_AARCH64);
	CLEANUP(close_target) struct target *target = NULL;
	struct seen seen = { .count = 0 };
	uint64_t value = 0;
	core.page_size = 65536;
	core_builder_mapping(&core, 0x50000, 0x60000, 0x20000, "/lib/b.so (deleted)");
	core_builder_mapping(&core, 0x10000, 0x20000, 0, "/bin/a");
	core_builder_mapping(&core, 0x30000, 0x30000, 0, "/empty");
	core_builder_auxv(&core, AT_PAGESZ, 4096);
	core_builder_auxv(&core, AT_ENTRY, 0x12345);
	core_builder_load(&core, 0x10000, NULL, 0x1000, 0x1000);
	CHECK_OK(open_built(&core, &target));
	CHECK_OK(target_visit_mappings(target, see_mapping, &seen));
	CHECK_NUMBER(seen.count, 2);
	CHECK_TEXT(seen.mappings[0].path, "/bin/a");
	CHECK_TEXT(seen.mappings[1].path, "/lib/b.so (deleted)");
	CHECK_NUMBER(seen.mappings[1].file_offset, 0x20000);
	CHECK_NUMBER(target->page_size, 4096);
	CHECK(target_auxv(target, AT_ENTRY, &value));
	CHECK_NUMBER(value, 0x12345);
}

/* The three numbers of NT_FILE that could make us read beyond it. */
TEST(a_lying_file_note_is_cut)
{
	static const struct {
		uint64_t count, unit;
		size_t size, expected;
	} notes[] = {
		{ UINT64_MAX, 4096, 16 + 2 * 24 + 4, 1 }, /* the second has no name's end */
		{ 1, UINT64_MAX, 16 + 24 + 3, 0 },        /* the file offset overflows */
		{ 2, 4096, 16 + 24 + 1, 0 },              /* count beyond, names missing */
		{ 1, 4096, 8, 0 },                        /* not even a header */
		{ 0, 0, 16, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(notes); i++) {
		BUILDER(core, EM_X86_64);
		CLEANUP(close_target) struct target *target = NULL;
		struct seen seen = { .count = 0 };
		uint64_t note[12] = { notes[i].count, notes[i].unit, 0x10000, 0x20000, 5,
				      0x20041,        0x30000,       5 };
		memcpy((char *)note + 16 + 2 * 24, "/a\0b", 4);
		if (notes[i].size == 16 + 24 + 3)
			memcpy((char *)note + 16 + 24, "/a", 3);
		core_builder_note(&core, "CORE", NT_FILE, note, notes[i].size);
		core_builder_load(&core, 0x10000, NULL, 0x1000, 0x1000);
		CHECK_OK(open_built(&core, &target));
		CHECK_OK(target_visit_mappings(target, see_mapping, &seen));
		CHECK_NUMBER(seen.count, notes[i].expected);
	}
}

TEST(notes_may_be_aligned_to_8_and_be_damaged)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	struct seen seen = { .count = 0 };
	core.note_align = 8;
	core_builder_note(&core, "GNUx", 5, "odd", 3);
	core_builder_thread(&core, 7, 0, 0);
	size_t damaged = core.notes_size;
	core_builder_thread(&core, 8, 0, 0);
	memset(core.notes + damaged, 0xff, 8); /* a name of 4 GiB: the list ends here */
	core_builder_load(&core, 0x10000, NULL, 0x1000, 0x1000);
	CHECK_OK(open_built(&core, &target));
	CHECK_OK(target_visit_threads(target, see_thread, &seen));
	CHECK_NUMBER(seen.count, 1);
	CHECK_NUMBER(seen.threads[0].tid, 7);
}

TEST(more_than_65534_segments)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	uint8_t byte;
	core.extended_count = true;
	core_builder_text(&core, 0x10000, "x", 0x1000, 0x1000);
	core_builder_text(&core, 0x20000, "y", 0x1000, 0x1000);
	CHECK_OK(open_built(&core, &target));
	CHECK_OK(target_read(target, 0x20000, &byte, 1));
	CHECK_NUMBER(byte, 'y');
}

TEST(more_than_65534_segments_and_cut_short)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	uint8_t byte;
	size_t size;
	core.extended_count = true;
	core_builder_thread(&core, 7, 0, 0);
	core_builder_text(&core, 0x10000, "x", 0x1000, 0x1000);
	core_builder_text(&core, 0x20000, "y", 0x1000, 0x1000);
	const uint8_t *image = core_builder_finish(&core, &size);
	size = (size_t)core.loads[1].file_offset + 0x800; /* section header 0 is gone */
	CHECK_OK(core_target_open_bytes("cut.core", image, size, &target));
	CHECK_OK(target_read(target, 0x20000, &byte, 1));
	CHECK_NUMBER(byte, 'y');
	CHECK_NUMBER(target_read_some(target, 0x20800, &byte, 1), 0);
	CHECK_NUMBER(target->facts.missing_bytes, 0x800);
}

TEST(a_truncated_core_opens_at_every_length)
{
	BUILDER(core, EM_X86_64);
	size_t size, opened = 0;
	core_builder_thread(&core, 7, 0, 0);
	core_builder_mapping(&core, 0x10000, 0x11000, 0, "/bin/a");
	core_builder_text(&core, 0x10000, "x", 0x1000, 0x1000);
	core_builder_text(&core, 0x20000, "y", 0x1000, 0x1000);
	const uint8_t *image = core_builder_finish(&core, &size);
	for (size_t length = 0; length <= size; length += length < 0x400 ? 1 : 97) {
		/* a copy of just this length, so that a sanitizer sees the smallest overrun */
		uint8_t *copy = scenery_allocate(length);
		struct target *target = NULL;
		memcpy(copy, image, length);
		struct error *error = core_target_open_bytes("cut.core", copy, length, &target);
		if (!error) {
			opened++;
			uint8_t buffer[0x1000];
			size_t first = target_read_some(target, 0x10000, buffer, sizeof(buffer));
			size_t second = target_read_some(target, 0x20000, buffer, sizeof(buffer));
			CHECK_NUMBER(first + second + target->facts.missing_bytes, 0x2000);
			target_close(target);
		}
		error_free(error);
		scenery_free(copy);
	}
	CHECK(opened > 50);
}

TEST(what_is_no_core_is_named)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *named;
	} files[] = {
		{ "", 0, "is empty" },
		{ "MDMP\x93\xa7", 6, "Windows minidump" },
		{ "PAGEDU64", 8, "Windows kernel dump" },
		{ "\xcf\xfa\xed\xfe\x07\0\0\1", 8, "Mach-O" },
		{ "MZ\x90", 3, "PE file" },
		{ "\xfd"
		  "7zXZ\0",
		  6, "xz -d" },
		{ "PK\x03\x04", 4, "zip" },
		{ "Nettrace", 8, "event trace" },
		{ "\x14\0\0\0!FastSerialization.1", 24, "gcdump" },
		{ "hello, world\n", 13, "text file" },
		{ "\0\0\0\0\0\0\0\0", 8, "zeros" },
		{ "\x7f"
		  "ELF\x01\x01\x01\0\0\0\0\0\0\0\0\0",
		  16, "32-bit" },
		{ "\x7f"
		  "ELF\x02\x02\x01\0\0\0\0\0\0\0\0\0",
		  16, "big-endian" },
		{ "\x7f"
		  "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
		  16, "within its header" },
		{ "\x7f"
		  "ELF\x09\x01\x01\0\0\0\0\0\0\0\0\0",
		  16, "damaged" },
		{ "\x28\xb5\x2f\xfd", 4, "packed twice" },
	};
	struct target *target = NULL;
	for (size_t i = 0; i < COUNT_OF(files); i++)
		CHECK_FAILS(core_target_open_bytes("file", (const uint8_t *)files[i].bytes,
						   files[i].size, &target),
			    ERROR_UNSUPPORTED, files[i].named);
}

TEST(other_elf_files_are_named)
{
	static const struct {
		uint16_t type, machine;
		const char *named;
	} files[] = {
		{ ET_EXEC, EM_X86_64, "program or shared library" },
		{ ET_DYN, EM_AARCH64, "program or shared library" },
		{ ET_REL, EM_X86_64, "object file" },
		{ 77, EM_X86_64, "unknown type" },
		{ ET_CORE, EM_RISCV, "RISC-V" },
		{ ET_CORE, EM_S390, "s390x" },
		{ ET_CORE, EM_PPC64, "ppc64le" },
		{ ET_CORE, EM_68K, "another machine" },
	};
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		BUILDER(core, EM_X86_64);
		struct target *target = NULL;
		size_t size;
		core_builder_load(&core, 0x10000, NULL, 0x1000, 0x1000);
		uint8_t *image = core_builder_finish(&core, &size);
		memcpy(image + offsetof(Elf64_Ehdr, e_type), &files[i].type, 2);
		memcpy(image + offsetof(Elf64_Ehdr, e_machine), &files[i].machine, 2);
		CHECK_FAILS(core_target_open_bytes("file", image, size, &target), ERROR_UNSUPPORTED,
			    files[i].named);
	}
}

TEST(a_core_without_memory_is_refused)
{
	BUILDER(core, EM_X86_64);
	struct target *target = NULL;
	core_builder_thread(&core, 7, 0, 0);
	core_builder_load(&core, 0x10000, NULL, 0, 0x1000);
	CHECK_FAILS(open_built(&core, &target), ERROR_BAD_DATA, "no memory of the process");
}

/* Headers that lie, one at a time: an error or a hole, never a read outside (asan sees it). */
TEST(lying_headers)
{
	static const struct {
		size_t offset;
		uint64_t value;
		size_t width;
	} lies[] = {
		{ offsetof(Elf64_Ehdr, e_phoff), UINT64_MAX, 8 },
		{ offsetof(Elf64_Ehdr, e_phoff), 1, 8 },
		{ offsetof(Elf64_Ehdr, e_phnum), 0, 2 },
		{ offsetof(Elf64_Ehdr, e_phnum), 0xfffe, 2 },
		{ offsetof(Elf64_Ehdr, e_phnum), 0xffff, 2 },
		{ offsetof(Elf64_Ehdr, e_phentsize), 0, 2 },
		{ offsetof(Elf64_Ehdr, e_shoff), UINT64_MAX - 8, 8 },
		{ 64 + offsetof(Elf64_Phdr, p_offset), UINT64_MAX - 8, 8 },
		{ 64 + offsetof(Elf64_Phdr, p_filesz), UINT64_MAX, 8 },
		{ 64 + 56 + offsetof(Elf64_Phdr, p_offset), UINT64_MAX - 8, 8 },
		{ 64 + 56 + offsetof(Elf64_Phdr, p_filesz), UINT64_MAX, 8 },
		{ 64 + 56 + offsetof(Elf64_Phdr, p_memsz), UINT64_MAX, 8 },
		{ 64 + 56 + offsetof(Elf64_Phdr, p_vaddr), UINT64_MAX - 8, 8 },
	};
	for (size_t i = 0; i < COUNT_OF(lies); i++) {
		BUILDER(core, EM_X86_64);
		struct target *target = NULL;
		size_t size;
		uint8_t buffer[64];
		core_builder_thread(&core, 7, 0, 0);
		core_builder_text(&core, 0x10000, "x", 0x1000, 0x1000);
		core_builder_text(&core, 0x20000, "y", 0x1000, 0x1000);
		uint8_t *image = core_builder_finish(&core, &size);
		memcpy(image + lies[i].offset, &lies[i].value, lies[i].width);
		struct error *error = core_target_open_bytes("lie", image, size, &target);
		if (!error) {
			size_t done = target_read_some(target, 0x20000, buffer, sizeof(buffer));
			CHECK(!done || buffer[0] == 'y' || lies[i].offset < 64);
			target_close(target);
		} else {
			CHECK(error->code == ERROR_BAD_DATA || error->code == ERROR_NO_MEMORY);
			tap_succeeds(error->code == ERROR_NO_MEMORY ? error : NULL, __FILE__,
				     __LINE__, "open");
			if (error->code != ERROR_NO_MEMORY)
				error_free(error);
		}
	}
}

/* 60,000 segments open in well under 10 ms (no clock here: tests/bench has it), and are all found.
 */
TEST(sixty_thousand_segments)
{
	enum { SEGMENTS = 60000 };
	BUILDER(core, EM_X86_64);
	CLEANUP(close_target) struct target *target = NULL;
	core.loads = scenery_allocate(SEGMENTS * sizeof(*core.loads));
	for (size_t i = 0; i < SEGMENTS; i++)
		core.loads[i] = (struct core_builder_load){ .address = 0x10000 + i * 0x2000,
							    .memory_size = 1,
							    .size = 1,
							    .bytes = scenery_allocate(1) };
	core.load_count = SEGMENTS;
	CHECK_OK(open_built(&core, &target));
	for (size_t i = 0; i < SEGMENTS; i += 997) {
		uint8_t byte;
		CHECK_NUMBER(target_read_some(target, 0x10000 + i * 0x2000, &byte, 1), 1);
		CHECK_NUMBER(target_read_some(target, 0x10001 + i * 0x2000, &byte, 1), 0);
	}
}

static const struct tap_case cases[] = {
	CASE(memory_stands_where_the_program_headers_say),
	CASE(what_is_not_in_the_file_is_a_hole_not_zeros),
	CASE(a_borrow_runs_over_segments_that_stand_together),
	CASE(regions_are_ascending_and_keep_their_protection),
	CASE(of_overlapping_segments_the_lower_one_wins),
	CASE(threads_come_with_registers_and_signal),
	CASE(many_threads_are_all_there),
	CASE(file_mappings_and_auxv),
	CASE(a_lying_file_note_is_cut),
	CASE(notes_may_be_aligned_to_8_and_be_damaged),
	CASE(more_than_65534_segments),
	CASE(more_than_65534_segments_and_cut_short),
	CASE_ONCE(a_truncated_core_opens_at_every_length),
	CASE(what_is_no_core_is_named),
	CASE(other_elf_files_are_named),
	CASE(a_core_without_memory_is_refused),
	CASE(lying_headers),
	CASE_ONCE(sixty_thousand_segments),
};
TAP_MAIN(cases)
