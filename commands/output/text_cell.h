/* How one value looks in text: by its column's kind, escaped. */
#ifndef COMMANDS_OUTPUT_TEXT_CELL_H
#define COMMANDS_OUTPUT_TEXT_CELL_H

#include "commands/output/output_internal.h"

/* A chain of 10^5 methods would be 10^10 blanks otherwise. */
enum { OUTPUT_DEPTH_MAX = 128, DEPTH_BLANKS = 2 };

/* column NULL: an element of an array, or a member. Not SCALAR_WORDS. */
void text_cell_append(struct output *output, struct text *cell, const struct column *column,
		      const struct scalar *scalar);
/* Of a cell of this kind, for filters. */
enum output_mark text_cell_mark(enum cell_kind kind);
void text_cell_append_blanks(struct text *to, size_t count);

#endif
