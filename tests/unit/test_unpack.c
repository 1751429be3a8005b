/* Dumps as files: plain, packed with zstd or gzip, cut short, damaged, too large. */
#include "base/list.h"
#include "dump/core/core_target.h"
#include "tests/unit/core_builder.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <zlib.h>
#include <zstd.h>

static void close_target(struct target **target)
{
	target_close(*target);
}

#define BUILDER(name, machine)                                                                     \
	CLEANUP(core_builder_deinit) struct core_builder name;                                     \
	core_builder_init(&name, machine)

struct scratch_file {
	char path[64];
};

static void scratch_remove(struct scratch_file *file)
{
	if (file->path[0])
		unlink(file->path);
}

static bool scratch_write(struct scratch_file *file, const void *bytes, size_t size)
{
	snprintf(file->path, sizeof(file->path), "/tmp/clrpod-test-XXXXXX");
	CLEANUP(fd_cleanup) int fd = mkostemp(file->path, O_CLOEXEC);
	return fd >= 0 && write(fd, bytes, size) == (ssize_t)size;
}

struct notes {
	char text[1024];
	size_t progress;
};

static void take_note(void *context, const char *text)
{
	struct notes *notes = context;
	snprintf(notes->text + strlen(notes->text), sizeof(notes->text) - strlen(notes->text),
		 "%s\n", text);
}

static void take_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct notes *notes = context;
	(void)what, (void)done, (void)total;
	notes->progress++;
}

static size_t pack_gzip(const uint8_t *bytes, size_t size, uint8_t *packed, size_t room)
{
	z_stream stream = { .next_in = (Bytef *)bytes,
			    .avail_in = (uInt)size,
			    .next_out = packed,
			    .avail_out = (uInt)room };
	deflateInit2(&stream, 9, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY);
	deflate(&stream, Z_FINISH);
	deflateEnd(&stream);
	return stream.total_out;
}

static size_t pack_stream(const uint8_t *bytes, size_t size, uint8_t *packed, size_t room)
{
	ZSTD_CCtx *context = ZSTD_createCCtx(); /* as `zstd <pipe`: no content size in the frame */
	ZSTD_outBuffer output = { packed, room, 0 };
	ZSTD_inBuffer input = { bytes, size / 2, 0 };
	ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush);
	input.size = size;
	ZSTD_compressStream2(context, &output, &input, ZSTD_e_end);
	ZSTD_freeCCtx(context);
	return output.pos;
}

/* Two frames, the second with its size; or two gzip members. */
static size_t pack_twice(size_t (*pack)(const uint8_t *, size_t, uint8_t *, size_t),
			 const uint8_t *bytes, size_t size, uint8_t *packed, size_t room)
{
	size_t first = pack(bytes, size / 2, packed, room);
	return first + pack(bytes + size / 2, size - size / 2, packed + first, room - first);
}

static size_t pack_zstd(const uint8_t *bytes, size_t size, uint8_t *packed, size_t room)
{
	return ZSTD_compress(packed, room, bytes, size, 3);
}

static void build_big(struct core_builder *core, size_t *ret_size)
{
	enum { BIG = 3 * 1024 * 1024 + 123 };
	core_builder_load(core, 0x10000, NULL, BIG, BIG);
	for (size_t i = 0; i < BIG; i++) /* half noise, half zeros */
		core->loads[0].bytes[i] = i & 0x10000 ? (uint8_t)(i * 2654435761u >> 13) : 0;
	core_builder_text(core, 0x9000000, "the end", 0x1000, 0x1000);
	core_builder_finish(core, ret_size);
}

static void check_big(struct target *target, const struct core_builder *core)
{
	size_t size;
	const uint8_t *bytes = target_borrow(target, 0x10000, &size);
	REQUIRE(bytes);
	CHECK(size >= core->loads[0].size);
	CHECK(!memcmp(bytes, core->loads[0].bytes, core->loads[0].size));
	char text[8];
	CHECK_OK(target_read(target, 0x9000000, text, sizeof(text)));
	CHECK_TEXT(text, "the end");
}

TEST(files_are_opened_plain_and_packed)
{
	static size_t (*const packers[])(const uint8_t *, size_t, uint8_t *,
					 size_t) = { NULL, pack_zstd, pack_stream, pack_gzip };
	BUILDER(core, EM_X86_64);
	size_t size, room;
	build_big(&core, &size);
	room = size + 65536;
	uint8_t *packed = scenery_allocate(room);
	for (size_t i = 0; i < 2 * COUNT_OF(packers); i++) {
		CLEANUP(scratch_remove) struct scratch_file file = { "" };
		CLEANUP(close_target) struct target *target = NULL;
		struct notes notes = { .progress = 0 };
		struct task task = { .note = take_note,
				     .progress = take_progress,
				     .context = &notes };
		bool twice = i >= COUNT_OF(packers);
		size_t (*pack)(const uint8_t *, size_t, uint8_t *, size_t) =
			packers[i % COUNT_OF(packers)];
		size_t packed_size = size;
		if (pack && twice)
			packed_size = pack_twice(pack, core.image, size, packed, room);
		else if (pack)
			packed_size = pack(core.image, size, packed, room);
		else
			memcpy(packed, core.image, size);
		if (!scratch_write(&file, packed, packed_size))
			break;
		struct error *error = core_target_open(file.path, &task, &target);
		if (!error) {
			check_big(target, &core);
			CHECK(!pack || strstr(notes.text, "needs "));
			CHECK(!pack || notes.progress > 2);
			CHECK(!strstr(notes.text, "damaged"));
			CHECK(pack || !notes.text[0]);
		}
		if (!tap_succeeds(error, __FILE__, __LINE__, "core_target_open"))
			break;
	}
	scenery_free(packed);
}

TEST(a_cut_archive_gives_a_truncated_core)
{
	static size_t (*const packers[])(const uint8_t *, size_t, uint8_t *,
					 size_t) = { pack_zstd, pack_stream, pack_gzip };
	BUILDER(core, EM_X86_64);
	size_t size, room;
	build_big(&core, &size);
	room = size + 65536;
	uint8_t *packed = scenery_allocate(room);
	for (size_t i = 0; i < COUNT_OF(packers); i++) {
		CLEANUP(scratch_remove) struct scratch_file file = { "" };
		CLEANUP(close_target) struct target *target = NULL;
		struct notes notes = { .progress = 0 };
		struct task task = { .note = take_note, .context = &notes };
		size_t packed_size = packers[i](core.image, size, packed, room);
		if (!scratch_write(&file, packed, packed_size / 2))
			break;
		struct error *error = core_target_open(file.path, &task, &target);
		if (!error) {
			CHECK(target->facts.missing_bytes > 0x1000);
			CHECK(strstr(notes.text, "cut short or damaged"));
		}
		if (!tap_succeeds(error, __FILE__, __LINE__, "core_target_open"))
			break;
	}
	scenery_free(packed);
}

/* Decoders of formats before 0.8 say after an error that the whole room is filled. */
TEST(a_frame_of_an_old_format_adds_nothing)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(scratch_remove) struct scratch_file file = { "" };
	CLEANUP(close_target) struct target *target = NULL;
	uint8_t packed[65536];
	size_t size;
	core_builder_text(&core, 0x10000, "x", 0x8000, 0x8000);
	const uint8_t *image = core_builder_finish(&core, &size);
	size_t half = size - 0x2000;
	size_t first = pack_zstd(image, half, packed, sizeof(packed));
	size_t second =
		pack_zstd(image + half, size - half, packed + first, sizeof(packed) - first);
	packed[first] = 0x25; /* zstd 0.5 */
	REQUIRE(scratch_write(&file, packed, first + second));
	CHECK_OK(core_target_open(file.path, NULL, &target));
	CHECK_NUMBER(target->facts.missing_bytes, size - half);
}

TEST(unpacking_can_be_cancelled)
{
	BUILDER(core, EM_X86_64);
	CLEANUP(scratch_remove) struct scratch_file file = { "" };
	struct target *target = NULL;
	volatile sig_atomic_t stop = 1;
	struct task task = { .stop = &stop };
	uint8_t packed[65536];
	size_t size;
	core_builder_text(&core, 0x10000, "x", 0x1000, 0x1000);
	const uint8_t *image = core_builder_finish(&core, &size);
	REQUIRE(scratch_write(&file, packed, pack_zstd(image, size, packed, sizeof(packed))));
	CHECK_FAILS(core_target_open(file.path, &task, &target), ERROR_CANCELLED, "unpacking");
}

static void count_steps(void *context, const char *what, uint64_t done, uint64_t total)
{
	(void)done, (void)total;
	*(size_t *)context += !strcmp(what, "unpacking the dump");
}

/* The task is looked at every MiB of the file, too: what unpacks to nothing may be long. */
TEST(what_unpacks_to_nothing_is_read_in_steps)
{
	enum { EMPTY = 8 * 1024 * 1024, STEPS_LEAST = 8 };
	static const uint8_t header[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff };
	static const uint8_t block[] = { 0, 0, 0, 0xff, 0xff };
	static const uint8_t end[] = { 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0 };
	BUILDER(core, EM_X86_64);
	size_t size, at = 0, room = EMPTY + 65536;
	uint8_t *packed = scenery_allocate(room);
	core_builder_text(&core, 0x10000, "x", 0x1000, 0x1000);
	const uint8_t *image = core_builder_finish(&core, &size);
	for (int zstd = 0; zstd <= 1; zstd++) {
		CLEANUP(scratch_remove) struct scratch_file file = { "" };
		CLEANUP(close_target) struct target *target = NULL;
		size_t steps = 0;
		struct task task = { .progress = count_steps, .context = &steps };
		if (zstd) {
			size_t empty = pack_zstd(image, 0, packed, room);
			for (at = empty; at < EMPTY; at += empty)
				memcpy(packed + at, packed, empty);
			at += pack_zstd(image, size, packed + at, room - at);
		} else {
			memcpy(packed, header, sizeof(header));
			for (at = sizeof(header); at < EMPTY; at += sizeof(block))
				memcpy(packed + at, block, sizeof(block));
			memcpy(packed + at, end, sizeof(end));
			at += sizeof(end);
			at += pack_gzip(image, size, packed + at, room - at);
		}
		REQUIRE(scratch_write(&file, packed, at));
		CHECK_OK(core_target_open(file.path, &task, &target));
		CHECK(target && !target->facts.missing_bytes && steps >= STEPS_LEAST);
	}
	free(packed);
}

TEST(damaged_archives_are_refused)
{
	static const char zstd[] = "\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	static const char gzip[] =
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff"
		"\xff\xff\x00\x00\x00\x00";
	CLEANUP(scratch_remove) struct scratch_file first = { "" };
	CLEANUP(scratch_remove) struct scratch_file second = { "" };
	struct target *target = NULL;
	REQUIRE(scratch_write(&first, zstd, sizeof(zstd) - 1));
	REQUIRE(scratch_write(&second, gzip, sizeof(gzip) - 1));
	CHECK_FAILS(core_target_open(first.path, NULL, &target), ERROR_BAD_DATA, "cannot unpack");
	CHECK_FAILS(core_target_open(second.path, NULL, &target), ERROR_BAD_DATA, "cannot unpack");
}

/* A frame that claims 2^50 bytes: the figures are said, and nothing is written. */
TEST(too_large_an_archive_is_refused_with_figures)
{
	static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0,    0, 0,
					 0,    0,    0,    4,    0,    0x01, 0, 0 };
	CLEANUP(scratch_remove) struct scratch_file file = { "" };
	struct target *target = NULL;
	REQUIRE(scratch_write(&file, frame, sizeof(frame)));
	CHECK_FAILS(core_target_open(file.path, NULL, &target), ERROR_OS, "needs 1024.0 TiB");
	CHECK_FAILS(core_target_open_in(file.path, "/proc", NULL, &target), ERROR_OS,
		    "/proc cannot be used, /tmp has");
}

TEST(paths_that_are_no_files)
{
	struct target *target = NULL;
	CHECK_FAILS(core_target_open("/nonexistent/core", NULL, &target), ERROR_OS, "No such file");
	CHECK_FAILS(core_target_open("/tmp", NULL, &target), ERROR_UNSUPPORTED, "directory");
	CHECK_FAILS(core_target_open("/dev/null", NULL, &target), ERROR_UNSUPPORTED, "device");
}

static const struct tap_case cases[] = {
	CASE(files_are_opened_plain_and_packed),
	CASE(a_cut_archive_gives_a_truncated_core),
	CASE(a_frame_of_an_old_format_adds_nothing),
	CASE(unpacking_can_be_cancelled),
	CASE_ONCE(what_unpacks_to_nothing_is_read_in_steps),
	CASE(damaged_archives_are_refused),
	CASE(too_large_an_archive_is_refused_with_figures),
	CASE(paths_that_are_no_files),
};
TAP_MAIN(cases)
