#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_decompressBound: exported by every libzstd since 1.4 */
#include "dump/core/unpack.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "dump/core/unpack_room.h"
#include "dump/core/zstd_frames.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

enum {
	OUTPUT_BYTES = 1024 * 1024,
	INPUT_BYTES = 1024 * 1024, /* between two looks at the task; what makes no output, too */
	GZIP_TRAILER_SIZE = 4,     /* ISIZE, the last of RFC 1952 2.3.1: size modulo 2^32 */
	GZIP_LEAST_SIZE = 18,      /* header and trailer of a member, RFC 1952 2.3 */
};

/* The packed file, mapped. */
struct packed {
	const char *path;
	const uint8_t *bytes;
	size_t size;
};

static void packed_cleanup(struct packed *packed)
{
	if (packed->bytes)
		munmap((void *)packed->bytes, packed->size);
}

static struct error *packed_map(const char *path, int fd, struct packed *ret)
{
	struct stat status;
	if (fstat(fd, &status))
		return error_os(errno, "cannot look at %s", path);
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return error_os(errno, "cannot map %s", path);
	*ret = (struct packed){ .path = path, .bytes = bytes, .size = (size_t)status.st_size };
	return NULL;
}

/* The common loop: `step` unpacks from where it is into output, until `damage` or `finished`. */
struct unpacker {
	const struct packed *packed;
	const struct task *task;
	struct unpack_room room;
	uint64_t needed;
	uint8_t *output;    /* OUTPUT_BYTES */
	size_t consumed;    /* of packed->bytes */
	bool finished;      /* the last frame or member was whole and nothing follows */
	const char *damage; /* why it stopped before the end; NULL: it did not */
	bool sound;         /* what came before that is as it was packed */
	bool between;       /* frames: one was whole, and nothing of the next was unpacked */
	void (*step)(struct unpacker *unpacker, size_t *ret_size);
	ZSTD_DCtx *zstd;
	z_stream gzip;
};

static void note_cut(struct unpacker *unpacker)
{
	unpacker->damage = "its end is missing";
	unpacker->sound = true;
}

static void note_damage(const struct unpacker *unpacker)
{
	char note[512];
	snprintf(note, sizeof(note),
		 "%s is cut short or damaged after %zu of its %zu bytes (%s): going on with the "
		 "%llu "
		 "bytes that could be unpacked",
		 unpacker->packed->path, unpacker->consumed, unpacker->packed->size,
		 unpacker->damage, (unsigned long long)unpacker->room.written);
	task_note(unpacker->task, note);
}

static struct error *unpack_steps(struct unpacker *unpacker)
{
	for (;;) {
		TRY(task_check(unpacker->task, "unpacking the dump"));
		size_t size = 0;
		unpacker->step(unpacker, &size);
		TRY(unpack_room_write(&unpacker->room, unpacker->output, size));
		task_progress(unpacker->task, "unpacking the dump", unpacker->room.written,
			      unpacker->needed);
		if (unpacker->damage || unpacker->finished)
			break;
	}
	if (!unpacker->room.written)
		return error_new(ERROR_BAD_DATA, "cannot unpack %s: %s", unpacker->packed->path,
				 unpacker->damage ? unpacker->damage : "it holds nothing");
	if (unpacker->damage)
		note_damage(unpacker);
	return unpack_room_finish(&unpacker->room);
}

static struct error *unpack_all(struct unpacker *unpacker, int *ret, bool *ret_damaged)
{
	CLEANUP(free_cleanup) uint8_t *output = malloc(OUTPUT_BYTES);
	if (!output)
		return &error_no_memory;
	unpacker->output = output;
	struct error *error = unpack_steps(unpacker);
	*ret_damaged = unpacker->damage && !unpacker->sound;
	if (error)
		close(unpacker->room.fd);
	else
		*ret = unpacker->room.fd;
	return error;
}

/* Content size of all frames; *ret_exact false: at least one frame does not say, the blocks were
 * counted. */
static struct error *zstd_size(const struct packed *packed, const struct task *task, uint64_t *ret,
			       bool *ret_exact)
{
	uint64_t total = 0;
	size_t at = 0;
	*ret_exact = true;
	while (at < packed->size) {
		const uint8_t *frame = packed->bytes + at;
		struct zstd_extent extent;
		TRY(zstd_frame_measure(frame, packed->size - at, task, &extent));
		unsigned long long content = ZSTD_getFrameContentSize(frame, packed->size - at);
		if (!extent.length) { /* cut within this frame */
			extent.length = packed->size - at;
			if (content == ZSTD_CONTENTSIZE_ERROR)
				content = 0;
		}
		if (content == ZSTD_CONTENTSIZE_UNKNOWN || content == ZSTD_CONTENTSIZE_ERROR) {
			*ret_exact = false;
			content = extent.most_content
					  ? extent.most_content
					  : extent.length; /* the writing will show it */
		}
		if (__builtin_add_overflow(total, content, &total))
			total = UINT64_MAX;
		at += extent.length;
		task_progress(task, "unpacking the dump (measuring)", at, packed->size);
	}
	*ret = total;
	return NULL;
}

static void zstd_step(struct unpacker *unpacker, size_t *ret_size)
{
	size_t rest = unpacker->packed->size - unpacker->consumed;
	ZSTD_inBuffer input = { unpacker->packed->bytes,
				unpacker->consumed + (rest < INPUT_BYTES ? rest : INPUT_BYTES),
				unpacker->consumed };
	ZSTD_outBuffer output = { unpacker->output, OUTPUT_BYTES, 0 };
	while (!unpacker->damage && !unpacker->finished && output.pos < output.size) {
		size_t output_before = output.pos, input_before = input.pos;
		/* 0: a frame ended here and all of it is in output */
		size_t hint = ZSTD_decompressStream(unpacker->zstd, &output, &input);
		if (ZSTD_isError(hint)) {
			unpacker->damage = ZSTD_getErrorName(hint);
			output.pos =
				output_before; /* decoders of old formats count the whole room */
			unpacker->sound = unpacker->between; /* bytes after the last frame */
		} else if (!hint && input.pos == unpacker->packed->size) {
			unpacker->finished = true;
		} else if (output.pos == output_before && input.pos == input_before) {
			if (input.size == unpacker->packed->size)
				note_cut(unpacker);
			break;
		}
		unpacker->between = !hint || (unpacker->between && output.pos == output_before);
	}
	unpacker->consumed = input.pos;
	*ret_size = output.pos;
}

struct error *unpack_zstd(const char *path, int fd, const char *temporary_directory,
			  const struct task *task, int *ret, bool *ret_damaged)
{
	CLEANUP(packed_cleanup) struct packed packed = { 0 };
	TRY(packed_map(path, fd, &packed));
	struct unpacker unpacker = { .packed = &packed, .task = task, .step = zstd_step };
	bool exact;
	TRY(zstd_size(&packed, task, &unpacker.needed, &exact));
	TRY(unpack_room_choose(path, temporary_directory, unpacker.needed, exact, task,
			       &unpacker.room));
	unpacker.zstd = ZSTD_createDCtx();
	if (!unpacker.zstd) {
		close(unpacker.room.fd);
		return &error_no_memory;
	}
	struct error *error = unpack_all(&unpacker, ret, ret_damaged);
	ZSTD_freeDCtx(unpacker.zstd);
	return error;
}

/* The trailer's size plus the multiple of 4 GiB that the packed size calls for: packing never makes
 * memory larger by more than a thousandth. */
static uint64_t gzip_size(const struct packed *packed)
{
	if (packed->size < GZIP_LEAST_SIZE)
		return 0;
	uint64_t size = load_u32(packed->bytes + packed->size - GZIP_TRAILER_SIZE);
	uint64_t least = packed->size - packed->size / 1000;
	least -= least < GZIP_LEAST_SIZE ? least : GZIP_LEAST_SIZE;
	while (size < least)
		size += (uint64_t)1 << 32;
	return size;
}

/* Another member after the one that ended? (RFC 1952 2.2: members follow each other.) */
static bool gzip_next_member(struct unpacker *unpacker)
{
	const uint8_t *next = unpacker->packed->bytes + unpacker->consumed;
	return unpacker->packed->size - unpacker->consumed >= GZIP_LEAST_SIZE && next[0] == 0x1f &&
	       next[1] == 0x8b && inflateReset(&unpacker->gzip) == Z_OK;
}

/* Feeds zlib, whose counters are 32-bit; INPUT_BYTES or a little more, whatever they unpack to. */
static void gzip_step(struct unpacker *unpacker, size_t *ret_size)
{
	z_stream *stream = &unpacker->gzip;
	size_t begin = unpacker->consumed;
	stream->next_out = unpacker->output;
	stream->avail_out = OUTPUT_BYTES;
	while (!unpacker->damage && !unpacker->finished && stream->avail_out &&
	       unpacker->consumed - begin < INPUT_BYTES) {
		size_t rest = unpacker->packed->size - unpacker->consumed;
		stream->next_in = (Bytef *)unpacker->packed->bytes + unpacker->consumed;
		stream->avail_in = rest < INPUT_BYTES ? (uInt)rest : INPUT_BYTES;
		uInt before = stream->avail_in;
		int status = inflate(stream, Z_NO_FLUSH);
		unpacker->consumed += before - stream->avail_in;
		if (status == Z_STREAM_END)
			unpacker->finished = !gzip_next_member(unpacker);
		else if (status == Z_BUF_ERROR) /* no progress: nothing left to read */
			note_cut(unpacker);
		else if (status != Z_OK)
			unpacker->damage = stream->msg ? stream->msg : "its data is damaged";
	}
	*ret_size = OUTPUT_BYTES - stream->avail_out;
}

struct error *unpack_gzip(const char *path, int fd, const char *temporary_directory,
			  const struct task *task, int *ret, bool *ret_damaged)
{
	enum { GZIP_WRAPPER = 16, LARGEST_WINDOW = 15 }; /* inflateInit2's windowBits */
	CLEANUP(packed_cleanup) struct packed packed = { 0 };
	TRY(packed_map(path, fd, &packed));
	struct unpacker unpacker = { .packed = &packed, .task = task, .step = gzip_step };
	unpacker.needed = gzip_size(&packed);
	TRY(unpack_room_choose(path, temporary_directory, unpacker.needed, false, task,
			       &unpacker.room));
	if (inflateInit2(&unpacker.gzip, GZIP_WRAPPER + LARGEST_WINDOW) != Z_OK) {
		close(unpacker.room.fd);
		return &error_no_memory;
	}
	struct error *error = unpack_all(&unpacker, ret, ret_damaged);
	inflateEnd(&unpacker.gzip);
	return error;
}
