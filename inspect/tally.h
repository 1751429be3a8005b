/*
 * How often each of a few things was met: things are a name and a detail (which may be NULL),
 * distinguished by their text. A cap bounds what a hostile or odd target can make us hold; what is
 * beyond it is counted together.
 */
#ifndef INSPECT_TALLY_H
#define INSPECT_TALLY_H

#include "base/arena.h"

struct tally_entry {
	const char *name, *detail;
	uint64_t count;
};

enum { TALLY_ENTRIES_MAX = 16 * 1024 };

struct tally {
	struct arena *arena; /* for copies of the texts; set by the caller */
	struct tally_entry
		*entries; /* after tally_sort(): `count` of them, the most frequent first */
	uint32_t *slots;  /* open addressing: index + 1; 0: free */
	size_t count, slot_count;
	uint64_t total, others; /* all that was added; of those, things beyond the cap */
};

void tally_deinit(struct tally *tally);

MUST_CHECK struct error *tally_add(struct tally *tally, const char *name,
				   const char *detail); /* ERROR_NO_MEMORY only */

/* By count, then by name and detail. Nothing can be added afterwards. */
void tally_sort(struct tally *tally);

#endif
