/*
 * Text: a table is a line of titles and a line a row; a record a line an item; arrays, objects and
 * whatever stands in a cell go on that cell's line. A cell is collected first, then padded.
 */
#include "commands/output/output_internal.h"

enum { INDENT_SPACES = 4 };

struct text_output {
	struct output shared;
	struct text cell; /* what is collected of the present one */
	bool line_open;
};

static void append_spaces(struct text *to, size_t count)
{
	static const char spaces[] = "                                ";
	for (; count; count -= count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1)
		text_append_bytes(to, spaces,
				  count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1);
}

static void start_line(struct text_output *out)
{
	if (out->line_open)
		return;
	if (out->shared.indent > 0)
		append_spaces(&out->shared.pending, (size_t)out->shared.indent * INDENT_SPACES);
	out->line_open = true;
}

static void put_mark(struct text_output *out, enum output_mark mark)
{
	if (out->shared.mark_lines)
		text_append_char(&out->shared.pending, (char)mark);
}

/* A line of a table: its mark stands before the indentation. */
static void start_table_line(struct text_output *out, enum output_mark mark)
{
	if (!out->line_open)
		put_mark(out, mark);
	start_line(out);
}

static void put_cell_mark(struct text_output *out, const struct column *column)
{
	switch (column->kind) {
	case CELL_ADDRESS:
	case CELL_ADDRESS_WIDE:
	case CELL_POINTER:
	case CELL_HEX:
	case CELL_TOKEN:
		put_mark(out, OUTPUT_MARK_HEX);
		break;
	case CELL_TEXT:
		put_mark(out, OUTPUT_MARK_NAME);
		break;
	case CELL_COUNT:
	case CELL_INTEGER:
	case CELL_BYTES_SOS:
	case CELL_VALUE:
		put_mark(out, OUTPUT_MARK_CELL);
		break;
	}
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

/* Is a later column of this row shown? The last one is not padded on its right. */
static bool more_columns(const struct level *row)
{
	for (size_t i = row->next_column; i < row->column_count; i++)
		if (row->columns[i].title)
			return true;
	return false;
}

static void append_padded(struct text_output *out, const struct level *row, const char *bytes,
			  size_t length, int width)
{
	size_t wanted = (size_t)(width < 0 ? -width : width);
	size_t columns = columns_of(bytes, length);
	size_t missing = columns < wanted ? wanted - columns : 0;
	if (width > 0)
		append_spaces(&out->shared.pending, missing);
	text_append_bytes(&out->shared.pending, bytes, length);
	if (width < 0 && more_columns(row))
		append_spaces(&out->shared.pending, missing);
}

static bool has_titles(const struct level *level)
{
	for (size_t i = 0; i < level->column_count; i++)
		if (level->columns[i].title)
			return true;
	return false;
}

static void put_titles(struct text_output *out, const struct level *table)
{
	struct level row = *table;
	row.next_column = 0;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		row.next_column++;
		if (!column->title || (!*column->title && !more_columns(&row)))
			continue;
		if (out->line_open)
			text_append_char(&out->shared.pending, ' ');
		start_table_line(out, OUTPUT_MARK_TITLES);
		put_cell_mark(out, column);
		append_padded(out, &row, column->title, strlen(column->title), column->width);
	}
	end_line(out);
}

/* Of a member: a field of the target, or a key. */
static void append_name(struct text *to, const char *name)
{
	escape_append(to, name, strlen(name), ESCAPE_TEXT);
	text_append(to, ": ");
}

/* The collected cell is whole: put it where the column wants it. */
static void put_cell(struct text_output *out, struct level *level, const struct slot *slot)
{
	const struct column *column = slot->column;
	const char *bytes = text_string(&out->cell);
	size_t length = out->cell.length;
	switch (level->kind) {
	case LEVEL_ROW:
		if (!length && !more_columns(level))
			break;
		if (level->nonempty && out->line_open)
			text_append_char(&out->shared.pending, ' ');
		start_table_line(out, OUTPUT_MARK_ROW);
		put_cell_mark(out, column);
		append_padded(out, level, bytes, length, column->width);
		break;
	case LEVEL_RECORD:
		end_line(out);
		start_line(out);
		text_append(&out->shared.pending, column->title);
		struct level last = { .kind = LEVEL_ROW };
		append_padded(out, &last, bytes, length, column->width);
		end_line(out);
		break;
	case LEVEL_ARRAY:
	case LEVEL_OBJECT:
	case LEVEL_DATA:
	case LEVEL_TABLE:
		end_line(out);
		start_line(out);
		if (slot->name)
			append_name(&out->shared.pending, slot->name);
		text_append_bytes(&out->shared.pending, bytes, length);
		end_line(out);
		break;
	}
	level->nonempty = true;
	out->shared.out_of_memory |= text_failed(&out->cell);
	text_clear(&out->cell);
}

/* Before a value inside a cell: what separates it from the one before. */
static void put_separator(struct text_output *out, struct level *level, const struct slot *slot)
{
	while (!level->braces) /* a flat record: its members stand among those around it */
		level--;
	if (level->nonempty)
		text_append(&out->cell, ", ");
	level->nonempty = true;
	if (slot->name)
		append_name(&out->cell, slot->name);
}

static void text_open(struct output *output, struct level *parent, struct level *level)
{
	struct text_output *out = (struct text_output *)output;
	const struct slot *place = &level->place;
	if (place->column && !place->column->title)
		level->muted = true;
	if (level->muted)
		return;
	/* An array of the document itself has a line an element: it may be long. */
	bool lines = level->kind == LEVEL_ARRAY && parent->kind == LEVEL_DATA;
	bool value = level->kind == LEVEL_ARRAY || level->kind == LEVEL_OBJECT;
	level->inside = parent->inside || (value && !lines);
	level->braces = level->inside && !level_is_flat(level, parent);
	level->visible = has_titles(level);
	if (level->inside) {
		if (parent->inside && level->braces)
			put_separator(out, parent, place);
		if (level->braces)
			text_append_char(&out->cell, level_is_list(level) ? '[' : '{');
		return;
	}
	if (level->kind != LEVEL_ROW)
		end_line(out);
	if (level->kind == LEVEL_TABLE && level->titles && level->visible)
		put_titles(out, level);
}

static void text_close(struct output *output, struct level *level)
{
	struct text_output *out = (struct text_output *)output;
	struct level *parent = level - 1;
	if (level->muted)
		return;
	if (!level->inside) {
		end_line(out);
		return;
	}
	if (level->braces)
		text_append_char(&out->cell, level_is_list(level) ? ']' : '}');
	if (!parent->inside) {
		/* With a name of its own it is no cell of a row: it has a line to itself. */
		struct level line = { .kind = LEVEL_DATA };
		put_cell(out, level->key ? &line : parent, &level->place);
	}
}

static void append_number(struct text *cell, const struct column *column, uint64_t number)
{
	switch (column ? column->kind : CELL_VALUE) {
	case CELL_ADDRESS:
		output_append_hex(cell, number, 12);
		break;
	case CELL_ADDRESS_WIDE:
		output_append_hex(cell, number, 16);
		break;
	case CELL_POINTER:
		text_printf(cell, "%016llX", (unsigned long long)number);
		break;
	case CELL_COUNT:
		output_append_decimal(cell, number, true);
		break;
	case CELL_HEX:
		output_append_hex(cell, number, 1);
		break;
	case CELL_TOKEN:
		output_append_hex(cell, number, 8);
		break;
	case CELL_BYTES_SOS:
		output_append_decimal(cell, number, false);
		text_append(cell, "(0x");
		output_append_hex(cell, number, 1);
		text_append(cell, ") bytes");
		break;
	case CELL_TEXT:
	case CELL_INTEGER:
	case CELL_VALUE:
		output_append_decimal(cell, number, false);
		break;
	}
}

static void append_signed(struct text *cell, const struct column *column, uint64_t bits)
{
	bool negative = (int64_t)bits < 0;
	if (negative)
		text_append_char(cell, '-');
	append_number(cell, column, negative ? -bits : bits);
}

static void append_address(struct text *cell, const struct column *column, uint64_t address)
{
	bool is_address =
		column && (column->kind == CELL_ADDRESS_WIDE || column->kind == CELL_POINTER);
	if (is_address)
		append_number(cell, column, address);
	else
		output_append_hex(cell, address, 12);
}

static void append_utf16(struct text_output *out, const struct scalar *scalar)
{
	struct text *cell = &out->cell;
	enum escape escape = scalar->quoted ? ESCAPE_TEXT_QUOTED : ESCAPE_TEXT;
	if (scalar->quoted)
		text_append_char(cell, '"');
	output_escape_units(&out->shared, cell, scalar, escape);
	if (scalar->quoted)
		text_append_char(cell, '"');
	if (scalar->count < scalar->length)
		text_printf(cell, "... (%llu characters)", (unsigned long long)scalar->length);
}

static void append_scalar(struct text_output *out, const struct column *column,
			  const struct scalar *scalar)
{
	struct text *cell = &out->cell;
	switch (scalar->kind) {
	case SCALAR_NUMBER:
		append_number(cell, column, scalar->number);
		break;
	case SCALAR_SIGNED:
		append_signed(cell, column, scalar->number);
		break;
	case SCALAR_ADDRESS:
		append_address(cell, column, scalar->number);
		break;
	case SCALAR_TEXT:
	case SCALAR_LITERAL:
		escape_append(cell, scalar->text, strlen(scalar->text), ESCAPE_TEXT);
		break;
	case SCALAR_BOOL:
		text_append(cell, scalar->number ? "True" : "False");
		break;
	case SCALAR_NULL:
		text_append(cell, "null");
		break;
	case SCALAR_SKIP:
		break;
	case SCALAR_UTF16:
		append_utf16(out, scalar);
		break;
	}
}

/* Too long for a cell: it has a line to itself, which is written as it comes. */
static void put_stream(struct text_output *out, struct level *level, const struct slot *slot,
		       const struct scalar *scalar)
{
	end_line(out);
	start_line(out);
	text_append(&out->shared.pending, slot->column->title);
	output_escape_units(&out->shared, &out->shared.pending, scalar, ESCAPE_TEXT);
	end_line(out);
	level->nonempty = true;
}

static void text_scalar(struct output *output, struct level *level, const struct slot *slot,
			const struct scalar *scalar)
{
	struct text_output *out = (struct text_output *)output;
	if (slot->column && !slot->column->title)
		return;
	if (level->inside && scalar->kind == SCALAR_SKIP)
		return;
	if (level->kind == LEVEL_RECORD && scalar->kind == SCALAR_SKIP)
		return;
	if (scalar->next && level->kind == LEVEL_RECORD && !level->inside) {
		put_stream(out, level, slot, scalar);
		return;
	}
	if (level->inside)
		put_separator(out, level, slot);
	append_scalar(out, slot->column, scalar);
	if (!level->inside)
		put_cell(out, level, slot);
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

static struct text *text_held(struct output *output)
{
	return &((struct text_output *)output)->cell;
}

static void text_document_begin(struct output *output, const char *command_line)
{
	struct text_output *out = (struct text_output *)output;
	(void)command_line;
	text_clear(&out->cell);
	out->line_open = false;
}

static void text_document_end(struct output *output, const struct output_coverage *coverage,
			      const struct error *error)
{
	struct text_output *out = (struct text_output *)output;
	(void)error; /* cli/ says it on stderr */
	end_line(out);
	for (size_t i = 0; i < out->shared.note_count; i++)
		put_line(out, out->shared.notes[i]);
	if (!coverage || coverage->complete)
		return;
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

const struct output_form output_text_form = {
	.size = sizeof(struct text_output),
	.held = text_held,
	.document_begin = text_document_begin,
	.document_end = text_document_end,
	.open = text_open,
	.close = text_close,
	.scalar = text_scalar,
	.line = text_line,
};
