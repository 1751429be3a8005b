/*
 * A reader: a window on a target, one a thread. Everything in heap/ loads through one. On a mapped
 * core the window is borrowed, without copying, as far as the bytes are contiguous; elsewhere it is
 * a buffer that begins with a page and doubles while reads go on upwards, so that a walk of a live
 * heap costs one read per MiB and a lone pointer one small read (8-byte preads of /proc/PID/mem
 * cost 1.3 us each, a 1 MiB one 0.3 ms: docs/COLLECT.md, docs/RUNTIME-TABLE.md 1f).
 *
 * A reader gets its buffer in the beginning, though only the pages that reads touch cost memory:
 * what it cannot read afterwards is not in the target.
 *
 * What reader_borrow() answers is valid until the next call on the same reader.
 */
#ifndef ATTACH_TARGET_READER_H
#define ATTACH_TARGET_READER_H

#include "attach/target/target.h"
#include "base/bytes.h"

enum { READER_WINDOW_MAX = 1024 * 1024 }; /* bytes; the most that one borrow can ask for */

struct reader {
	struct target *target;
	const uint8_t *window; /* holds [start, start + size) */
	uint64_t start;
	size_t size;
	uint8_t *buffer; /* READER_WINDOW_MAX bytes */
	size_t next_size;
	bool tries; /* what a whole dump need not have: target_try_some() */
};

/* ERROR_NO_MEMORY only; there is nothing to deinit then, but it is allowed. The target is borrowed.
 */
MUST_CHECK struct error *reader_init(struct reader *reader, struct target *target);
void reader_deinit(struct reader *reader);

/* What was read before is read anew when it is asked for again. */
void reader_forget(struct reader *reader);

/* Out of line: moves the window. NULL: not all of it can be read, or size above READER_WINDOW_MAX.
 */
const uint8_t *reader_move(struct reader *reader, uint64_t address, size_t size);

/* size bytes at address, or NULL when not all of them can be read. */
static inline const uint8_t *reader_borrow(struct reader *reader, uint64_t address, size_t size)
{
	uint64_t offset = address - reader->start;
	if (offset < reader->size && size <= reader->size - offset)
		return reader->window + offset;
	return reader_move(reader, address, size);
}

/* All bytes of any size, copied; false: not all can be read (the buffer's content is then
 * unspecified). */
bool reader_copy(struct reader *reader, uint64_t address, void *buffer, size_t size);

/* Loads for walks and scans: false when the bytes are not there. */
static inline bool reader_u64(struct reader *reader, uint64_t address, uint64_t *ret)
{
	const uint8_t *bytes = reader_borrow(reader, address, sizeof(*ret));
	if (!bytes)
		return false;
	*ret = load_u64(bytes);
	return true;
}

static inline bool reader_u32(struct reader *reader, uint64_t address, uint32_t *ret)
{
	const uint8_t *bytes = reader_borrow(reader, address, sizeof(*ret));
	if (!bytes)
		return false;
	*ret = load_u32(bytes);
	return true;
}

/* Loads that must succeed: ERROR_FAULT saying "cannot read WHAT at 0x…" otherwise. */
MUST_CHECK struct error *reader_pointer(struct reader *reader, uint64_t address, const char *what,
					uint64_t *ret);

/* width 1, 2, 4 or 8 bytes, zero-extended. */
MUST_CHECK struct error *reader_unsigned(struct reader *reader, uint64_t address, unsigned width,
					 const char *what, uint64_t *ret);

#endif
