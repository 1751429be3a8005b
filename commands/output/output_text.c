/*
 * Text: a table is a line of titles and a line a row; a record a line an item; arrays, objects and
 * whatever is in a cell go on that cell's line. A cell is collected first, then padded.
 */
#include "commands/output/kept_cells.h"
#include "commands/output/text_cell.h"

enum { INDENT_SPACES = 4 };

struct text_level {
	bool inside;   /* part of a cell, on the same line */
	bool braces;   /* has its own brackets */
	bool nonempty; /* something was written in it */
	size_t kept;   /* the first of its cells that are kept */
};

struct text_output {
	struct output shared;
	struct text cell; /* what is collected of the present one */
	struct kept_cells kept;
	struct text_level levels[OUTPUT_LEVELS_MAX];
	bool line_open;
};

/* What text remembers of a level of the stack. */
static struct text_level *state_of(struct text_output *out, const struct level *level)
{
	return &out->levels[level - out->shared.levels];
}

static void start_line(struct text_output *out)
{
	if (out->line_open)
		return;
	if (out->shared.indent > 0)
		text_cell_append_blanks(&out->shared.pending,
					(size_t)out->shared.indent * INDENT_SPACES);
	out->line_open = true;
}

static void put_mark(struct text_output *out, enum output_mark mark)
{
	if (out->shared.mark_lines)
		text_append_char(&out->shared.pending, (char)mark);
}

/* A line of a table: its mark is before the indentation. */
static void start_table_line(struct text_output *out, enum output_mark mark)
{
	if (!out->line_open)
		put_mark(out, mark);
	start_line(out);
}

static void put_cell_mark(struct text_output *out, const struct column *column)
{
	put_mark(out, text_cell_mark(column->kind));
}

static void end_line(struct text_output *out)
{
	if (!out->line_open)
		return;
	text_append_char(&out->shared.pending, '\n');
	out->line_open = false;
	output_flush(&out->shared, false);
}

static size_t columns_of(const char *bytes, size_t length)
{
	size_t columns = 0;
	for (size_t i = 0; i < length; i++)
		columns += (bytes[i] & 0xc0) != 0x80;
	return columns;
}

static bool is_in_words(const struct column *column)
{
	return column->title == IN_WORDS;
}

static bool has_title(const struct column *column)
{
	return column->title && !is_in_words(column);
}

/* Has a column from `first` on a title? */
static bool has_titles(const struct level *level, size_t first)
{
	for (size_t i = first; i < level->column_count; i++)
		if (has_title(&level->columns[i]))
			return true;
	return false;
}

static void append_padded(struct text *to, const char *bytes, size_t length, int width)
{
	size_t wanted = (size_t)(width < 0 ? -width : width);
	size_t columns = columns_of(bytes, length);
	size_t missing = columns < wanted ? wanted - columns : 0;
	if (width > 0)
		text_cell_append_blanks(to, missing);
	text_append_bytes(to, bytes, length);
	if (width < 0)
		text_cell_append_blanks(to, missing);
}

/* The last cell of a row is not padded on its right. */
static void put_padded(struct text_output *out, const char *bytes, size_t length, int width,
		       bool is_last)
{
	append_padded(&out->shared.pending, bytes, length, is_last && width < 0 ? 0 : width);
}

static void put_titles(struct text_output *out, const struct level *table)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		bool is_last = !has_titles(table, i + 1);
		if (!has_title(column) || (!*column->title && is_last))
			continue;
		if (out->line_open)
			text_append_char(&out->shared.pending, ' ');
		start_table_line(out, OUTPUT_MARK_TITLES);
		put_cell_mark(out, column);
		put_padded(out, column->title, strlen(column->title), column->width, is_last);
	}
	end_line(out);
}

/* Of a member: a field of the target, or a key. */
static void append_name(struct text *to, const char *name)
{
	escape_append(to, name, strlen(name), ESCAPE_TEXT);
	text_append(to, ": ");
}

static void put_row_cell(struct text_output *out, const struct level *row,
			 const struct column *column)
{
	bool is_last = !has_titles(row, row->next_column);
	if (!out->cell.length && is_last)
		return;
	if (state_of(out, row)->nonempty && out->line_open)
		text_append_char(&out->shared.pending, ' ');
	start_table_line(out, OUTPUT_MARK_ROW);
	put_cell_mark(out, column);
	put_padded(out, text_string(&out->cell), out->cell.length, column->width, is_last);
}

static void put_record_cell(struct text_output *out, const struct column *column)
{
	end_line(out);
	start_line(out);
	text_append(&out->shared.pending, column->title);
	put_padded(out, text_string(&out->cell), out->cell.length, column->width, true);
	end_line(out);
}

/* An element, or a member with its name. */
static void put_cell_line(struct text_output *out, const char *name)
{
	end_line(out);
	start_line(out);
	if (name)
		append_name(&out->shared.pending, name);
	text_append_bytes(&out->shared.pending, text_string(&out->cell), out->cell.length);
	end_line(out);
}

static void keep_cell(struct text_output *out, const struct column *column)
{
	struct error *error = kept_cells_begin(&out->kept, column->key);
	if (!error) {
		append_padded(&out->kept.bytes, text_string(&out->cell), out->cell.length,
			      column->width);
		kept_cells_end(&out->kept);
	}
	out->shared.out_of_memory |= error || text_failed(&out->kept.bytes);
	error_free(error);
}

static void cell_done(struct text_output *out)
{
	out->shared.out_of_memory |= text_failed(&out->cell);
	text_clear(&out->cell);
}

/* The collected cell is whole: put it where the column wants it. */
static void put_cell(struct text_output *out, const struct level *level, const struct slot *slot)
{
	bool has_column = level->kind == LEVEL_ROW || level->kind == LEVEL_RECORD;
	if (has_column && is_in_words(slot->column))
		keep_cell(out, slot->column);
	else if (level->kind == LEVEL_ROW)
		put_row_cell(out, level, slot->column);
	else if (level->kind == LEVEL_RECORD)
		put_record_cell(out, slot->column);
	else
		put_cell_line(out, slot->name);
	if (!has_column || !is_in_words(slot->column))
		state_of(out, level)->nonempty = true;
	cell_done(out);
}

/* Before a value inside a cell: what separates it from the one before. */
static void put_separator(struct text_output *out, const struct level *level,
			  const struct slot *slot)
{
	struct text_level *state = state_of(out, level);
	while (!state->braces) /* a flat record: its members are among those around it */
		state--;
	if (state->nonempty)
		text_append(&out->cell, ", ");
	state->nonempty = true;
	if (slot->name)
		append_name(&out->cell, slot->name);
}

/* Does text show what has this column? Inside a cell there are no sentences. */
static bool is_shown(const struct column *column, bool inside)
{
	return !column || has_title(column) || (column->title && !inside);
}

static void text_titles(struct output *output, const struct level *table)
{
	struct text_output *out = (struct text_output *)output;
	end_line(out);
	put_titles(out, table);
}

static bool text_open(struct output *output, const struct level *level)
{
	struct text_output *out = (struct text_output *)output;
	const struct level *parent = level - 1;
	struct text_level *state = state_of(out, level), *around = state - 1;
	/* An array of the document itself has a line an element: it may be long. */
	bool lines = level->kind == LEVEL_ARRAY && parent->kind == LEVEL_DATA;
	bool value = level->kind == LEVEL_ARRAY || level->kind == LEVEL_OBJECT;
	bool inside = around->inside || (value && !lines);
	*state = (struct text_level){ .inside = inside,
				      .braces = inside && !level_is_flat(level, parent),
				      .kept = out->kept.count };
	if (!is_shown(level->place.column, around->inside))
		return false;
	if (inside) {
		if (around->inside && state->braces)
			put_separator(out, parent, &level->place);
		if (state->braces)
			text_append_char(&out->cell, level_is_list(level) ? '[' : '{');
		return true;
	}
	if (level->kind != LEVEL_ROW)
		end_line(out);
	if (level->kind == LEVEL_TABLE && level->titles)
		put_titles(out, level);
	return true;
}

static void text_close(struct output *output, const struct level *level)
{
	struct text_output *out = (struct text_output *)output;
	const struct level *parent = level - 1;
	struct text_level *state = state_of(out, level);
	kept_cells_back(&out->kept, state->kept);
	if (!state->inside) {
		end_line(out);
		return;
	}
	if (state->braces)
		text_append_char(&out->cell, level_is_list(level) ? ']' : '}');
	if (state[-1].inside)
		return;
	/* With a name of its own it is no cell of a row: it has a line to itself. */
	if (level->key) {
		put_cell_line(out, level->key);
		cell_done(out);
	} else {
		put_cell(out, parent, &level->place);
	}
}

/* Too long for a cell: it has a line to itself, which is written as it comes. */
static void put_stream(struct text_output *out, const struct slot *slot,
		       const struct scalar *scalar)
{
	end_line(out);
	start_line(out);
	text_append(&out->shared.pending, slot->column->title);
	output_escape_units(&out->shared, &out->shared.pending, scalar, ESCAPE_TEXT);
	end_line(out);
}

static void collect(struct text_output *out, const struct level *level, const struct slot *slot,
		    const struct scalar *scalar)
{
	if (scalar->kind == SCALAR_WORDS)
		kept_cells_line(&out->kept, state_of(out, level)->kept, scalar->text, &out->cell);
	else
		text_cell_append(&out->shared, &out->cell, slot->column, scalar);
}

static void text_scalar(struct output *output, const struct level *level, const struct slot *slot,
			const struct scalar *scalar)
{
	struct text_output *out = (struct text_output *)output;
	bool inside = state_of(out, level)->inside;
	if (!is_shown(slot->column, inside))
		return;
	if (scalar->kind == SCALAR_SKIP && (inside || level->kind == LEVEL_RECORD))
		return;
	if (scalar->next && level->kind == LEVEL_RECORD && !inside && has_title(slot->column)) {
		put_stream(out, slot, scalar);
		return;
	}
	if (inside)
		put_separator(out, level, slot);
	collect(out, level, slot, scalar);
	if (!inside)
		put_cell(out, level, slot);
}

static void text_sentence(struct output *output, const struct level *level, const char *sentence)
{
	struct text_output *out = (struct text_output *)output;
	size_t first = state_of(out, level)->kept;
	if (state_of(out, level)->inside)
		return;
	end_line(out);
	while (sentence) {
		if (*sentence && *sentence != '\n')
			start_line(out);
		sentence = kept_cells_line(&out->kept, first, sentence, &out->shared.pending);
		out->line_open = true;
		end_line(out);
	}
}

static void put_line(struct text_output *out, const char *line)
{
	end_line(out);
	if (*line)
		start_line(out);
	escape_append(&out->shared.pending, line, strlen(line), ESCAPE_TEXT);
	out->line_open = true;
	end_line(out);
}

static void text_line(struct output *output, const char *line)
{
	put_line((struct text_output *)output, line);
}

static void text_deinit_output(struct output *output)
{
	struct text_output *out = (struct text_output *)output;
	text_deinit(&out->cell);
	kept_cells_deinit(&out->kept);
}

static size_t text_held_bytes(const struct output *output)
{
	const struct text_output *out = (const struct text_output *)output;
	if (text_failed(&out->cell) || text_failed(&out->kept.bytes))
		return SIZE_MAX;
	return out->cell.length + out->kept.bytes.length;
}

static void text_document_begin(struct output *output, const char *command_line)
{
	struct text_output *out = (struct text_output *)output;
	(void)command_line;
	text_clear(&out->cell);
	kept_cells_back(&out->kept, 0);
	out->levels[0] = (struct text_level){ .braces = true };
	out->line_open = false;
}

static void put_coverage(struct text_output *out, const struct output_coverage *coverage)
{
	text_append(&out->shared.pending, "This answer is not whole");
	if (coverage->unreadable_bytes) {
		text_append(&out->shared.pending, ": ");
		output_append_decimal(&out->shared.pending, coverage->unreadable_bytes, true);
		text_append(&out->shared.pending, " bytes could not be read");
	}
	text_append(&out->shared.pending, coverage->reason_count ? ":\n" : ".\n");
	for (size_t i = 0; i < coverage->reason_count; i++) {
		text_append(&out->shared.pending, "  ");
		put_line(out, coverage->reasons[i]);
	}
}

static void text_document_end(struct output *output, const struct output_coverage *coverage,
			      const struct error *error)
{
	struct text_output *out = (struct text_output *)output;
	end_line(out);
	for (size_t i = 0; i < out->shared.note_count; i++)
		put_line(out, out->shared.notes[i]);
	if (coverage && !coverage->complete)
		put_coverage(out, coverage);
	if (!error && out->shared.next.length) /* cli/ says an error on stderr */
		put_line(out, text_string(&out->shared.next));
}

const struct output_form output_text_form = {
	.size = sizeof(struct text_output),
	.deinit = text_deinit_output,
	.held_bytes = text_held_bytes,
	.document_begin = text_document_begin,
	.document_end = text_document_end,
	.open = text_open,
	.titles = text_titles,
	.close = text_close,
	.scalar = text_scalar,
	.sentence = text_sentence,
	.line = text_line,
};
