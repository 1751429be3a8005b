/*
 * A core's program headers, as many of them as the file still holds (System V ABI, chapter 5; of
 * more than 65,534 elf(5): PN_XNUM).
 */
#ifndef DUMP_CORE_CORE_HEADERS_H
#define DUMP_CORE_CORE_HEADERS_H

#include "base/error.h"

#include <elf.h>
#include <stddef.h>

struct core_headers {
	const uint8_t *head;    /* borrowed */
	uint64_t offset, count; /* of those that are there */
	uint64_t missing_bytes; /* of those that should follow, and do not: the file is cut */
};

/* `head`: the core's first `size` bytes, from a whole ELF header on; they must outlive *ret.
 * ERROR_BAD_DATA: there are none, or more than a core can have. */
MUST_CHECK struct error *core_headers_find(const uint8_t *head, size_t size,
					   struct core_headers *ret);

/* `i` is below the count. */
Elf64_Phdr core_header_at(const struct core_headers *headers, uint64_t i);

#endif
