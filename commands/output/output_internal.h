/*
 * The inside of output.h, from the lowest file up: what all share (output_state.c, numbers.c), the
 * forms (output_text.c with text_cell.c and kept_cells.c, output_json.c), the table of them
 * (output_forms.c: output_new()). output.c keeps the stack of what is open and finds the column or
 * the name that the next value takes; a form, which it knows by struct output's pointer alone,
 * writes. What a form remembers of a level is its own, in its own struct, by the level's place on
 * the stack.
 */
#ifndef COMMANDS_OUTPUT_OUTPUT_INTERNAL_H
#define COMMANDS_OUTPUT_OUTPUT_INTERNAL_H

#include "base/escape.h"
#include "base/limits.h"
#include "commands/output/output.h"

enum level_kind {
	LEVEL_DATA, /* the document itself */
	LEVEL_TABLE,
	LEVEL_ROW,
	LEVEL_RECORD,
	LEVEL_ARRAY,
	LEVEL_OBJECT,
};

/* Where a value goes: the next column of a row or record, or the member of an object. Both NULL: an
 * element of an array. */
struct slot {
	const struct column *column;
	const char *name;
};

struct level {
	enum level_kind kind;
	const char *key;
	const struct column *columns; /* of tables, their rows, records */
	size_t column_count, next_column;
	bool titles;
	const char *member; /* objects: the name of the next value */
	struct slot place;  /* that it took among the values of its parent */
	bool muted;         /* the form does not show it, nor anything in it */
};

enum scalar_kind {
	SCALAR_NUMBER, /* unsigned, shown by the column's kind */
	SCALAR_SIGNED,
	SCALAR_ADDRESS,
	SCALAR_TEXT,
	SCALAR_DIGITS, /* `text`: a number */
	SCALAR_BOOL,
	SCALAR_NULL,
	SCALAR_SKIP,
	SCALAR_WORDS, /* `text`: a sentence over the row's cells */
	SCALAR_UTF16,
};

struct scalar {
	enum scalar_kind kind;
	bool quoted;
	uint64_t number;
	const char *text;
	const char *shown; /* what text shows in place of the value; NULL: the value */
	const uint16_t *units;
	size_t count;      /* units given */
	uint64_t length;   /* units that the whole has */
	output_units next; /* in place of `units`: its parts; NULL: none */
	void *context;
};

struct output_form {
	size_t size; /* of the form's own struct, which begins with struct output */
	void (*deinit)(struct output *output);
	/* How many bytes wait in the form, beside `pending`: a cell, a document's rest. SIZE_MAX:
	 * memory has run out for them. */
	size_t (*held_bytes)(const struct output *output);
	void (*document_begin)(struct output *output, const char *command_line);
	void (*document_end)(struct output *output, const struct output_coverage *coverage,
			     const struct error *error);
	/* `level` is the last on the stack; below it is the one in which it opens. Says whether the
	 * form shows it: if not, what is in it is not given to the form. */
	bool (*open)(struct output *output, const struct level *level);
	void (*titles)(struct output *output, const struct level *table); /* NULL: it has none */
	void (*close)(struct output *output, const struct level *level);  /* still on the stack */
	void (*scalar)(struct output *output, const struct level *level, const struct slot *slot,
		       const struct scalar *scalar);
	void (*sentence)(struct output *output, const struct level *level,
			 const char *sentence);                /* NULL: it has no prose */
	void (*line)(struct output *output, const char *line); /* NULL: it has no prose */
};

extern const struct output_form output_text_form, output_json_form, output_json_lines_form;

enum {
	OUTPUT_LEVELS_MAX = 4 * LIMIT_EXPAND_DEPTH,
	OUTPUT_NOTES_MAX = 256,       /* further ones are counted */
	OUTPUT_FLUSH_BYTES = 1 << 16, /* pending text is handed to the stream from here on */
};

struct output {
	const struct output_form *form;
	FILE *stream;
	bool flush_lines, mark_lines, for_terminal;
	bool out_of_memory;
	bool row_too_long;       /* longer than LIMIT_ROW_BYTES: nothing is written after it */
	int stream_errno;        /* 0: all well */
	const struct task *task; /* NULL: it cannot be stopped */
	struct text pending;
	struct level levels[OUTPUT_LEVELS_MAX];
	size_t depth;
	size_t too_deep; /* opened beyond the last level */
	char *notes[OUTPUT_NOTES_MAX];
	size_t note_count, notes_left_out;
	struct text next; /* output_next() */
	int indent;       /* text: in levels, see output_indent() */
};

/* Is the form text: lines of prose and of tables, with marks where they are wanted, and values
 * without their types? */
bool output_has_lines(const struct output *output);

/* An array or a table; a record whose members are in what is around it. */
bool level_is_list(const struct level *level);
bool level_is_flat(const struct level *level, const struct level *parent);

/* Hands pending text to the stream when there is enough of it, or when `now`. */
void output_flush(struct output *output, bool now);

/* The units of a scalar, all its parts; what goes to `pending` is flushed on the way. */
void output_escape_units(struct output *output, struct text *to, const struct scalar *scalar,
			 enum escape escape);

/* Numbers without printf: tables have 10^7 rows. */
void output_append_decimal(struct text *to, uint64_t number, bool thousands);
void output_append_hex(struct text *to, uint64_t number, unsigned min_digits);

#endif
