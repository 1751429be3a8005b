/*
 * Compressed unsigned numbers (ECMA-335 II.23.2): one, two or four bytes, big-endian, the length in
 * the top bits. They precede every blob and are all through signatures.
 */
#ifndef HEAP_METADATA_COMPRESSED_NUMBER_H
#define HEAP_METADATA_COMPRESSED_NUMBER_H

#include "base/error.h"

#include <stddef.h>

/* The number at bytes[*position], which moves to its end; false (nothing moved): it does not end
 * within `size` bytes, or its first byte is none (0xe0 and above; 0xff is the null string of custom
 * attributes). */
static inline bool compressed_number(const uint8_t *bytes, size_t size, size_t *position,
				     uint32_t *ret)
{
	if (*position >= size)
		return false;
	const uint8_t *at = bytes + *position;
	size_t rest = size - *position;
	if (!(at[0] & 0x80)) {
		*ret = at[0];
		*position += 1;
		return true;
	}
	if (!(at[0] & 0x40)) {
		if (rest < 2)
			return false;
		*ret = (uint32_t)(at[0] & 0x3f) << 8 | at[1];
		*position += 2;
		return true;
	}
	if (at[0] & 0x20 || rest < 4)
		return false;
	*ret = (uint32_t)(at[0] & 0x1f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
	*position += 4;
	return true;
}

#endif
