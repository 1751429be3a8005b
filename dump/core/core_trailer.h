/*
 * What a core says after its end: the pages that could not be read, where it went to a place that
 * cannot go back (a pipe, packed frames) and has them in its program headers all the same. Without
 * it the core ends early, and such pages are known by their marks (dump/core/core_mark.h). Before
 * that list is another, where there is something to name: the memory that the process had, and the
 * core should have; where a page of the first list may have held nothing (after the end of a file)
 * it is not in the second. Our own form; other readers do not look there.
 *
 *	struct core_hole lost[count]	ascending; may reach over pages that are there
 *	u64 count
 *	u64 "clrplost"
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

/* In the order in which they are found from the end of the file. */
enum core_trailer_list { CORE_TRAILER_HOLES, CORE_TRAILER_LOST, CORE_TRAILER_LISTS };

enum { CORE_TRAILER_FOOTER_BYTES = 16 };

void core_trailer_footer(enum core_trailer_list list, size_t count,
			 uint8_t ret[static CORE_TRAILER_FOOTER_BYTES]);

/* Length of the list that ends with these bytes, footer included; 0: they are not its footer. */
uint64_t core_trailer_size(enum core_trailer_list list,
			   const uint8_t footer[static CORE_TRAILER_FOOTER_BYTES]);

/* Does the core end with a trailer? `tail`: the last `size` bytes of the core, at least the
 * trailer's if it has one. */
bool core_trailer_is(const uint8_t *tail, size_t size);

/* How many holes the list has; 0: there is no such list. */
size_t core_trailer_count(enum core_trailer_list list, const uint8_t *tail, size_t size);

/* `index` below core_trailer_count(). */
struct core_hole core_trailer_hole(enum core_trailer_list list, const uint8_t *tail, size_t size,
				   size_t index);

#endif
