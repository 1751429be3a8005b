/* Cores that end early: a page that could not be read is known by its mark. */
#include "dump/collect/core_notes.h"
#include "dump/collect/core_sink_zstd.h"
#include "dump/collect/core_writer.h"
#include "dump/core/core_target.h"
#include "tests/unit/core_file.h"
#include "tests/unit/tap.h"

#include <elf.h>
#include <sys/mman.h>

enum { PAGE = 4096, MIB = 1024 * 1024 };

/* Holes at the edges and in the middle of segments, among pages of zeros. */
enum { LOSSY_PAGES = 40, LOSSY_BASE = 0x10000 };
static bool lossy_page_is_there(size_t page)
{
	return page % 7 != 3 && page != 0 && page != LOSSY_PAGES - 1;
}

static struct fake_target *make_lossy(void)
{
	struct fake_target *fake = fake_target_new(&architecture_x64);
	for (size_t page = 0; page < LOSSY_PAGES; page++) {
		if (!lossy_page_is_there(page))
			continue;
		uint8_t *bytes = fake_target_zeros(fake, LOSSY_BASE + page * PAGE, PAGE);
		if (page % 3)
			memset(bytes, (int)page, PAGE);
	}
	return fake;
}

/* Pages of the second segment that cannot be read may hold nothing. */
enum { LOSSY_HALF = LOSSY_PAGES / 2 };

/* It was known before that it could not be read. */
enum { LOSSY_ELSEWHERE = LOSSY_BASE + 16 * MIB };

static struct error *write_lossy(struct core_sink *sink, struct fake_target *fake,
				 bool without_heap, struct core_written *ret)
{
	struct core_mark mark;
	struct core_segment segments[] = { core_file_segment(LOSSY_BASE, LOSSY_HALF * PAGE),
					   core_file_segment(LOSSY_BASE + LOSSY_HALF * PAGE,
							     LOSSY_HALF * PAGE),
					   core_file_segment(LOSSY_BASE + MIB, 4 * MIB) };
	segments[0].priority = CORE_REST;
	segments[1].optional = true;
	segments[2].untouched = true;
	TRY(core_mark_make(without_heap, &mark));
	CLEANUP(text_deinit) struct text notes = { 0 };
	TRY(core_notes_build(&(struct core_process){ .mark = &mark }, &notes));
	const struct core_hole lost = { LOSSY_ELSEWHERE, LOSSY_ELSEWHERE + PAGE };
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 3,
					  .lost = &lost,
					  .lost_count = 1,
					  .notes = notes.bytes,
					  .notes_size = notes.length,
					  .mark = &mark };
	TRY(core_write(sink, &contents, NULL, ret));
	CHECK_NUMBER(ret->file_bytes >= core_file_bytes(&contents), true);
	uint64_t unreadable = 0;
	for (size_t page = 0; page < LOSSY_HALF; page++)
		unreadable += !lossy_page_is_there(page);
	CHECK_NUMBER(ret->unreadable_bytes, unreadable * PAGE);
	return NULL;
}

/* A hole says that it should not be one, or says nothing. Of what a cut file does not reach it says
 * that. */
static void check_reason(struct target *core, size_t page)
{
	const char *why = target_explain_missing(core, LOSSY_BASE + page * PAGE);
	if (why && strstr(why, "cut short"))
		return;
	bool lost = !lossy_page_is_there(page) && page < LOSSY_HALF;
	CHECK(lost == (why && strstr(why, "could not be read when the dump was written")));
}

/* What can be read is right, and what could not be read cannot. *ret: pages that can. */
static struct error *check_lossy(int fd, struct fake_target *fake, size_t *ret)
{
	CLEANUP(core_file_close) struct target *core = NULL;
	*ret = 0;
	struct error *error = core_file_open(fd, &core);
	if (error_take(&error, ERROR_BAD_DATA) || error)
		return error;
	for (size_t page = 0; page < LOSSY_PAGES; page++) {
		uint8_t bytes[PAGE];
		uint64_t address = LOSSY_BASE + page * PAGE;
		size_t size = target_read_some(core, address, bytes, PAGE);
		const uint8_t *wanted = fake_target_at(fake, address, PAGE);
		CHECK(!size || wanted);
		CHECK(!wanted || !memcmp(bytes, wanted, size));
		if (!size)
			check_reason(core, page);
		*ret += size == PAGE;
	}
	return NULL;
}

TEST(a_stream_cut_anywhere_has_no_zeros_for_unreadable_pages)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_lossy();
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
	struct core_written written;
	uint64_t bytes;
	size_t all = 0, pages = 0, there = 0;
	for (size_t page = 0; page < LOSSY_PAGES; page++)
		all += lossy_page_is_there(page);
	CHECK_OK(core_sink_pipe_new(fd, 0, NULL, &sink));
	CHECK_OK(write_lossy(sink, fake, false, &written));
	CHECK_OK(sink->ops->finish(sink, &bytes));
	CHECK_OK(check_lossy(fd, fake, &pages));
	CHECK_NUMBER(pages, all);
	/* Its last byte, the trailer, and all of it piece by piece. */
	for (uint64_t cut = 1; cut < bytes; cut += cut < 600 ? 37 : PAGE / 2 + 1) {
		there = pages;
		REQUIRE(!ftruncate(fd, (off_t)(bytes - cut)));
		CHECK_OK(check_lossy(fd, fake, &pages));
		CHECK(pages <= there);
		CHECK(cut > 100 || pages == all);
	}
}

/* Into a file and into a stream, plain ones and packed ones: all count what they lack and name it.
 */
TEST(whatever_is_written_names_what_it_lacks)
{
	for (int way = 0; way < 4; way++) {
		CLEANUP(fake_target_cleanup) struct fake_target *fake = make_lossy();
		CLEANUP(fd_cleanup) int fd = core_file_new();
		CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
		struct core_sink *under = NULL;
		struct core_written written;
		uint64_t bytes;
		size_t all = 0, pages = 0;
		for (size_t page = 0; page < LOSSY_PAGES; page++)
			all += lossy_page_is_there(page);
		CHECK_OK(way & 1 ? core_sink_pipe_new(fd, 0, NULL, &under)
				 : core_sink_file_new(fd, &under));
		if (way & 2)
			CHECK_OK(core_sink_zstd_new(under, ZSTD_LEVEL_DEFAULT, NULL, &sink));
		else
			sink = under;
		CHECK_OK(write_lossy(sink, fake, false, &written));
		CHECK_OK(sink->ops->finish(sink, &bytes));
		CHECK_OK(check_lossy(fd, fake, &pages));
		CHECK_NUMBER(pages, all);
		CLEANUP(core_file_close) struct target *core = NULL;
		CHECK_OK(core_file_open(fd, &core));
		CHECK(target_explain_missing(core, LOSSY_ELSEWHERE));
		CHECK(!target_explain_missing(core, LOSSY_ELSEWHERE + PAGE));
	}
}

/* As SIGKILL leaves it: the header still names the table that was written first. */
TEST(a_file_without_its_last_table_has_no_zeros_either)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_lossy();
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
	struct core_written written;
	Elf64_Ehdr header;
	size_t all = 0, pages = 0;
	for (size_t page = 0; page < LOSSY_PAGES; page++)
		all += lossy_page_is_there(page);
	CHECK_OK(core_sink_file_new(fd, &sink));
	CHECK_OK(write_lossy(sink, fake, false, &written));
	CHECK_OK(check_lossy(fd, fake, &pages));
	CHECK_NUMBER(pages, all);
	REQUIRE(pread(fd, &header, sizeof(header), 0) == sizeof(header));
	CHECK(header.e_phoff > 0x10000);
	REQUIRE(!ftruncate(fd, (off_t)header.e_phoff));
	header.e_phoff = sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr);
	header.e_phnum = 1 + 2 + 4; /* the note; the segments, the untouched one in pieces */
	REQUIRE(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
	CHECK_OK(check_lossy(fd, fake, &pages));
	CHECK_NUMBER(pages, all);
	CLEANUP(core_file_close) struct target *core = NULL;
	CHECK_OK(core_file_open(fd, &core));
	CHECK(core->facts.missing_bytes > 0);
}

/* The note says what was left out. */
TEST(a_mini_has_no_heap)
{
	for (int without = 0; without < 2; without++) {
		CLEANUP(fake_target_cleanup) struct fake_target *fake = make_lossy();
		CLEANUP(fd_cleanup) int fd = core_file_new();
		CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
		CLEANUP(core_file_close) struct target *core = NULL;
		struct core_written written;
		CHECK_OK(core_sink_file_new(fd, &sink));
		CHECK_OK(write_lossy(sink, fake, without, &written));
		CHECK_OK(core_file_open(fd, &core));
		CHECK_NUMBER(core->facts.without_heap, without);
		CHECK_NUMBER(core->facts.with_heap, !without);
		CHECK_NUMBER(core->facts.missing_bytes, 0);
	}
}

/* Headers that name the same bytes over and over would have us look at them for ever. */
TEST(a_damaged_table_ends_the_search)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_lossy();
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
	CLEANUP(core_file_close) struct target *core = NULL;
	struct core_written written;
	uint64_t bytes;
	CHECK_OK(core_sink_pipe_new(fd, 0, NULL, &sink));
	CHECK_OK(write_lossy(sink, fake, false, &written));
	CHECK_OK(sink->ops->finish(sink, &bytes));
	REQUIRE(!ftruncate(fd, (off_t)bytes - 1));
	for (size_t i = 0; i < 6; i++) {
		Elf64_Phdr header;
		off_t at =
			(off_t)(sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr) + (i + 1) * sizeof(header));
		REQUIRE(pread(fd, &header, sizeof(header), at) == sizeof(header));
		header.p_offset = i * 16;
		header.p_vaddr = (i + 1) << 32;
		header.p_filesz = header.p_memsz = bytes - 4096;
		REQUIRE(pwrite(fd, &header, sizeof(header), at) == sizeof(header));
	}
	CHECK_FAILS(core_file_open(fd, &core), ERROR_BAD_DATA, "the same bytes more than once");
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_stream_cut_anywhere_has_no_zeros_for_unreadable_pages),
	CASE_ONCE(whatever_is_written_names_what_it_lacks),
	CASE(a_file_without_its_last_table_has_no_zeros_either),
	CASE(a_mini_has_no_heap),
	CASE(a_damaged_table_ends_the_search),
};
TAP_MAIN(cases)
