#include "base/ranges.h"

#include "base/search.h"

#include <string.h>

static uint64_t end_of(const void *ranges, size_t range_bytes, size_t index)
{
	uint64_t start_and_end[2];
	memcpy(start_and_end, (const char *)ranges + index * range_bytes, sizeof(start_and_end));
	return start_and_end[1];
}

size_t ranges_first_above(const void *ranges, size_t count, size_t range_bytes, uint64_t address)
{
	return SEARCH_FIRST(count, i, end_of(ranges, range_bytes, i) > address);
}
