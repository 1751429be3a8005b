#include "base/ranges.h"

#include <string.h>

static uint64_t end_of(const void *ranges, size_t range_bytes, size_t index)
{
	uint64_t start_and_end[2];
	memcpy(start_and_end, (const char *)ranges + index * range_bytes, sizeof(start_and_end));
	return start_and_end[1];
}

size_t ranges_first_above(const void *ranges, size_t count, size_t range_bytes, uint64_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (end_of(ranges, range_bytes, middle) > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
