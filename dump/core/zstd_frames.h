/*
 * A packed file that can be read from the middle: frames of zstd (RFC 8878) of a few MiB each, with
 * their content's size and checksum, one after the other, and after them a table of their sizes in
 * a skippable frame (zstd's contrib/seekable_format/zstd_seekable_compression_format.md). Any zstd
 * unpacks such a file. A file that was cut has no table: the frames are then found one by one, and
 * unpacked once, as nothing else shows for sure how long each is.
 */
#ifndef DUMP_CORE_ZSTD_FRAMES_H
#define DUMP_CORE_ZSTD_FRAMES_H

#include "base/task.h"

#include <stddef.h>

enum {
	ZSTD_FRAME_BYTES = 2 * 1024 * 1024, /* of content, in the frames that we write */
	ZSTD_TABLE_HEADER_BYTES = 8,
	ZSTD_TABLE_FOOTER_BYTES = 9,
};

/* As it is in the table. */
struct zstd_table_entry {
	uint32_t packed_size, content_size;
};

/* What comes before `count` entries, and after them. */
void zstd_table_header(size_t count, uint8_t ret[static ZSTD_TABLE_HEADER_BYTES]);
void zstd_table_footer(size_t count, uint8_t ret[static ZSTD_TABLE_FOOTER_BYTES]);

struct zstd_frame {
	uint64_t offset, packed_offset; /* of its content, of itself */
	uint32_t size, packed_size;
};

struct zstd_frames {
	struct zstd_frame *frames; /* ascending */
	size_t count;              /* 0: no such file, or a frame is larger than the limit or has
				      no checksum */
	uint64_t size;             /* of all content */
	uint32_t largest;          /* size of one frame's content */
	bool cut;                  /* no table that can be believed: the end may be missing */
	bool contradicted;         /* there is a table, of other frames than these */
};

struct zstd_extent {
	size_t length;         /* packed; 0: the frame is not all there, or damaged */
	uint64_t most_content; /* what it can unpack to at most; 0: it is skippable */
};

/* The frame at the beginning of `size` bytes. Reads as far as it goes, from a disk perhaps.
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *zstd_frame_measure(const uint8_t *frame, size_t size,
					    const struct task *task, struct zstd_extent *ret);

/* ERROR_NO_MEMORY, ERROR_CANCELLED. With a table, the frames' content is looked at only where it
 * and a frame's header say different sizes. */
MUST_CHECK struct error *zstd_frames_read(const uint8_t *bytes, size_t size,
					  const struct task *task, struct zstd_frames *ret);
void zstd_frames_deinit(struct zstd_frames *frames);

/* The frame with the content's byte at `offset`; NULL: beyond the end. */
const struct zstd_frame *zstd_frames_find(const struct zstd_frames *frames, uint64_t offset);

#endif
