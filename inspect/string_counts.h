/*
 * How often each content of a string occurs. As in SOS strings count as equal when their size and
 * their first 1024 characters are. Memory is capped: contents that come after the cap is reached
 * are counted together, and the answer says so.
 */
#ifndef INSPECT_STRING_COUNTS_H
#define INSPECT_STRING_COUNTS_H

#include "heap/gc/object_walk.h"
#include "inspect/question.h"

struct string_count {
	uint64_t hash, size_bytes, count, length; /* of one string; length in units */
	const uint16_t *units;                    /* in the counts' arena; NULL: an empty slot */
	uint32_t unit_count;                      /* kept */
	uint32_t order;                           /* in which the contents were met */
};

struct string_counts {
	const struct question *question; /* borrowed */
	struct reader reader;
	struct arena arena;
	struct string_count *entries; /* slots; from string_counts_end() on a list */
	size_t count, capacity;
	uint64_t left_out, left_out_bytes, unreadable, total, total_bytes;
};

/* ERROR_NO_MEMORY only; in any case *ret is to be freed. */
MUST_CHECK struct error *string_counts_new(const struct question *question,
					   struct string_counts **ret);
void string_counts_free(struct string_counts *counts); /* NULL is allowed */

/* ERROR_NO_MEMORY only: a string that cannot be read is counted, not an error. */
MUST_CHECK struct error *string_counts_add(struct string_counts *counts,
					   const struct gc_object *object);

/* After all strings: entries[0 .. count) are the contents, by size of all of one content, or by how
 * many there are, the least first. What was left out or could not be read is counted with
 * question_missing(). */
void string_counts_end(struct string_counts *counts, bool by_count);

/* Of all strings of one content. */
static inline uint64_t string_count_bytes(const struct string_count *entry)
{
	return entry->count * entry->size_bytes;
}

#endif
