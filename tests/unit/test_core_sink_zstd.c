/* Packed cores: written in frames, opened without unpacking, cut and damaged anywhere. */
#include "base/list.h"
#include "dump/collect/core_notes.h"
#include "dump/collect/core_sink_zstd.h"
#include "dump/collect/core_writer.h"
#include "dump/core/core_target.h"
#include "dump/core/zstd_frames.h"
#include "tests/unit/core_file.h"
#include "tests/unit/tap.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zstd.h>

enum { PAGE = 4096, MIB = 1024 * 1024, START = 0x10000, SIZE = 5 * MIB, HOLE = 3 * MIB };

/* Compressible, and no page like another. */
static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i / PAGE * 13 + (i * 2654435761u >> 27));
}

/* SIZE bytes at START, but for a page at START + HOLE. */
static struct fake_target *make_process(void)
{
	struct fake_target *fake = fake_target_new(&architecture_x64);
	fill(fake_target_zeros(fake, START, HOLE), HOLE);
	fill(fake_target_zeros(fake, START + HOLE + PAGE, SIZE - HOLE - PAGE), SIZE - HOLE - PAGE);
	return fake;
}

static struct error *write_packed_at(int level, const struct task *task, int fd,
				     struct fake_target *fake, uint64_t *ret_bytes,
				     struct core_written *ret)
{
	struct core_segment segments[] = {
		{ .start = START, .end = START + SIZE, .protection = PF_R, .priority = CORE_HEAP },
		{ .start = START + SIZE, .end = START + 2 * SIZE, .untouched = true },
	};
	static const struct core_mark mark = { .random = { 1, 2, 3, 4 } };
	CLEANUP(text_deinit) struct text notes = { 0 };
	TRY(core_notes_build(&(struct core_process){ .mark = &mark }, &notes));
	struct core_contents contents = { .target = &fake->base,
					  .segments = segments,
					  .segment_count = 2,
					  .notes = notes.bytes,
					  .notes_size = notes.length,
					  .mark = &mark };
	CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
	struct core_sink *file;
	TRY(core_sink_file_new(fd, &file));
	TRY(core_sink_zstd_new(file, level, task, &sink));
	TRY(core_write(sink, &contents, NULL, ret));
	return sink->ops->finish(sink, ret_bytes);
}

static struct error *write_packed(int fd, struct fake_target *fake, uint64_t *ret_bytes,
				  struct core_written *ret)
{
	return write_packed_at(ZSTD_LEVEL_DEFAULT, NULL, fd, fake, ret_bytes, ret);
}

static void count_note(void *context, const char *text)
{
	(void)text;
	++*(int *)context;
}

/* *notes: how often it said that it unpacks. */
static struct error *open_packed(int fd, int *notes, struct target **ret)
{
	char path[64];
	struct task task = { .note = count_note, .context = notes };
	*notes = 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return core_target_open(path, &task, ret);
}

/* How many pages of the process can be read; each one must be right, and the page that could not be
 * read is none of them, although the trailer that names it is gone from a core that was cut. */
static size_t right_pages(struct target *core, struct fake_target *fake)
{
	size_t count = 0;
	for (uint64_t at = START; at < START + SIZE; at += PAGE) {
		uint8_t page[PAGE];
		if (target_read_some(core, at, page, PAGE) < PAGE)
			continue;
		const uint8_t *wanted = fake_target_at(fake, at, PAGE);
		CHECK(wanted && !memcmp(wanted, page, PAGE));
		count++;
	}
	return count;
}

TEST(written_in_frames_and_read_without_unpacking)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_process();
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_file_close) struct target *core = NULL;
	struct core_written written;
	uint64_t bytes;
	int notes;
	CHECK_OK(write_packed(fd, fake, &bytes, &written));
	CHECK_NUMBER(written.unreadable_bytes, PAGE);
	CHECK_NUMBER(written.priorities, CORE_PRIORITIES);
	CHECK(bytes < written.file_bytes / 2);
	CHECK_OK(open_packed(fd, &notes, &core));
	CHECK_NUMBER(notes, 0);
	CHECK_NUMBER(core->facts.missing_bytes, 0);
	CHECK_NUMBER(right_pages(core, fake), SIZE / PAGE - 1);
	uint8_t *all = scenery_allocate(2 * SIZE);
	CHECK_NUMBER(target_read_some(core, START, all, 2 * SIZE), HOLE);
	CHECK_NUMBER(target_read_some(core, START + HOLE + PAGE, all, 2 * SIZE),
		     2 * SIZE - HOLE - PAGE);
	CHECK_NUMBER(all[2 * SIZE - HOLE - PAGE - 1], 0);
	scenery_free(all);
}

/* Told to stop, a slow packer becomes a quick one and loses nothing. */
TEST(told_to_stop_it_hurries)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_process();
	volatile sig_atomic_t stop = 0;
	struct task task = { .stop = &stop };
	uint64_t least, most, hurried;
	struct core_written written;
	for (int i = 0; i < 3; i++) {
		CLEANUP(fd_cleanup) int fd = core_file_new();
		CLEANUP(core_file_close) struct target *core = NULL;
		uint64_t *bytes[] = { &least, &most, &hurried };
		int notes;
		stop = i == 2 ? SIGTERM : 0;
		CHECK_OK(write_packed_at(i ? ZSTD_LEVEL_MOST : ZSTD_LEVEL_DEFAULT, &task, fd, fake,
					 bytes[i], &written));
		CHECK_OK(open_packed(fd, &notes, &core));
		CHECK_NUMBER(right_pages(core, fake), SIZE / PAGE - 1);
	}
	CHECK(most < least);
	/* Notes hold the time, which packs to a few bytes more or less. */
	CHECK(hurried > most + (least - most) / 2);
}

/* Another's unpacker gets the core itself. */
TEST(any_zstd_unpacks_it)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_process();
	CLEANUP(fd_cleanup) int fd = core_file_new();
	struct core_written written;
	uint64_t bytes;
	CHECK_OK(write_packed(fd, fake, &bytes, &written));
	size_t room = (size_t)written.file_bytes + 1;
	uint8_t *packed = scenery_allocate(bytes), *core = scenery_allocate(room);
	CHECK(pread(fd, packed, bytes, 0) == (ssize_t)bytes);
	CHECK_NUMBER(ZSTD_decompress(core, room, packed, bytes), written.file_bytes);
	CHECK(!memcmp(core, ELFMAG, SELFMAG));
	scenery_free(packed);
	scenery_free(core);
}

TEST(cut_anywhere_it_opens_as_far_as_it_goes)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_process();
	CLEANUP(fd_cleanup) int fd = core_file_new();
	struct core_written written;
	uint64_t bytes;
	CHECK_OK(write_packed(fd, fake, &bytes, &written));
	size_t most = 0, opened = 0;
	for (unsigned cut = 1; cut <= 20; cut++) {
		CLEANUP(core_file_close) struct target *core = NULL;
		int notes;
		REQUIRE(!ftruncate(fd, (off_t)(bytes - bytes * cut / 21)));
		struct error *error = open_packed(fd, &notes, &core);
		if (!error) {
			size_t pages = right_pages(core, fake);
			CHECK(core->facts.missing_bytes > 0);
			CHECK(pages < SIZE / PAGE);
			most = pages > most ? pages : most;
			opened++;
		} else {
			CHECK(error->code == ERROR_BAD_DATA || error->code == ERROR_UNSUPPORTED ||
			      error->code == ERROR_NO_MEMORY);
		}
		error_free(error);
	}
	CHECK(most > SIZE / PAGE / 2);
	CHECK(opened > 10);
}

/* Nothing wrong is ever answered: a frame whose checksum fails is a hole. */
TEST(a_damaged_frame_is_a_hole)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_process();
	CLEANUP(fd_cleanup) int fd = core_file_new();
	CLEANUP(core_file_close) struct target *core = NULL;
	struct core_written written;
	uint64_t bytes;
	int notes;
	CHECK_OK(write_packed(fd, fake, &bytes, &written));
	uint8_t byte;
	REQUIRE(pread(fd, &byte, 1, (off_t)(bytes / 2)) == 1);
	byte ^= 0x10;
	REQUIRE(pwrite(fd, &byte, 1, (off_t)(bytes / 2)) == 1);
	CHECK_OK(open_packed(fd, &notes, &core));
	CHECK_NUMBER(notes, 0);
	size_t pages = right_pages(core, fake);
	CHECK(pages >= SIZE / PAGE - 1 - ZSTD_FRAME_BYTES / PAGE);
	CHECK(pages < SIZE / PAGE - 1);
}

static size_t pack(const char *text, bool checksum, uint8_t *to, size_t room)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum);
	size_t size = ZSTD_compress2(context, to, room, text, strlen(text));
	ZSTD_freeCCtx(context);
	return size;
}

static size_t add_table(uint8_t *to, const struct zstd_table_entry *entries, size_t count)
{
	zstd_table_header(count, to);
	memcpy(to + ZSTD_TABLE_HEADER_BYTES, entries, count * sizeof(*entries));
	zstd_table_footer(count, to + ZSTD_TABLE_HEADER_BYTES + count * sizeof(*entries));
	return ZSTD_TABLE_HEADER_BYTES + count * sizeof(*entries) + ZSTD_TABLE_FOOTER_BYTES;
}

TEST(a_table_that_lies_is_not_believed)
{
	uint8_t file[512];
	struct zstd_frames frames;
	size_t first = pack("some", true, file, sizeof(file));
	size_t second = pack("thing", true, file + first, sizeof(file) - first);
	size_t end = first + second;
	struct zstd_table_entry entries[] = { { (uint32_t)first, 4 }, { (uint32_t)second, 5 } };
	CHECK_OK(zstd_frames_read(file, end + add_table(file + end, entries, 2), NULL, &frames));
	CHECK_NUMBER(frames.count, 2);
	CHECK_NUMBER(frames.size, 9);
	CHECK(!frames.cut);
	const struct zstd_frame *frame = zstd_frames_find(&frames, 4);
	CHECK(frame && frame->offset == 4 && frame->packed_offset == first);
	CHECK(!zstd_frames_find(&frames, 9));
	zstd_frames_deinit(&frames);
	entries[1].packed_size += 1; /* beyond the frames' end */
	CHECK_OK(zstd_frames_read(file, end + add_table(file + end, entries, 2), NULL, &frames));
	CHECK(frames.cut && frames.count == 2 && frames.size == 9);
	zstd_frames_deinit(&frames);
	entries[1] = (struct zstd_table_entry){ (uint32_t)second, 0x7fffffff };
	CHECK_OK(zstd_frames_read(file, end + add_table(file + end, entries, 2), NULL, &frames));
	CHECK(frames.cut && frames.count == 2 && frames.size == 9);
	zstd_frames_deinit(&frames);
}

/* "some" and "thing" in frames of their own, and a table; *ret_table: where its entries begin. */
static size_t pack_two(uint8_t *file, size_t room, size_t *ret_table)
{
	size_t first = pack("some", true, file, room);
	size_t second = pack("thing", true, file + first, room - first);
	struct zstd_table_entry entries[] = { { (uint32_t)first, 4 }, { (uint32_t)second, 5 } };
	*ret_table = first + second + ZSTD_TABLE_HEADER_BYTES;
	return first + second + add_table(file + first + second, entries, 2);
}

TEST(one_wrong_bit_moves_nothing_that_is_behind_it)
{
	uint8_t file[512];
	size_t table, size = pack_two(file, sizeof(file), &table);
	for (size_t bit = 0; bit < size * 8; bit++) {
		struct zstd_frames frames;
		const uint8_t wrong = (uint8_t)(1 << bit % 8);
		if (bit / 8 >= table + 2 * sizeof(struct zstd_table_entry))
			break; /* the footer: there is no table then */
		file[bit / 8] ^= wrong;
		CHECK_OK(zstd_frames_read(file, size, NULL, &frames));
		file[bit / 8] ^= wrong;
		const struct zstd_frame *second = zstd_frames_find(&frames, 4);
		bool is_right = frames.count == 2 && frames.size == 9 && second->offset == 4;
		if (!is_right)
			printf("# bit %zu\n", bit);
		CHECK(is_right);
		zstd_frames_deinit(&frames);
	}
}

/* The same without a table, among them a short frame in the middle, as the sink ends one when it is
 * flushed: what is placed at all is where it was. */
TEST(one_wrong_bit_moves_nothing_without_a_table)
{
	static const char *const texts[] = { "text", "text", "text", "te", "text", "text", "end" };
	enum { FRAMES = COUNT_OF(texts) };
	uint8_t file[FRAMES * 64];
	size_t at[FRAMES], offset[FRAMES], size = 0, total = 0;
	for (size_t i = 0; i < FRAMES; i++) {
		at[i] = size;
		offset[i] = total;
		size += pack(texts[i], true, file + size, sizeof(file) - size);
		total += strlen(texts[i]);
	}
	for (size_t bit = 0; bit <= size * 8; bit++) {
		struct zstd_frames frames;
		const uint8_t wrong = bit < size * 8 ? (uint8_t)(1 << bit % 8) : 0;
		uint8_t *byte = &file[wrong ? bit / 8 : 0];
		*byte ^= wrong;
		CHECK_OK(zstd_frames_read(file, size, NULL, &frames));
		*byte ^= wrong;
		/* The content and checksum of the second frame: it is a hole, and all else is
		 * there. */
		bool whole = !wrong || (byte >= file + at[1] + 9 && byte < file + at[2]);
		if (whole)
			CHECK(frames.count == FRAMES && frames.size == total);
		for (size_t i = 0; i < frames.count; i++)
			for (size_t k = 0; k < FRAMES; k++)
				if (frames.frames[i].packed_offset == at[k] &&
				    frames.frames[i].offset != offset[k])
					printf("# bit %zu of frame %zu\n", bit, k), CHECK(!"moved");
		zstd_frames_deinit(&frames);
	}
}

/* A disk's lost extent: whatever is after it can be read. */
TEST(many_lost_frames_are_holes)
{
	enum { FRAMES = 40, LOST = 30 };
	uint8_t file[FRAMES * 64];
	struct zstd_table_entry entries[FRAMES];
	struct zstd_frames frames;
	size_t at = 0;
	for (size_t i = 0; i < FRAMES; i++) {
		size_t packed = pack("text", true, file + at, sizeof(file) - at);
		entries[i] = (struct zstd_table_entry){ (uint32_t)packed, 4 };
		if (i >= 5 && i < 5 + LOST)
			memset(file + at, 0, packed);
		at += packed;
	}
	CHECK_OK(zstd_frames_read(file, at + add_table(file + at, entries, FRAMES), NULL, &frames));
	CHECK(frames.count == FRAMES && frames.size == FRAMES * 4 && !frames.cut);
	zstd_frames_deinit(&frames);
}

/* Without a checksum wrong bytes could be taken for right ones: such a file is unpacked whole. */
TEST(frames_without_checksums_are_not_read_alone)
{
	uint8_t file[512];
	struct zstd_frames frames;
	size_t first = pack("some", true, file, sizeof(file));
	size_t second = pack("thing", false, file + first, sizeof(file) - first);
	CHECK_OK(zstd_frames_read(file, first + second, NULL, &frames));
	CHECK_NUMBER(frames.count, 0);
	zstd_frames_deinit(&frames);
	struct zstd_table_entry entries[] = { { (uint32_t)first, 4 }, { (uint32_t)second, 5 } };
	size_t size = first + second + add_table(file + first + second, entries, 2);
	CHECK_OK(zstd_frames_read(file, size, NULL, &frames));
	CHECK_NUMBER(frames.count, 0);
	zstd_frames_deinit(&frames);
}

TEST(errors_of_what_is_behind_it)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = make_process();
	CLEANUP(fd_cleanup) int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct core_written written;
	uint64_t bytes;
	CHECK_FAILS(write_packed(full, fake, &bytes, &written), ERROR_OS, "No space left");
}

TEST(a_pipe_that_nobody_reads)
{
	CLEANUP(core_sink_cleanup) struct core_sink *sink = NULL;
	int ends[2];
	signal(SIGPIPE, SIG_IGN);
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	struct error *error = core_sink_pipe_new(ends[1], 0, NULL, &sink);
	close(ends[0]);
	if (!error)
		error = sink->ops->write(sink, "core", 4);
	close(ends[1]);
	CHECK(error && (error->os_errno == EPIPE || error->code == ERROR_NO_MEMORY));
	CHECK_FAILS(error, ERROR_OS, "Broken pipe");
}

/* Block after block, as the library finds it; and at once when told to stop. */
TEST(a_frame_is_as_long_as_the_library_says)
{
	enum { CONTENT = 700 * 1024 };
	volatile sig_atomic_t stop = SIGINT;
	struct task task = { .stop = &stop };
	uint8_t *content = scenery_allocate(CONTENT);
	size_t room = ZSTD_compressBound(CONTENT);
	uint8_t *frame = scenery_allocate(room);
	for (size_t i = 0; i < CONTENT; i++) /* blocks that do not pack, of one byte, and others */
		content[i] = (uint8_t)(i < CONTENT / 3   ? i * i * 2654435761u >> 13
				       : i < CONTENT / 2 ? 0
							 : i / 7);
	size_t size = ZSTD_compress(frame, room, content, CONTENT, 1);
	struct zstd_extent extent;
	CHECK_OK(zstd_frame_measure(frame, size, NULL, &extent));
	CHECK_NUMBER(extent.length, size);
	CHECK(extent.most_content >= CONTENT && extent.most_content < CONTENT + 128 * 1024);
	CHECK_OK(zstd_frame_measure(frame, size - 1, NULL, &extent));
	CHECK_NUMBER(extent.length, 0);
	struct error *error = zstd_frame_measure(frame, size, &task, &extent);
	CHECK_FAILS(error, ERROR_CANCELLED, NULL);
	scenery_free(content);
	scenery_free(frame);
}

static const struct tap_case cases[] = {
	CASE(written_in_frames_and_read_without_unpacking),
	CASE_ONCE(told_to_stop_it_hurries),
	CASE(any_zstd_unpacks_it),
	CASE_ONCE(cut_anywhere_it_opens_as_far_as_it_goes),
	CASE(a_damaged_frame_is_a_hole),
	CASE(a_table_that_lies_is_not_believed),
	CASE_ONCE(one_wrong_bit_moves_nothing_that_is_behind_it),
	CASE_ONCE(one_wrong_bit_moves_nothing_without_a_table),
	CASE(many_lost_frames_are_holes),
	CASE(frames_without_checksums_are_not_read_alone),
	CASE_ONCE(a_frame_is_as_long_as_the_library_says),
	CASE(errors_of_what_is_behind_it),
	CASE(a_pipe_that_nobody_reads),
};
TAP_MAIN(cases)
