/*
 * Text: a table is a line of titles and a line a row; a record a line an item; arrays, objects and
 * whatever stands in a cell go on that cell's line. A cell is collected first, then padded.
 */
#include "commands/output/output_internal.h"

enum { INDENT_SPACES = 4 };

static void append_spaces(struct text *to, size_t count)
{
	static const char spaces[] = "                                ";
	for (; count; count -= count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1)
		text_append_bytes(to, spaces,
				  count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1);
}

static void start_line(struct output *output)
{
	if (output->line_open)
		return;
	if (output->indent > 0)
		append_spaces(&output->pending, (size_t)output->indent * INDENT_SPACES);
	output->line_open = true;
}

static void put_mark(struct output *output, enum output_mark mark)
{
	if (output->mark_lines)
		text_append_char(&output->pending, (char)mark);
}

/* A line of a table: its mark stands before the indentation. */
static void start_table_line(struct output *output, enum output_mark mark)
{
	if (!output->line_open)
		put_mark(output, mark);
	start_line(output);
}

static void put_cell_mark(struct output *output, const struct column *column)
{
	switch (column->kind) {
	case CELL_ADDRESS:
	case CELL_ADDRESS_WIDE:
	case CELL_POINTER:
	case CELL_HEX:
	case CELL_TOKEN:
		put_mark(output, OUTPUT_MARK_HEX);
		break;
	case CELL_TEXT:
		put_mark(output, OUTPUT_MARK_NAME);
		break;
	case CELL_COUNT:
	case CELL_INTEGER:
	case CELL_BYTES_SOS:
	case CELL_VALUE:
		put_mark(output, OUTPUT_MARK_CELL);
		break;
	}
}

static void end_line(struct output *output)
{
	if (!output->line_open)
		return;
	text_append_char(&output->pending, '\n');
	output->line_open = false;
	output_flush(output, false);
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

static void append_padded(struct output *output, const struct level *row, const char *bytes,
			  size_t length, int width)
{
	size_t wanted = (size_t)(width < 0 ? -width : width);
	size_t columns = columns_of(bytes, length);
	size_t missing = columns < wanted ? wanted - columns : 0;
	if (width > 0)
		append_spaces(&output->pending, missing);
	text_append_bytes(&output->pending, bytes, length);
	if (width < 0 && more_columns(row))
		append_spaces(&output->pending, missing);
}

static bool has_titles(const struct level *level)
{
	for (size_t i = 0; i < level->column_count; i++)
		if (level->columns[i].title)
			return true;
	return false;
}

static void put_titles(struct output *output, const struct level *table)
{
	struct level row = *table;
	row.next_column = 0;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		row.next_column++;
		if (!column->title || (!*column->title && !more_columns(&row)))
			continue;
		if (output->line_open)
			text_append_char(&output->pending, ' ');
		start_table_line(output, OUTPUT_MARK_TITLES);
		put_cell_mark(output, column);
		append_padded(output, &row, column->title, strlen(column->title), column->width);
	}
	end_line(output);
}

/* Of a member: a field of the target, or a key. */
static void append_name(struct text *to, const char *name)
{
	escape_append(to, name, strlen(name), ESCAPE_TEXT);
	text_append(to, ": ");
}

/* The collected cell is whole: put it where the column wants it. */
static void put_cell(struct output *output, struct level *level, const struct slot *slot)
{
	const struct column *column = slot->column;
	const char *bytes = text_string(&output->cell);
	size_t length = output->cell.length;
	switch (level->kind) {
	case LEVEL_ROW:
		if (!length && !more_columns(level))
			break;
		if (level->nonempty && output->line_open)
			text_append_char(&output->pending, ' ');
		start_table_line(output, OUTPUT_MARK_ROW);
		put_cell_mark(output, column);
		append_padded(output, level, bytes, length, column->width);
		break;
	case LEVEL_RECORD:
		end_line(output);
		start_line(output);
		text_append(&output->pending, column->title);
		struct level last = { .kind = LEVEL_ROW };
		append_padded(output, &last, bytes, length, column->width);
		end_line(output);
		break;
	case LEVEL_ARRAY:
	case LEVEL_OBJECT:
	case LEVEL_DATA:
	case LEVEL_TABLE:
		end_line(output);
		start_line(output);
		if (slot->name)
			append_name(&output->pending, slot->name);
		text_append_bytes(&output->pending, bytes, length);
		end_line(output);
		break;
	}
	level->nonempty = true;
	output->out_of_memory |= text_failed(&output->cell);
	text_clear(&output->cell);
}

/* Before a value inside a cell: what separates it from the one before. */
static void put_separator(struct output *output, struct level *level, const struct slot *slot)
{
	while (!level->braces) /* a flat record: its members stand among those around it */
		level--;
	if (level->nonempty)
		text_append(&output->cell, ", ");
	level->nonempty = true;
	if (slot->name)
		append_name(&output->cell, slot->name);
}

static void text_open(struct output *output, struct level *parent, struct level *level)
{
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
			put_separator(output, parent, place);
		if (level->braces)
			text_append_char(&output->cell, level_is_list(level) ? '[' : '{');
		return;
	}
	if (level->kind != LEVEL_ROW)
		end_line(output);
	if (level->kind == LEVEL_TABLE && level->titles && level->visible)
		put_titles(output, level);
}

static void text_close(struct output *output, struct level *level)
{
	struct level *parent = level - 1;
	if (level->muted)
		return;
	if (!level->inside) {
		end_line(output);
		return;
	}
	if (level->braces)
		text_append_char(&output->cell, level_is_list(level) ? ']' : '}');
	if (!parent->inside) {
		/* With a name of its own it is no cell of a row: it has a line to itself. */
		struct level line = { .kind = LEVEL_DATA };
		put_cell(output, level->key ? &line : parent, &level->place);
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

static void append_utf16(struct output *output, const struct scalar *scalar)
{
	struct text *cell = &output->cell;
	enum escape escape = scalar->quoted ? ESCAPE_TEXT_QUOTED : ESCAPE_TEXT;
	if (scalar->quoted)
		text_append_char(cell, '"');
	output_escape_units(output, cell, scalar, escape);
	if (scalar->quoted)
		text_append_char(cell, '"');
	if (scalar->count < scalar->length)
		text_printf(cell, "... (%llu characters)", (unsigned long long)scalar->length);
}

static void append_scalar(struct output *output, const struct column *column,
			  const struct scalar *scalar)
{
	struct text *cell = &output->cell;
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
		append_utf16(output, scalar);
		break;
	}
}

/* Too long for a cell: it has a line to itself, which is written as it comes. */
static void put_stream(struct output *output, struct level *level, const struct slot *slot,
		       const struct scalar *scalar)
{
	end_line(output);
	start_line(output);
	text_append(&output->pending, slot->column->title);
	output_escape_units(output, &output->pending, scalar, ESCAPE_TEXT);
	end_line(output);
	level->nonempty = true;
}

static void text_scalar(struct output *output, struct level *level, const struct slot *slot,
			const struct scalar *scalar)
{
	if (slot->column && !slot->column->title)
		return;
	if (level->inside && scalar->kind == SCALAR_SKIP)
		return;
	if (level->kind == LEVEL_RECORD && scalar->kind == SCALAR_SKIP)
		return;
	if (scalar->next && level->kind == LEVEL_RECORD && !level->inside) {
		put_stream(output, level, slot, scalar);
		return;
	}
	if (level->inside)
		put_separator(output, level, slot);
	append_scalar(output, slot->column, scalar);
	if (!level->inside)
		put_cell(output, level, slot);
}

static void text_line(struct output *output, const char *line)
{
	end_line(output);
	if (*line)
		start_line(output);
	escape_append(&output->pending, line, strlen(line), ESCAPE_TEXT);
	output->line_open = true;
	end_line(output);
}

static void text_document_begin(struct output *output, const char *command_line)
{
	(void)command_line;
	text_clear(&output->cell);
	output->line_open = false;
}

static void text_document_end(struct output *output, const struct output_coverage *coverage,
			      const struct error *error)
{
	(void)error; /* cli/ says it on stderr */
	end_line(output);
	for (size_t i = 0; i < output->note_count; i++)
		text_line(output, output->notes[i]);
	if (!coverage || coverage->complete)
		return;
	text_append(&output->pending, "This answer is not whole");
	if (coverage->unreadable_bytes) {
		text_append(&output->pending, ": ");
		output_append_decimal(&output->pending, coverage->unreadable_bytes, true);
		text_append(&output->pending, " bytes could not be read");
	}
	text_append(&output->pending, coverage->reason_count ? ":\n" : ".\n");
	for (size_t i = 0; i < coverage->reason_count; i++) {
		text_append(&output->pending, "  ");
		text_line(output, coverage->reasons[i]);
	}
}

const struct output_form output_text_form = {
	.document_begin = text_document_begin,
	.document_end = text_document_end,
	.open = text_open,
	.close = text_close,
	.scalar = text_scalar,
	.line = text_line,
};
