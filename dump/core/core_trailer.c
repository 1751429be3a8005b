#include "dump/core/core_trailer.h"

#include "base/bytes.h"

/* Without their NUL. */
static const char magics[][sizeof(uint64_t) + 1] = {
	[CORE_TRAILER_HOLES] = "clrphole", [CORE_TRAILER_LOST] = "clrplost"
};

void core_trailer_footer(enum core_trailer_list list, size_t count,
			 uint8_t ret[static CORE_TRAILER_FOOTER_BYTES])
{
	uint64_t number = count;
	memcpy(ret, &number, sizeof(number));
	memcpy(ret + sizeof(number), magics[list], sizeof(number));
}

uint64_t core_trailer_size(enum core_trailer_list list,
			   const uint8_t footer[static CORE_TRAILER_FOOTER_BYTES])
{
	uint64_t count = load_u64(footer), bytes;
	if (memcmp(footer + sizeof(count), magics[list], sizeof(count)) ||
	    __builtin_mul_overflow(count, sizeof(struct core_hole), &bytes) ||
	    __builtin_add_overflow(bytes, CORE_TRAILER_FOOTER_BYTES, &bytes))
		return 0;
	return bytes;
}

/* Length of the list that ends the tail; 0: none does. */
static size_t size_in(enum core_trailer_list list, const uint8_t *tail, size_t size)
{
	if (size < CORE_TRAILER_FOOTER_BYTES)
		return 0;
	uint64_t bytes = core_trailer_size(list, tail + size - CORE_TRAILER_FOOTER_BYTES);
	return bytes <= size ? (size_t)bytes : 0;
}

bool core_trailer_is(const uint8_t *tail, size_t size)
{
	return size_in(CORE_TRAILER_HOLES, tail, size) > 0;
}

/* Where the list ends in the tail. */
static size_t end_of(enum core_trailer_list list, const uint8_t *tail, size_t size)
{
	return list == CORE_TRAILER_LOST ? size - size_in(CORE_TRAILER_HOLES, tail, size) : size;
}

size_t core_trailer_count(enum core_trailer_list list, const uint8_t *tail, size_t size)
{
	size_t bytes =
		core_trailer_is(tail, size) ? size_in(list, tail, end_of(list, tail, size)) : 0;
	return bytes ? (bytes - CORE_TRAILER_FOOTER_BYTES) / sizeof(struct core_hole) : 0;
}

struct core_hole core_trailer_hole(enum core_trailer_list list, const uint8_t *tail, size_t size,
				   size_t index)
{
	struct core_hole hole;
	size_t holes = core_trailer_count(list, tail, size) * sizeof(hole);
	memcpy(&hole,
	       tail + end_of(list, tail, size) - CORE_TRAILER_FOOTER_BYTES - holes +
		       index * sizeof(hole),
	       sizeof(hole));
	return hole;
}
