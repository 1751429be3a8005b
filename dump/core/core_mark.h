/*
 * How a core that ends early still distinguishes a page of zeros from one that could not be read.
 * The writer cannot leave such a page out of what it has announced, and the list of them comes last
 * (dump/core/core_trailer.h): so in the page's place is the mark, which no process has in its
 * memory: 16 random bytes that a note of the core names, the page's own address, and whether the
 * process had something there. Our own form; to other readers the note is one of an owner they do
 * not know.
 *
 * The note: owner "clrpod", type CORE_MARK_NOTE, description struct core_mark.
 *
 * A second note of that owner, type CORE_USAGE_NOTE, has what the process took when the core was
 * written: struct target_usage (attach/target/target.h), which later versions may make longer.
 */
#ifndef DUMP_CORE_CORE_MARK_H
#define DUMP_CORE_CORE_MARK_H

#include "base/error.h"

#include <stddef.h>

enum { CORE_MARK_NOTE = 0x636c7270 }; /* no other owner's: some readers look at the type alone */
enum { CORE_USAGE_NOTE = 0x636c7275 };
#define CORE_MARK_OWNER "clrpod"

struct core_mark {
	uint8_t random[16];
	uint32_t without_heap; /* 1: the GC's heap was left out but for single objects (Mini);
				  0: all that could be read of it is there */
	uint32_t zero;
};

enum { CORE_MARK_BYTES = 32 }; /* what a marked page begins with */

/* ERROR_OS: there is no source of random numbers. */
MUST_CHECK struct error *core_mark_make(bool without_heap, struct core_mark *ret);

/* A page in place of one that could not be read. `lost`: and that the core should have. */
void core_mark_page(const struct core_mark *mark, uint64_t address, bool lost, uint8_t *page,
		    size_t size);

/* Do the first bytes of the page at this address say so? *ret_lost is set when they do. */
bool core_mark_is(const struct core_mark *mark, uint64_t address,
		  const uint8_t bytes[static CORE_MARK_BYTES], bool *ret_lost);

#endif
