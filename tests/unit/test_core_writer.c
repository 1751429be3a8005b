#include "base/bytes.h"
#include "dump/collect/core_notes.h"
#include "dump/collect/core_writer.h"
#include "dump/core/core_target.h"
#include "tests/unit/core_file.h"
#include "tests/unit/tap.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/stat.h>

enum { PAGE = 4096, MIB = 1024 * 1024 };

static void fill(uint8_t *bytes, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 31 + i / PAGE * 7 + seed) | 1;
}

static bool file_has(int fd, uint64_t offset, const void *bytes, size_t size)
{
	uint8_t *copy = scenery_allocate(size);
	bool same =
		pread(fd, copy, size, (off_t)offset) == (ssize_t)size && !memcmp(copy, bytes, size);
	scenery_free(copy);
	return same;
}

static bool read_header(int fd, Elf64_Ehdr *ret)
{
	return pread(fd, ret, sizeof(*ret), 0) == sizeof(*ret);
}

static bool read_program_header(int fd, const Elf64_Ehdr *header, size_t index, Elf64_Phdr *ret)
{
	off_t at = (off_t)(header->e_phoff + index * sizeof(*ret));
	return pread(fd, ret, sizeof(*ret), at) == sizeof(*ret);
}

static struct error *write_to(int fd, const struct core_contents *contents, const struct task *task,
			      struct core_written *ret)
{
	CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
	uint64_t bytes;
	TRY(core_sink_file_new(fd, &sink));
	TRY(core_write(sink, contents, task, ret));
	TRY(sink->ops->finish(sink, &bytes));
	CHECK_NUMBER(bytes, ret->file_bytes);
	return NULL;
}

TEST(two_segments_and_a_note)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	fill(fake_target_zeros(fake, 0x10000, 3 * PAGE), 3 * PAGE, 1);
	fill(fake_target_zeros(fake, 0x7f0000000000, 2 * MIB + PAGE), 2 * MIB + PAGE, 2);
	struct core_segment segments[] = { core_file_segment(0x10000, 3 * PAGE),
					   core_file_segment(0x7f0000000000, 2 * MIB + PAGE) };
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 2,
					  .notes = "some notes..",
					  .notes_size = 12 };
	struct core_written written;
	CHECK_OK(write_to(fd, &contents, NULL, &written));
	CHECK_NUMBER(written.unreadable_bytes, 0);
	CHECK_NUMBER(written.memory_bytes, 2 * MIB + 4 * PAGE);
	CHECK_NUMBER(written.file_bytes, core_file_bytes(&contents));
	struct stat file;
	REQUIRE(!fstat(fd, &file));
	CHECK_NUMBER(file.st_size, written.file_bytes);
	Elf64_Ehdr header;
	Elf64_Phdr note, first, second;
	REQUIRE(read_header(fd, &header));
	CHECK(!memcmp(header.e_ident, ELFMAG, SELFMAG));
	CHECK_NUMBER(header.e_type, ET_CORE);
	CHECK_NUMBER(header.e_machine, EM_X86_64);
	CHECK_NUMBER(header.e_phnum, 3);
	CHECK_NUMBER(header.e_shnum, 0);
	REQUIRE(read_program_header(fd, &header, 0, &note));
	REQUIRE(read_program_header(fd, &header, 1, &first));
	REQUIRE(read_program_header(fd, &header, 2, &second));
	CHECK_NUMBER(note.p_type, PT_NOTE);
	CHECK_NUMBER(note.p_filesz, 12);
	CHECK(file_has(fd, note.p_offset, "some notes..", 12));
	CHECK_NUMBER(first.p_type, PT_LOAD);
	CHECK_NUMBER(first.p_flags, PF_R | PF_W);
	CHECK_NUMBER(first.p_vaddr, 0x10000);
	CHECK_NUMBER(first.p_filesz, 3 * PAGE);
	CHECK_NUMBER(first.p_offset % PAGE, 0);
	CHECK(file_has(fd, first.p_offset, fake->ranges[0].bytes, 3 * PAGE));
	CHECK(file_has(fd, second.p_offset, fake->ranges[1].bytes, 2 * MIB + PAGE));
}

/* A page, and then so much memory that was never touched. */
static struct error *write_untouched(int fd, struct fake_target *fake, uint64_t size,
				     struct stat *ret_file, struct target **ret)
{
	fill(fake_target_zeros(fake, 0x10000, PAGE), PAGE, 1);
	struct core_segment segments[] = { core_file_segment(0x10000, PAGE),
					   core_file_segment(0x10000 + PAGE, size) };
	segments[1].untouched = true;
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 2 };
	struct core_written written;
	TRY(write_to(fd, &contents, NULL, &written));
	CHECK_NUMBER(written.unreadable_bytes, 0);
	CHECK_NUMBER(written.memory_bytes, PAGE + size);
	CHECK_NUMBER(written.file_bytes, core_file_bytes(&contents));
	CHECK(!fstat(fd, ret_file) && (uint64_t)ret_file->st_size == written.file_bytes);
	return core_file_open(fd, ret);
}

/* Never read, in the file as one block that all of it shares, zeros to a reader of the core.
 */
TEST(untouched_memory_is_zeros)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_file_close) struct target *core = NULL;
	struct stat file;
	CHECK_OK(write_untouched(fd, fake, 64 * MIB, &file, &core));
	CHECK(file.st_size < 2 * MIB);
	CHECK(file.st_blocks * 512 < MIB);
	uint8_t *bytes = scenery_allocate(64 * MIB), *zeros = scenery_allocate(64 * MIB);
	memset(bytes, 1, 64 * MIB);
	CHECK_NUMBER(target_read_some(core, 0x10000 + PAGE, bytes, 64 * MIB), 64 * MIB);
	CHECK(!memcmp(bytes, zeros, 64 * MIB));
	CHECK_NUMBER(target_read_some(core, 0x10000 + PAGE + 64 * MIB, bytes, 1), 0);
	scenery_free(bytes);
	scenery_free(zeros);
}

/* As many headers as for 4 GiB: the block of zeros that they share is longer, and a hole. */
TEST(very_much_untouched_memory_takes_few_headers)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_file_close) struct target *core = NULL;
	const uint64_t size = 60ull * 1024 * MIB;
	struct stat file;
	Elf64_Ehdr header;
	CHECK_OK(write_untouched(fd, fake, size, &file, &core));
	CHECK(read_header(fd, &header) && header.e_phnum < 5 * 1024);
	CHECK(file.st_size < 20 * MIB && file.st_blocks * 512 < 2 * MIB);
	for (uint64_t at = 0x10000 + PAGE; at < size; at += size / 16 + PAGE) {
		uint64_t word = 1;
		CHECK(target_read_some(core, at, &word, sizeof(word)) == sizeof(word) && !word);
	}
}

/* In the file by priority, in the table by address. */
TEST(segments_stand_in_the_order_of_their_priority)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	static const unsigned priorities[] = { CORE_REST, CORE_HEAP, CORE_STACKS, CORE_FIRST,
					       CORE_HEAP };
	static const uint64_t order[] = { 4, 2, 1, 0, 3 };
	struct core_segment segments[5];
	for (size_t i = 0; i < 5; i++) {
		segments[i] = core_file_segment(0x10000 * (i + 1), PAGE);
		segments[i].priority = priorities[i];
		fill(fake_target_zeros(fake, segments[i].start, PAGE), PAGE, (unsigned)i);
	}
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 5 };
	struct core_written written;
	CHECK_OK(write_to(fd, &contents, NULL, &written));
	Elf64_Ehdr header;
	REQUIRE(read_header(fd, &header) && header.e_phnum == 6);
	for (size_t i = 0; i < 5; i++) {
		Elf64_Phdr load;
		REQUIRE(read_program_header(fd, &header, i + 1, &load));
		CHECK_NUMBER(load.p_vaddr, segments[i].start);
		CHECK_NUMBER(load.p_offset, (order[i] + 1) * PAGE);
		CHECK(file_has(fd, load.p_offset, fake->ranges[i].bytes, PAGE));
	}
}

TEST(zeros_are_holes_of_the_file)
{
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_arm64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	uint8_t *bytes = fake_target_zeros(fake, 0x10000, 4 * MIB);
	bytes[2 * MIB + 5] = 1;
	bytes[3 * MIB - 1] = 2;
	struct core_segment segments[] = { core_file_segment(0x10000, 4 * MIB) };
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 1 };
	struct core_written written;
	CHECK_OK(write_to(fd, &contents, NULL, &written));
	struct stat file;
	Elf64_Ehdr header;
	Elf64_Phdr load;
	REQUIRE(!fstat(fd, &file) && read_header(fd, &header));
	REQUIRE(read_program_header(fd, &header, 1, &load));
	CHECK_NUMBER(header.e_machine, EM_AARCH64);
	CHECK_NUMBER(load.p_filesz, 4 * MIB);
	CHECK_NUMBER(written.memory_bytes, 4 * MIB);
	CHECK(written.zero_bytes >= 4 * MIB - 16 * PAGE);
	CHECK(file.st_blocks * 512 < 32 * PAGE);
	CHECK_NUMBER(file.st_size, core_file_bytes(&contents));
	CHECK(file_has(fd, load.p_offset, bytes, 4 * MIB));
}

TEST(unreadable_pages_are_holes_of_the_core)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	fill(fake_target_zeros(fake, 0x10000, 2 * PAGE), 2 * PAGE, 1);
	fill(fake_target_zeros(fake, 0x10000 + 5 * PAGE, PAGE), PAGE, 2);
	fill(fake_target_zeros(fake, 0x10000 + 8 * PAGE, PAGE + 100), PAGE + 100, 3);
	struct core_segment segments[] = { core_file_segment(0x10000, 7 * PAGE),
					   core_file_segment(0x10000 + 7 * PAGE, 3 * PAGE) };
	segments[1].optional = true;
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 2 };
	struct core_written written;
	CHECK_OK(write_to(fd, &contents, NULL, &written));
	CHECK_NUMBER(written.unreadable_bytes, 4 * PAGE);
	CHECK_NUMBER(written.memory_bytes, 4 * PAGE);
	static const uint64_t starts[] = { 0, 5, 8 }, pages[] = { 2, 1, 1 };
	Elf64_Ehdr header;
	REQUIRE(read_header(fd, &header) && header.e_phnum == 4);
	for (size_t i = 0; i < 3; i++) {
		Elf64_Phdr load;
		REQUIRE(read_program_header(fd, &header, i + 1, &load));
		CHECK_NUMBER(load.p_vaddr, 0x10000 + starts[i] * PAGE);
		CHECK_NUMBER(load.p_filesz, pages[i] * PAGE);
		CHECK(file_has(fd, load.p_offset, fake->ranges[i].bytes, pages[i] * PAGE));
	}
}

/* A sink that cannot go back: the same holes, from the trailer. */
TEST(unreadable_pages_in_a_stream)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
	CLEANUP(core_file_close) struct target *core = NULL;
	fill(fake_target_zeros(fake, 0x10000, 2 * PAGE), 2 * PAGE, 1);
	fill(fake_target_zeros(fake, 0x10000 + 5 * PAGE, PAGE), PAGE, 2);
	fill(fake_target_zeros(fake, 0x10000 + 8 * PAGE, PAGE + 100), PAGE + 100, 3);
	struct core_segment segments[] = { core_file_segment(0x10000, 7 * PAGE),
					   core_file_segment(0x10000 + 7 * PAGE, 3 * PAGE) };
	segments[0].priority = CORE_REST; /* the holes come in descending order */
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 2 };
	struct core_written written;
	uint64_t bytes;
	CHECK_OK(core_sink_pipe_new(fd, 0, NULL, &sink));
	CHECK_OK(core_write(sink, &contents, NULL, &written));
	CHECK_OK(sink->ops->finish(sink, &bytes));
	CHECK_NUMBER(written.unreadable_bytes, 6 * PAGE);
	CHECK_NUMBER(written.memory_bytes, 4 * PAGE);
	CHECK_NUMBER(bytes, written.file_bytes);
	CHECK_OK(core_file_open(fd, &core));
	CHECK_NUMBER(core->facts.missing_bytes, 0);
	for (uint64_t page = 0; page < 10; page++) {
		uint8_t byte;
		bool there = page < 2 || page == 5 || page == 8;
		CHECK_NUMBER(target_read_some(core, 0x10000 + page * PAGE, &byte, 1), there);
	}
	CHECK_OK(target_read(core, 0x10000 + 5 * PAGE, segments, 8));
	CHECK(!memcmp(segments, fake->ranges[1].bytes, 8));
}

TEST(nothing_can_be_read)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	struct core_segment segments[] = { core_file_segment(0x10000, 7 * PAGE),
					   core_file_segment(0x90000, PAGE) };
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 2 };
	struct core_written written;
	Elf64_Ehdr header;
	CHECK_OK(write_to(fd, &contents, NULL, &written));
	CHECK_NUMBER(written.unreadable_bytes, 8 * PAGE);
	CHECK_NUMBER(written.memory_bytes, 0);
	REQUIRE(read_header(fd, &header));
	CHECK_NUMBER(header.e_phnum, 1);
}

/* gABI, "Program Header": e_phnum is PN_XNUM and the count is in sh_info of section header 0.
 */
TEST(more_segments_than_e_phnum_holds)
{
	enum { COUNT = 70000 };
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	uint8_t *bytes = fake_target_zeros(fake, 0x10000, (size_t)COUNT * 2 * PAGE);
	struct core_segment *segments = scenery_allocate(COUNT * sizeof(*segments));
	for (size_t i = 0; i < COUNT; i++) {
		segments[i] = core_file_segment(0x10000 + i * 2 * PAGE, PAGE);
		memcpy(bytes + i * 2 * PAGE, &i, sizeof(i));
	}
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = COUNT };
	struct core_written written;
	struct error *error = write_to(fd, &contents, NULL, &written);
	scenery_free(segments);
	CHECK_OK(error);
	Elf64_Ehdr header;
	Elf64_Shdr section;
	Elf64_Phdr load;
	REQUIRE(read_header(fd, &header));
	CHECK_NUMBER(header.e_phnum, PN_XNUM);
	CHECK_NUMBER(header.e_shnum, 1);
	REQUIRE(pread(fd, &section, sizeof(section), (off_t)header.e_shoff) == sizeof(section));
	CHECK_NUMBER(section.sh_info, COUNT + 1);
	REQUIRE(read_program_header(fd, &header, COUNT, &load));
	uint64_t last = COUNT - 1;
	CHECK_NUMBER(load.p_vaddr, 0x10000 + last * 2 * PAGE);
	CHECK(file_has(fd, load.p_offset, &last, sizeof(last)));
}

TEST(errors_of_the_file_and_the_task)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(fd_cleanup) int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	CLEANUP(fd_cleanup) int closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fill(fake_target_zeros(fake, 0x10000, 2 * MIB), 2 * MIB, 1);
	struct core_segment segments[] = { core_file_segment(0x10000, 2 * MIB) };
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 1 };
	struct core_written written;
	volatile sig_atomic_t stop = 1;
	struct task task = { .stop = &stop };
	REQUIRE(full >= 0 && closed >= 0);
	CHECK_FAILS(write_to(full, &contents, NULL, &written), ERROR_OS, "No space left");
	CHECK_FAILS(write_to(closed, &contents, NULL, &written), ERROR_OS, "cannot write the core");
	CHECK_FAILS(write_to(fd, &contents, &task, &written), ERROR_CANCELLED, "writing the core");
}

static const uint8_t general[sizeof(elf_gregset_t)] = { 1, 2, 3 };
static const uint8_t floating[64] = { 4, 5 }, extended[832] = { 6 };

/* The second thread sleeps uninterruptibly and has no registers. */
static void make_process(struct core_process *process, struct stopped_thread threads[static 3],
			 struct process_map maps[static 3])
{
	static const uint8_t auxv[32] = { AT_PAGESZ };
	for (int i = 0; i < 3; i++)
		threads[i] = (struct stopped_thread){ .tid = 900 + i, .namespace_tid = 7 + i };
	threads[0].signal = SIGUSR1;
	threads[0].siginfo.si_signo = SIGUSR1;
	threads[0].user_ticks = 250;
	threads[0].signals_blocked = 0x10;
	threads[0].set_count = 3;
	threads[0].sets[0] = (struct register_note){ NT_PRSTATUS, general, sizeof(general) };
	threads[0].sets[1] = (struct register_note){ NT_PRFPREG, floating, sizeof(floating) };
	threads[0].sets[2] = (struct register_note){ 0x202, extended, sizeof(extended) };
	threads[2].set_count = 1;
	threads[2].sets[0] = threads[0].sets[0];
	maps[0] = (struct process_map){
		.start = 0x1000, .end = 0x3000, .file_offset = 0x2000, .path = "/app/a b"
	};
	maps[1] = (struct process_map){ .start = 0x4000, .end = 0x5000, .path = "[heap]" };
	maps[2] = (struct process_map){ .start = 0x6000, .end = 0x7000, .path = "/lib/c.so" };
	*process = (struct core_process){ .pid = 7,
					  .parent_pid = 1,
					  .uid = 1654,
					  .state = 'S',
					  .name = "a name longer than sixteen",
					  .arguments = "dotnet app.dll",
					  .threads = threads,
					  .thread_count = 3,
					  .maps = maps,
					  .map_count = 3,
					  .auxv = auxv,
					  .auxv_size = sizeof(auxv),
					  .page_size = PAGE,
					  .ticks_per_second = 100 };
}

struct seen_note {
	unsigned type;
	const char *owner;
	const uint8_t *bytes;
	size_t size;
};

static size_t split_notes(const struct text *text, struct seen_note *notes, size_t count)
{
	size_t seen = 0;
	for (size_t at = 0; at < text->length && seen < count; seen++) {
		Elf64_Nhdr header;
		memcpy(&header, text->bytes + at, sizeof(header));
		at += sizeof(header);
		notes[seen].owner = text->bytes + at;
		at += align_up(header.n_namesz, 4);
		notes[seen].type = header.n_type;
		notes[seen].bytes = (const uint8_t *)text->bytes + at;
		notes[seen].size = header.n_descsz;
		at += align_up(header.n_descsz, 4);
		CHECK(at <= text->length);
	}
	return seen;
}

TEST(notes_in_the_order_of_the_kernel)
{
	static const unsigned types[] = { NT_PRSTATUS, NT_PRPSINFO, NT_SIGINFO, NT_AUXV,
					  NT_FILE,     NT_PRFPREG,  0x202,      NT_PRSTATUS };
	CLEANUP(text_deinit) struct text text = { 0 };
	struct core_process process;
	struct stopped_thread threads[3];
	struct process_map maps[3];
	struct seen_note notes[16];
	make_process(&process, threads, maps);
	CHECK_OK(core_notes_build(&process, &text));
	REQUIRE(split_notes(&text, notes, 16) == 8);
	for (size_t i = 0; i < 8; i++) {
		CHECK_NUMBER(notes[i].type, types[i]);
		CHECK_TEXT(notes[i].owner, types[i] == 0x202 ? "LINUX" : "CORE");
	}
	struct elf_prstatus status;
	REQUIRE(notes[0].size == sizeof(status));
	memcpy(&status, notes[0].bytes, sizeof(status));
	CHECK_NUMBER(status.pr_pid, 7);
	CHECK_NUMBER(status.pr_cursig, SIGUSR1);
	CHECK_NUMBER(status.pr_sighold, 0x10);
	CHECK_NUMBER(status.pr_utime.tv_sec, 2);
	CHECK_NUMBER(status.pr_utime.tv_usec, 500000);
	CHECK_NUMBER(status.pr_fpvalid, 1);
	CHECK(!memcmp(&status.pr_reg, general, sizeof(general)));
	memcpy(&status, notes[7].bytes, sizeof(status));
	CHECK_NUMBER(status.pr_pid, 9);
	CHECK_NUMBER(status.pr_cursig, 0);
	struct elf_prpsinfo info;
	memcpy(&info, notes[1].bytes, sizeof(info));
	CHECK_TEXT(info.pr_fname, "a name longer t");
	CHECK_TEXT(info.pr_psargs, "dotnet app.dll");
	CHECK_NUMBER(info.pr_uid, 1654);
	CHECK_NUMBER(info.pr_sname, 'S');
	CHECK_NUMBER(load_u64(notes[4].bytes), 2);
	CHECK_NUMBER(load_u64(notes[4].bytes + 8), PAGE);
	CHECK_NUMBER(load_u64(notes[4].bytes + 16), 0x1000);
	CHECK_NUMBER(load_u64(notes[4].bytes + 32), 2);
	CHECK_TEXT((const char *)notes[4].bytes + 64, "/app/a b");
	CHECK_TEXT((const char *)notes[4].bytes + 64 + 9, "/lib/c.so");
}

static struct error *see_thread(const struct target_thread *thread, void *context)
{
	int *sum = context;
	*sum += thread->tid;
	CHECK_NUMBER(thread->note_size, sizeof(general));
	CHECK(!memcmp(thread->note_bytes, general, sizeof(general)));
	return NULL;
}

/* Our own reader opens what we write. */
TEST(round_trip_through_the_core_target)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	CLEANUP(text_deinit) struct text notes = { 0 };
	CLEANUP(fd_cleanup) int fd = core_file_new();
	struct core_process process;
	struct stopped_thread threads[3];
	struct process_map maps[3];
	fill(fake_target_zeros(fake, 0x10000, 3 * PAGE), 3 * PAGE, 1);
	struct core_segment segments[] = { core_file_segment(0x10000, 4 * PAGE) };
	make_process(&process, threads, maps);
	CHECK_OK(core_notes_build(&process, &notes));
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 1,
					  .notes = notes.bytes,
					  .notes_size = notes.length };
	struct core_written written;
	CHECK_OK(write_to(fd, &contents, NULL, &written));
	uint8_t bytes[4 * PAGE];
	struct target *core;
	CHECK_OK(core_file_open(fd, &core));
	int sum = 0;
	uint64_t page_size = 0;
	CHECK_NUMBER(core->facts.missing_bytes, 0);
	CHECK_NUMBER(target_read_some(core, 0x10000, bytes, sizeof(bytes)), 3 * PAGE);
	CHECK(!memcmp(bytes, fake->ranges[0].bytes, 3 * PAGE));
	struct error *error = target_visit_threads(core, see_thread, &sum);
	CHECK_NUMBER(sum, 7 + 9);
	CHECK(!target_auxv(core, AT_PHDR, &page_size));
	target_close(core);
	CHECK_OK(error);
}

static const struct tap_case cases[] = {
	CASE(two_segments_and_a_note),
	CASE(untouched_memory_is_zeros),
	CASE_ONCE(very_much_untouched_memory_takes_few_headers),
	CASE(segments_stand_in_the_order_of_their_priority),
	CASE(zeros_are_holes_of_the_file),
	CASE(unreadable_pages_are_holes_of_the_core),
	CASE(unreadable_pages_in_a_stream),
	CASE(nothing_can_be_read),
	CASE_ONCE(more_segments_than_e_phnum_holds),
	CASE(errors_of_the_file_and_the_task),
	CASE(notes_in_the_order_of_the_kernel),
	CASE(round_trip_through_the_core_target),
};
TAP_MAIN(cases)
