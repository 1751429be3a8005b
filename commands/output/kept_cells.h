/*
 * The cells of rows and records that text keeps for sentences (output_sentence()): a stack, since a
 * row may hold a table. Bytes are as they go to the stream, escaped and padded.
 */
#ifndef COMMANDS_OUTPUT_KEPT_CELLS_H
#define COMMANDS_OUTPUT_KEPT_CELLS_H

#include "base/text.h"

struct kept_cell {
	const char *key; /* its column's; borrowed */
	size_t start, end;
};

struct kept_cells {
	struct text bytes;
	struct kept_cell *cells;
	size_t count, capacity;
};

void kept_cells_deinit(struct kept_cells *kept);
/* What is added to `bytes` until kept_cells_end() is the cell. ERROR_NO_MEMORY. */
MUST_CHECK struct error *kept_cells_begin(struct kept_cells *kept, const char *key);
void kept_cells_end(struct kept_cells *kept);
/* Forgets all but the first `count`. */
void kept_cells_back(struct kept_cells *kept, size_t count);

/* Appends the first line of the sentence, without its newline, each {key} replaced by the last cell
 * of that key from the cell `first` on, by nothing when there is none. Returns what follows the
 * newline, NULL after the last line. */
const char *kept_cells_line(const struct kept_cells *kept, size_t first, const char *sentence,
			    struct text *to);

#endif
