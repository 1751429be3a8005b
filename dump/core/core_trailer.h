/*
 * What a core says after its end: the pages that could not be read, where it went to a place that
 * cannot go back (a pipe, packed frames) and has them in its program headers all the same. Without
 * it the core ends early, and such pages are known by their marks (dump/core/core_mark.h). Our own
 *form; other readers do not look there.
 *
 *	struct core_hole holes[count]	ascending, not adjacent
 *	u64 count
 *	u64 "clrphole"			the last 8 bytes of the file
 */
#ifndef DUMP_CORE_CORE_TRAILER_H
#define DUMP_CORE_CORE_TRAILER_H

#include "base/error.h"

#include <stddef.h>

struct core_hole {
	uint64_t start, end; /* addresses */
};

enum { CORE_TRAILER_FOOTER_BYTES = 16 };

void core_trailer_footer(size_t count, uint8_t ret[static CORE_TRAILER_FOOTER_BYTES]);

/* Length of the trailer, footer included; 0: these bytes are no footer. */
uint64_t core_trailer_size(const uint8_t footer[static CORE_TRAILER_FOOTER_BYTES]);

/* Does the core end with a trailer? */
bool core_trailer_is(const uint8_t *tail, size_t size);

/* How many holes the trailer names that a core ends with; 0: it has none. `tail`: the last `size`
 * bytes of the core, at least the trailer's if it has one. */
size_t core_trailer_count(const uint8_t *tail, size_t size);

/* `index` below core_trailer_count(). */
struct core_hole core_trailer_hole(const uint8_t *tail, size_t size, size_t index);

#endif
