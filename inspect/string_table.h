/*
 * How often each content of a string was met, told apart by a keyed hash: the contents themselves
 * are not kept. Its memory is of a budget, and no more contents go in than it has room for.
 */
#ifndef INSPECT_STRING_TABLE_H
#define INSPECT_STRING_TABLE_H

#include "base/keyed_hash.h"
#include "base/memory_budget.h"
#include "base/task.h"

/* Strings of one content. */
struct string_count {
	struct keyed_hash hash;
	uint64_t address;           /* of the first that was met */
	uint64_t count, size_bytes; /* size_bytes: of one */
	uint32_t length;            /* units, of one */
};

struct string_table {
	struct memory_budget *budget; /* borrowed; NULL: no limit */
	const struct task *task;
	struct string_count *entries; /* in the order in which they were met */
	size_t count, capacity, most; /* most: it is full then; set by its owner */
	uint32_t *slots;              /* open addressing: index + 1; 0: free */
	size_t slot_count;
};

/* The task may be NULL. */
void string_table_init(struct string_table *table, struct memory_budget *budget,
		       const struct task *task);
void string_table_deinit(struct string_table *table);

/* *ret_full: the content is new, and there is no room for it; nothing was counted then.
 * ERROR_NO_MEMORY, when there is no room for any, and ERROR_CANCELLED; then the table is of no use.
 */
MUST_CHECK struct error *string_table_add(struct string_table *table,
					  const struct string_count *met, bool *ret_full);

/* Takes out the contents whose hash is `from` or above in its high word. ERROR_CANCELLED, as above.
 */
MUST_CHECK struct error *string_table_cut(struct string_table *table, uint64_t from);

/* Gives the budget back what is not needed for `most` entries, of which there are no more now. */
void string_table_shrink(struct string_table *table);

void string_table_clear(struct string_table *table); /* keeps its memory */

/* Room for one more of items of that type, of the budget; false: there is none. */
bool string_counts_grow(struct memory_budget *budget, struct string_count **items, size_t count,
			size_t *capacity);

#endif
