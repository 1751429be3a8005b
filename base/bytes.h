/*
 * Checked little-endian loads and size arithmetic. All targets are little-endian (x64, arm64), and
 * so is every machine that runs us; memcpy keeps unaligned loads defined.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/error.h"

static inline uint16_t load_u16(const void *bytes)
{
	uint16_t number;
	memcpy(&number, bytes, sizeof(number));
	return number;
}

static inline uint32_t load_u32(const void *bytes)
{
	uint32_t number;
	memcpy(&number, bytes, sizeof(number));
	return number;
}

static inline uint64_t load_u64(const void *bytes)
{
	uint64_t number;
	memcpy(&number, bytes, sizeof(number));
	return number;
}

/* width 1, 2, 4 or 8; anything else answers 0. */
static inline uint64_t load_unsigned(const void *bytes, unsigned width)
{
	switch (width) {
	case 1:
		return *(const uint8_t *)bytes;
	case 2:
		return load_u16(bytes);
	case 4:
		return load_u32(bytes);
	case 8:
		return load_u64(bytes);
	default:
		return 0;
	}
}

/* The low `width` bytes (1, 2, 4, 8) of `bits` as a signed number. */
static inline int64_t sign_extend(uint64_t bits, unsigned width)
{
	unsigned unused = width >= 8 ? 0 : 64 - 8 * width;
	return (int64_t)(bits << unused) >> unused;
}

/* Is [offset, offset + size) inside [0, limit)? Never overflows. */
static inline bool range_within(uint64_t offset, uint64_t size, uint64_t limit)
{
	return offset <= limit && size <= limit - offset;
}

/* alignment is a power of two; saturates at the highest aligned address. */
static inline uint64_t align_up(uint64_t number, uint64_t alignment)
{
	uint64_t up;
	if (__builtin_add_overflow(number, alignment - 1, &up))
		up = UINT64_MAX;
	return up & ~(alignment - 1);
}

#endif
