/*
 * Output: a command says what, never how. What it says is a tree (records, tables of rows, arrays,
 * typed values under keys), streamed: nothing is held, a heap has 10^7 objects. Its forms are text
 * (SOS's) and JSON (docs/DESIGN.md). Nothing outside commands/output/ knows one from the other.
 *
 * A column says how a thing appears in both forms. `key` is its JSON name; NULL: text only. `title`
 * is its text; NULL: JSON only. In a table, text prints a line of titles, then a line a row, each
 * cell padded to `width` (> 0: right-aligned, < 0: left-aligned, 0: as it is; a cell is never cut).
 * In a record, text prints a line an item: `title` as it is written, then the cell padded to
 * `width`. IN_WORDS in place of a title: text shows the cell where a sentence names it
 * (output_sentence()), and JSON as always: so each fact is emitted once.
 *
 * Emitting a value takes the next column of the innermost open row or record; in an array it takes
 * none. Inside a struct value text goes on the same line: {X: 1, Y: {Z: 2}}. Errors of the stream
 * are remembered and come back from output_finish(). output_document_end() closes whatever is open,
 * so an error in mid-stream still leaves well-formed JSON.
 *
 * Texts are given as the target has them: keys, values, lines and notes are escaped here
 * (base/escape.h), so none of them can be a second line. Titles are constants.
 */
#ifndef COMMANDS_OUTPUT_OUTPUT_H
#define COMMANDS_OUTPUT_OUTPUT_H

#include "base/task.h"

#include <stddef.h>

enum cell_kind {
	CELL_TEXT,
	CELL_ADDRESS, /* text: 12 hex digits at least, as dotnet-dump's managed tables; JSON "0x…"
		       */
	CELL_ADDRESS_WIDE,  /* text: 16 hex digits, as SOS's native commands; JSON "0x…" */
	CELL_POINTER,       /* text: 16 upper-case hex digits, as SOS's %p; JSON "0x…" */
	CELL_COUNT,         /* text: thousands separators; JSON integer */
	CELL_INTEGER,       /* plain decimal; JSON integer */
	CELL_HEX,           /* text: hex without 0x; JSON integer (offsets) */
	CELL_HEX_UPPER,     /* text: `width` upper-case hex digits at least; JSON integer */
	CELL_THREAD_ID,     /* text: 0x0ABC (2748); JSON integer */
	CELL_ID,            /* text: 80 (0x50); JSON integer */
	CELL_TOKEN,         /* text: 8 hex digits; JSON string "0x04000001" */
	CELL_TOKEN_WIDE,    /* text: 16 hex digits, as SOS's native commands; JSON as CELL_TOKEN */
	CELL_TOKEN_POINTER, /* text: 16 upper-case hex digits, as SOS's %p; JSON as CELL_TOKEN */
	CELL_BYTES_SOS,     /* text: 80(0x50) bytes; JSON integer */
	CELL_BYTES_HEX,     /* text: 0x50 (80); JSON integer */
	CELL_DEPTH,         /* text: two blanks a level, up to OUTPUT_DEPTH_MAX; JSON integer */
	CELL_STAR,          /* a bool: a star or a blank in text */
	CELL_VALUE,         /* whatever is emitted */
};

/* In place of a column's title. */
extern const char output_in_words[];
#define IN_WORDS output_in_words

struct column {
	const char *key, *title;
	enum cell_kind kind;
	int width;
};

struct output;

enum output_format { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JSON_LINES };
/* `stream` is borrowed. NULL when memory is out. */
struct output *output_new(enum output_format format, FILE *stream);
void output_free(struct output *output);

/* For a filter of the lines of a text: a line of titles and a row of a table begin with a mark, and
 * so does each cell in them. No other control character is in a text but newlines. The filter that
 * takes the marks out writes by escape_write_lines(). */
enum output_mark {
	OUTPUT_MARK_TITLES = 1,
	OUTPUT_MARK_ROW = 2,
	OUTPUT_MARK_HEX = 3,  /* a cell that is hexadecimal */
	OUTPUT_MARK_NAME = 4, /* CELL_TEXT: may be cut on a narrow terminal */
	OUTPUT_MARK_CELL = 5, /* any other */
};
void output_mark_lines(struct output *output);
/* Each line at once, as on a terminal. */
void output_flush_lines(struct output *output);

/* What is read goes to a terminal, by no filter: output_next() says something. */
void output_for_terminal(struct output *output);

/* One document a command: {"schema":1,"command":…,"data":{ …
 * },"notes":[…],"coverage":…,"status":…}. */
void output_document_begin(struct output *output, const char *command_line);
struct output_coverage {
	bool complete;
	uint64_t unreadable_bytes;
	const char *const *reasons; /* one sentence each */
	size_t reason_count;
};
/* error may be NULL. Closes what a failed command left open. */
void output_document_end(struct output *output, const struct output_coverage *coverage,
			 const struct error *error);
/* Flushes; ERROR_OS when the stream failed (a full disk, a closed pipe), ERROR_UNSUPPORTED when a
 * row was longer than LIMIT_ROW_BYTES. */
MUST_CHECK struct error *output_finish(struct output *output);
/* Is there no use in writing on: the stream has failed, or the task was told to stop? Long loops
 * stop then. */
bool output_broken(struct output *output);
/* Until it is given another: NULL, none, as it is in the beginning. */
void output_set_task(struct output *output, const struct task *task);

/* Tables: an array of objects under `key`. `titles` false: no line of titles in text. */
void output_table_begin(struct output *output, const char *key, const struct column *columns,
			size_t count, bool titles);
void output_row_begin(struct output *output);
void output_row_end(struct output *output);
/* Text only: the open table's line of titles again, between rows. */
void output_table_titles(struct output *output);
void output_table_end(struct output *output);

/* Records: the columns' keys directly in the enclosing object when `key` is NULL, else an object.
 */
void output_record_begin(struct output *output, const char *key, const struct column *columns,
			 size_t count);
void output_record_end(struct output *output);

/* An array of values under key (in a row or record: key NULL, the next column's). */
void output_array_begin(struct output *output, const char *key);
void output_array_end(struct output *output);
/* An object in place of a value: members are emitted with output_member() before each value. */
void output_object_begin(struct output *output, const char *key);
void output_member(struct output *output, const char *name);
void output_object_end(struct output *output);

/* Values. */
void output_address(struct output *output, uint64_t address); /* by the column's kind */
void output_unsigned(struct output *output, uint64_t number);
void output_signed(struct output *output, int64_t number);
void output_text(struct output *output, const char *text);         /* UTF-8, as a JSON string */
void output_text_or_null(struct output *output, const char *text); /* null for NULL */
/* The same, but NULL is `nothing` in text. */
void output_text_or(struct output *output, const char *text, const char *nothing);
void output_textf(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);
void output_bool(struct output *output, bool flag); /* text: SOS's True/False are texts of values */
void output_null(struct output *output);
void output_skip(struct output *output); /* the next column stays empty in text, absent in JSON */
/* Nothing: null in JSON, `shown` in text. */
void output_nothing(struct output *output, const char *shown);
/* A text which text shows in another form: as SOS names the thing, say. JSON has `text`. */
void output_text_as(struct output *output, const char *text, const char *shown);
void output_number_as(struct output *output, int64_t number, const char *shown);
void output_address_as(struct output *output, uint64_t address, const char *shown);
void output_bool_as(struct output *output, bool flag, const char *shown);
/* A number in decimal digits that the caller made of a number. `quoted`: a string in JSON, as is
 * due when a double would not hold it, or when it is none (NaN). */
void output_digits(struct output *output, const char *digits, bool quoted);
/* UTF-16 units as a string: JSON "…" with lone surrogates as \uXXXX, or, when only a part of it is
 * given (count < length), {"value", "length", "truncated": true}. Text: control characters as
 * escapes, no quotes unless `quoted`. */
void output_utf16(struct output *output, const uint16_t *units, size_t count, uint64_t length,
		  bool quoted);

/* A string of any length, by its parts: `next` gives the units of one and their count, 0 at the
 * end. In a record of the document itself it is written as it comes; elsewhere it is collected. */
typedef size_t (*output_units)(void *context, const uint16_t **ret);
void output_utf16_stream(struct output *output, output_units next, void *context);

/* Typed values of .NET (output_typed.c). Each takes one place, as the values above do. */

/* An object: {"address", "type"}; text: 7f0a4c013a48 Demo.Policy. */
void output_reference(struct output *output, uint64_t address, const char *type);
/* The same, but text has `shown`. */
void output_reference_as(struct output *output, uint64_t address, const char *type,
			 const char *shown);
/* An enum: {"type", "name", "value"}; text: the name, or the number when there is no name (NULL).
 * `number` in decimal; `is_wide` (64-bit): a string in JSON. */
void output_enum(struct output *output, const char *type, const char *name, const char *number,
		 bool is_wide);
/* A struct: {"type", "fields": { … }}; text: { … }. Its fields are emitted with output_member(). */
void output_struct_begin(struct output *output, const char *type);
void output_struct_end(struct output *output);

/*
 * What the innermost open row or record says, in words: text prints the sentence, in which each
 * {key} is replaced by the cell of the column with that key and IN_WORDS, padded to the column's
 * width; a newline in it begins another line, and "" is an empty one. JSON has the cells alone. The
 * cells come first, the sentence before the row's or record's end:
 *
 *	output_unsigned(out, total);
 *	output_unsigned(out, background);
 *	output_sentence(out, "Threads     {total}: {background} background");
 *
 * A row or record may have several sentences, and choose among some. A sentence is the caller's,
 * never a text of the target; what is in a cell is not looked at for braces. A row or record that
 * is inside another's cell has no sentences: text shows its cells.
 */
void output_sentence(struct output *output, const char *sentence);
/* The same as the cell of the next column: text only, whether the column has a key or not. */
void output_words(struct output *output, const char *sentence);

/* Text only: a line of prose ("Statistics:"). No newline in it; "" is an empty line. */
void output_line(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);
/* Text only: "Total 1,234 objects, 56,789 bytes" and its like: `before` COUNT `between` SIZE
 * `after`, with thousands separators. `between` NULL: without it and SIZE. */
void output_line_total(struct output *output, const char *before, uint64_t count,
		       const char *between, uint64_t size, const char *after);
/* A remark: JSON notes[]; text: a line of its own at the end of the document. */
void output_note(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);
/* On a terminal only, in text only: a command to type next, as it stands. All of a document are its
 * last line, after "->". */
void output_next(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);
/* Text only: everything until the matching call goes `levels` * 4 spaces further in. */
void output_indent(struct output *output, int levels);

#endif
