#include "dump/core_trailer.h"

#include "base/bytes.h"

static const char magic[] = "clrphole"; /* without its NUL */

void core_trailer_footer(size_t count, uint8_t ret[static CORE_TRAILER_FOOTER_BYTES])
{
	uint64_t number = count;
	memcpy(ret, &number, sizeof(number));
	memcpy(ret + sizeof(number), magic, sizeof(number));
}

size_t core_trailer_count(const uint8_t *core, size_t size)
{
	if (size < CORE_TRAILER_FOOTER_BYTES ||
	    memcmp(core + size - sizeof(uint64_t), magic, sizeof(uint64_t)))
		return 0;
	uint64_t count = load_u64(core + size - CORE_TRAILER_FOOTER_BYTES);
	uint64_t room = (size - CORE_TRAILER_FOOTER_BYTES) / sizeof(struct core_hole);
	return count <= room ? (size_t)count : 0;
}

struct core_hole core_trailer_hole(const uint8_t *core, size_t size, size_t index)
{
	struct core_hole hole;
	size_t holes = core_trailer_count(core, size) * sizeof(hole);
	memcpy(&hole, core + size - CORE_TRAILER_FOOTER_BYTES - holes + index * sizeof(hole),
	       sizeof(hole));
	return hole;
}
