/*
 * The search in an array of ranges, ascending and apart: structs that begin with two uint64_t,
 * where a range starts and where it ends.
 */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include <stddef.h>
#include <stdint.h>

/* The index of the first one that ends above the address; `count`: there is none. */
size_t ranges_first_above(const void *ranges, size_t count, size_t range_bytes, uint64_t address);

#endif
