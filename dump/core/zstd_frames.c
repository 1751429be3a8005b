#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_getFrameHeader: exported by every libzstd since 1.3 */
#include "dump/core/zstd_frames.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/search.h"

#include <zstd.h>

/* zstd_seekable_compression_format.md */
enum {
	SKIPPABLE_MAGIC = 0x184d2a5e,
	HAS_CHECKSUMS = 0x80,   /* of the descriptor: 12 bytes an entry, not 8 */
	RESERVED_BITS = 0x7c,   /* must be zero */
	DESCRIPTOR_OFFSET = 4,  /* in the footer, after the count */
	TABLE_MAGIC_OFFSET = 5, /* in the footer */
	CHECKSUM_BYTES = 4,
	DOUBTS_MOST = 16, /* frames that say something else than the table: so many are unpacked */
};
static const uint32_t table_magic = 0x8f92eab1;

void zstd_table_header(size_t count, uint8_t ret[static ZSTD_TABLE_HEADER_BYTES])
{
	uint32_t words[] = { SKIPPABLE_MAGIC, (uint32_t)(count * sizeof(struct zstd_table_entry) +
							 ZSTD_TABLE_FOOTER_BYTES) };
	memcpy(ret, words, sizeof(words));
}

void zstd_table_footer(size_t count, uint8_t ret[static ZSTD_TABLE_FOOTER_BYTES])
{
	uint32_t number = (uint32_t)count;
	memcpy(ret, &number, sizeof(number));
	ret[DESCRIPTOR_OFFSET] = 0;
	memcpy(ret + TABLE_MAGIC_OFFSET, &table_magic, sizeof(table_magic));
}

static const char looking[] = "unpacking the dump (looking for its frames)";

/* RFC 8878 3.1.1.2 and 3.1.2: block after block, with headers all over the file. */
struct error *zstd_frame_measure(const uint8_t *frame, size_t size, const struct task *task,
				 struct zstd_extent *ret)
{
	enum { BLOCK_HEADER_BYTES = 3, IS_LAST = 1, RLE = 1, RESERVED = 3, BLOCKS_AT_ONCE = 64 };
	ZSTD_frameHeader header;
	*ret = (struct zstd_extent){ 0 };
	TRY(task_check(task, looking));
	if (ZSTD_getFrameHeader(&header, frame, size))
		return NULL;
	if (header.frameType == ZSTD_skippableFrame) {
		uint64_t length = ZSTD_SKIPPABLEHEADERSIZE + header.frameContentSize;
		ret->length = length <= size ? (size_t)length : 0;
		return NULL;
	}
	size_t at = header.headerSize, blocks = 0;
	for (bool is_last = false; !is_last; blocks++) {
		if (at > size || size - at < BLOCK_HEADER_BYTES)
			return NULL;
		uint32_t block = load_u16(frame + at) | (uint32_t)frame[at + 2] << 16;
		uint32_t kind = block >> 1 & 3;
		if (kind == RESERVED)
			return NULL;
		is_last = block & IS_LAST;
		at += BLOCK_HEADER_BYTES + (kind == RLE ? 1 : block >> 3);
		if (blocks % BLOCKS_AT_ONCE == 0)
			TRY(task_check(task, looking));
	}
	at += header.checksumFlag ? CHECKSUM_BYTES : 0;
	ret->length = at <= size ? at : 0;
	ret->most_content = (uint64_t)blocks * header.blockSizeMax;
	return NULL;
}

static struct error *add(struct zstd_frames *frames, size_t *capacity, uint64_t packed_offset,
			 uint64_t packed_size, uint64_t size)
{
	TRY(LIST_GROW(frames->frames, frames->count, *capacity));
	frames->frames[frames->count++] =
		(struct zstd_frame){ .offset = frames->size,
				     .packed_offset = packed_offset,
				     .size = (uint32_t)size,
				     .packed_size = (uint32_t)packed_size };
	frames->size += size;
	if (size > frames->largest)
		frames->largest = (uint32_t)size;
	return NULL;
}

/* The entries of the table at the end; NULL: there is none. *ret_end: where the frames end. */
static const uint8_t *find_table(const uint8_t *bytes, size_t size, size_t *ret_count,
				 size_t *ret_entry_bytes, size_t *ret_end)
{
	if (size < ZSTD_TABLE_HEADER_BYTES + ZSTD_TABLE_FOOTER_BYTES)
		return NULL;
	const uint8_t *footer = bytes + size - ZSTD_TABLE_FOOTER_BYTES;
	uint8_t descriptor = footer[DESCRIPTOR_OFFSET];
	if (load_u32(footer + TABLE_MAGIC_OFFSET) != table_magic || (descriptor & RESERVED_BITS))
		return NULL;
	*ret_count = load_u32(footer);
	*ret_entry_bytes =
		sizeof(struct zstd_table_entry) + (descriptor & HAS_CHECKSUMS ? CHECKSUM_BYTES : 0);
	size_t entries = *ret_count * *ret_entry_bytes;
	if (entries > size - ZSTD_TABLE_HEADER_BYTES - ZSTD_TABLE_FOOTER_BYTES)
		return NULL;
	*ret_end = size - ZSTD_TABLE_FOOTER_BYTES - entries - ZSTD_TABLE_HEADER_BYTES;
	const uint8_t *header = bytes + *ret_end;
	if (load_u32(header) != SKIPPABLE_MAGIC ||
	    load_u32(header + sizeof(uint32_t)) != entries + ZSTD_TABLE_FOOTER_BYTES)
		return NULL;
	return header + ZSTD_TABLE_HEADER_BYTES;
}

/* What the frame unpacks to; an error of zstd: it does not. */
static struct error *unpacked_size(const uint8_t *frame, size_t packed_size,
				   const struct task *task, size_t *ret)
{
	TRY(task_check(task, looking));
	void *content = malloc(LIMIT_ZSTD_FRAME_BYTES);
	if (!content)
		return &error_no_memory;
	*ret = ZSTD_decompress(content, LIMIT_ZSTD_FRAME_BYTES, frame, packed_size);
	free(content);
	return NULL;
}

/* A frame is unpacked in one call: it may be no longer than packing can make it. */
static bool is_too_long(size_t packed_size)
{
	return packed_size > ZSTD_COMPRESSBOUND(LIMIT_ZSTD_FRAME_BYTES);
}

/* The table has no checksum: a wrong size in it would give everything after that frame another
 * address. So each frame's header has to say the same and promise a checksum, or the frame itself
 * decides; one that does not unpack is a hole of the table's size. *ret false: the table cannot be
 * believed, or the file has no checksums. */
static struct error *check_size(const uint8_t *frame, size_t packed_size, const struct task *task,
				size_t *doubts, uint32_t *size, bool *ret)
{
	ZSTD_frameHeader header;
	size_t unpacked;
	bool is_known = !ZSTD_getFrameHeader(&header, frame, packed_size);
	*ret = *size || (is_known && header.frameType == ZSTD_skippableFrame);
	if (!is_known || header.frameType != ZSTD_frame)
		return NULL;
	*ret = true;
	if (header.checksumFlag && header.frameContentSize == *size)
		return NULL;
	*ret = ++*doubts <= DOUBTS_MOST && !is_too_long(packed_size);
	if (!*ret)
		return NULL;
	TRY(unpacked_size(frame, packed_size, task, &unpacked));
	if (ZSTD_isError(unpacked))
		return NULL;
	*ret = header.checksumFlag;
	*size = (uint32_t)unpacked;
	return NULL;
}

/* *ret_found false: no table, or *ret_there, one of other frames than the file has. */
static struct error *read_table(const uint8_t *bytes, size_t size, const struct task *task,
				struct zstd_frames *frames, bool *ret_there, bool *ret_found)
{
	size_t count, entry_bytes, end = 0, capacity = 0, at = 0, doubts = 0;
	const uint8_t *table = find_table(bytes, size, &count, &entry_bytes, &end);
	*ret_there = *ret_found = table != NULL;
	for (size_t i = 0; table && i < count; i++) {
		struct zstd_table_entry entry;
		TRY(task_check(task, looking));
		memcpy(&entry, table + i * entry_bytes, sizeof(entry));
		*ret_found = entry.packed_size <= end - at &&
			     entry.content_size <= LIMIT_ZSTD_FRAME_BYTES &&
			     (!entry.content_size || !is_too_long(entry.packed_size));
		if (*ret_found)
			TRY(check_size(bytes + at, entry.packed_size, task, &doubts,
				       &entry.content_size, ret_found));
		if (!*ret_found)
			return NULL;
		if (entry.content_size)
			TRY(add(frames, &capacity, at, entry.packed_size, entry.content_size));
		at += entry.packed_size;
	}
	*ret_found = table && at == end;
	return NULL;
}

/* Is the frame that comes after `packed_size` bytes one that says `content`, and none hidden in
 * them? (The last block of a damaged frame may seem to be none: it goes on then into the next
 * frame.) */
static bool is_followed_by(const uint8_t *bytes, size_t size, size_t packed_size, uint64_t content)
{
	static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd }; /* RFC 8878 3.1.1 */
	ZSTD_frameHeader header;
	return !ZSTD_getFrameHeader(&header, bytes + packed_size, size - packed_size) &&
	       header.frameType == ZSTD_frame && header.frameContentSize == content &&
	       !memmem(bytes + 1, packed_size - 1, magic, sizeof(magic));
}

/* Without a table nothing says how long a frame's content is but itself, and a wrong size would
 * give everything after it another address: so each is unpacked. One that does not unpack is a hole
 * of the size that its header says, if the frames on both sides of it say the same. *ret_known
 * false: its size is not known. */
static struct error *settle_size(const uint8_t *bytes, size_t size, size_t packed_size,
				 const struct task *task, uint64_t before, uint64_t *content,
				 bool *ret_known)
{
	size_t unpacked;
	TRY(unpacked_size(bytes, packed_size, task, &unpacked));
	if (ZSTD_isError(unpacked)) {
		*ret_known = *content && *content == before &&
			     is_followed_by(bytes, size, packed_size, before);
		return NULL;
	}
	*ret_known = true;
	*content = unpacked;
	return NULL;
}

/* The frames as far as they are whole, if all are such as can be read alone. */
static struct error *scan(const uint8_t *bytes, size_t size, const struct task *task,
			  struct zstd_frames *frames)
{
	size_t capacity = 0;
	uint64_t before = 0;
	for (size_t at = 0; at < size;) {
		ZSTD_frameHeader header;
		struct zstd_extent extent;
		if (ZSTD_getFrameHeader(&header, bytes + at, size - at))
			break; /* cut, or no zstd */
		if (header.frameType == ZSTD_frame &&
		    (!header.checksumFlag || header.frameContentSize > LIMIT_ZSTD_FRAME_BYTES)) {
			frames->count = 0;
			return NULL;
		}
		TRY(zstd_frame_measure(bytes + at, size - at, task, &extent));
		if (!extent.length)
			break;
		if (header.frameType == ZSTD_frame && is_too_long(extent.length)) {
			frames->count = 0;
			return NULL;
		}
		if (header.frameType == ZSTD_frame) {
			bool known;
			uint64_t content = header.frameContentSize;
			TRY(settle_size(bytes + at, size - at, extent.length, task, before,
					&content, &known));
			if (!known)
				break;
			if (content)
				TRY(add(frames, &capacity, at, extent.length, content));
			before = content;
		}
		at += extent.length;
		task_progress(task, looking, at, size);
	}
	frames->cut = true;
	return NULL;
}

struct error *zstd_frames_read(const uint8_t *bytes, size_t size, const struct task *task,
			       struct zstd_frames *ret)
{
	bool there, found;
	*ret = (struct zstd_frames){ 0 };
	struct error *error = read_table(bytes, size, task, ret, &there, &found);
	if (!error && !found) {
		zstd_frames_deinit(ret);
		error = scan(bytes, size, task, ret);
		ret->contradicted = there;
	}
	if (error)
		zstd_frames_deinit(ret);
	return error;
}

void zstd_frames_deinit(struct zstd_frames *frames)
{
	free(frames->frames);
	*frames = (struct zstd_frames){ 0 };
}

const struct zstd_frame *zstd_frames_find(const struct zstd_frames *frames, uint64_t offset)
{
	size_t at = SEARCH_FIRST(frames->count, i,
				 frames->frames[i].offset + frames->frames[i].size > offset);
	return at < frames->count ? &frames->frames[at] : NULL;
}
