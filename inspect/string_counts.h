/*
 * How often each content of a string occurs. As in SOS strings count as equal when their size and
 * their first 1024 characters are.
 *
 * Memory is the budget's. Where the contents are more than it holds the heap is walked several
 * times, each time for a range of the contents' hashes, and of all contents those with the most
 * bytes are kept: what is left out is the smallest, is counted, and the answer says so.
 */
#ifndef INSPECT_STRING_COUNTS_H
#define INSPECT_STRING_COUNTS_H

#include "inspect/heap_filter.h"
#include "inspect/string_table.h"

struct string_counts {
	const struct question *question; /* borrowed */
	struct string_count *entries;    /* sorted by string_counts_sort() */
	size_t count, capacity;
	uint64_t total, total_bytes, unreadable; /* strings */
	uint64_t left_out, left_out_bytes;       /* strings of … */
	uint64_t left_out_contents;              /* … so many contents */
	/* The rest is of the walks. */
	struct string_table table;
	struct hash_key key;
	uint64_t from, last; /* the hashes that are counted now */
	bool first, stopped; /* the first walk; the visitor had enough, … */
	uint64_t end;        /* … at this object */
	bool heaped;         /* no room for more entries: the first is the smallest */
	filtered_visitor visit;
	void *context;
	struct reader reader; /* of contents that are shown */
};

/* ERROR_NO_MEMORY only; in any case *ret is to be freed. */
MUST_CHECK struct error *string_counts_new(const struct question *question,
					   struct string_counts **ret);
void string_counts_free(struct string_counts *counts); /* NULL is allowed */

/* Counts the strings that pass the filter, which wants String's MethodTable alone; once only.
 * `visit`, unless it is NULL, is given each in its order, before it is counted; one that it answers
 * error_stop for is not counted, nor is what comes after it: the filter may_stop then. What was
 * left out or could not be read is counted with question_missing(): no error. Others as of
 * heap_filter_walk(). */
MUST_CHECK struct error *string_counts_read(struct string_counts *counts,
					    struct heap_filter *filter, filtered_visitor visit,
					    void *context);

/* By size of all of one content, or by how many there are, the least first; then by address.
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *string_counts_sort(struct string_counts *counts, bool by_count);

/* The first units of a content, at most *ret_count, which becomes how many they are; false: they
 * cannot be read any more, which is counted. Fatal errors only. */
MUST_CHECK struct error *string_counts_units(struct string_counts *counts,
					     const struct string_count *entry, uint16_t *ret,
					     uint32_t *ret_count, bool *ret_readable);

/* Of all strings of one content. */
static inline uint64_t string_count_bytes(const struct string_count *entry)
{
	return entry->count * entry->size_bytes;
}

#endif
