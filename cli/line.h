/*
 * A line of a text answer as filters and the screen see it: what it is (a table's titles, a row of
 * one, anything else) and where its cells begin, from the marks of output_mark_lines().
 */
#ifndef CLI_LINE_H
#define CLI_LINE_H

#include "base/text.h"
#include "commands/output/output.h"

enum line_kind { LINE_OTHER, LINE_TITLES, LINE_ROW };

struct line_cell {
	char mark;    /* OUTPUT_MARK_HEX, OUTPUT_MARK_NAME or OUTPUT_MARK_CELL */
	size_t start; /* in text; with the blanks that pad it */
};

struct line {
	enum line_kind kind;
	const char *marked; /* as it came, without the newline; to be kept and parsed again */
	size_t marked_length;
	const char *text; /* without marks; NUL-terminated */
	size_t length;
	const struct line_cell *cells;
	size_t cell_count;
};

/* The memory of a struct line; zeroed at first. */
struct line_parser {
	struct text text;
	struct line_cell *cells;
	size_t capacity;
};

void line_parser_deinit(struct line_parser *parser);

/* *ret holds until the next call. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *line_parse(struct line_parser *parser, const char *marked, size_t length,
				    struct line *ret);

/* A cell without the blanks around it, not NUL-terminated; "" beyond the last. */
const char *line_cell_text(const struct line *line, size_t index, size_t *ret_length);

#endif
