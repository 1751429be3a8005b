#include "dump/core/core_trailer.h"

#include "base/bytes.h"

static const char magic[] = "clrphole"; /* without its NUL */

void core_trailer_footer(size_t count, uint8_t ret[static CORE_TRAILER_FOOTER_BYTES])
{
	uint64_t number = count;
	memcpy(ret, &number, sizeof(number));
	memcpy(ret + sizeof(number), magic, sizeof(number));
}

uint64_t core_trailer_size(const uint8_t footer[static CORE_TRAILER_FOOTER_BYTES])
{
	uint64_t count = load_u64(footer), bytes;
	if (memcmp(footer + sizeof(count), magic, sizeof(count)) ||
	    __builtin_mul_overflow(count, sizeof(struct core_hole), &bytes) ||
	    __builtin_add_overflow(bytes, CORE_TRAILER_FOOTER_BYTES, &bytes))
		return 0;
	return bytes;
}

static uint64_t size_in(const uint8_t *tail, size_t size)
{
	if (size < CORE_TRAILER_FOOTER_BYTES)
		return 0;
	uint64_t bytes = core_trailer_size(tail + size - CORE_TRAILER_FOOTER_BYTES);
	return bytes <= size ? bytes : 0;
}

bool core_trailer_is(const uint8_t *tail, size_t size)
{
	return size_in(tail, size) > 0;
}

size_t core_trailer_count(const uint8_t *tail, size_t size)
{
	uint64_t bytes = size_in(tail, size);
	if (!bytes)
		return 0;
	return (size_t)(bytes - CORE_TRAILER_FOOTER_BYTES) / sizeof(struct core_hole);
}

struct core_hole core_trailer_hole(const uint8_t *tail, size_t size, size_t index)
{
	struct core_hole hole;
	size_t holes = core_trailer_count(tail, size) * sizeof(hole);
	memcpy(&hole, tail + size - CORE_TRAILER_FOOTER_BYTES - holes + index * sizeof(hole),
	       sizeof(hole));
	return hole;
}
