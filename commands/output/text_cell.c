#include "commands/output/text_cell.h"

#include <inttypes.h>

void text_cell_append_blanks(struct text *to, size_t count)
{
	static const char spaces[] = "                                ";
	for (; count; count -= count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1)
		text_append_bytes(to, spaces,
				  count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1);
}

static void append_depth(struct text *cell, uint64_t depth)
{
	size_t levels = depth < OUTPUT_DEPTH_MAX ? (size_t)depth : OUTPUT_DEPTH_MAX;
	text_cell_append_blanks(cell, levels * DEPTH_BLANKS);
}

static void append_number(struct text *cell, const struct column *column, uint64_t number)
{
	switch (column ? column->kind : CELL_VALUE) {
	case CELL_ADDRESS:
		output_append_hex(cell, number, 12);
		break;
	case CELL_ADDRESS_WIDE:
	case CELL_TOKEN_WIDE:
		output_append_hex(cell, number, 16);
		break;
	case CELL_POINTER:
	case CELL_TOKEN_POINTER:
		text_printf(cell, "%016" PRIX64, number);
		break;
	case CELL_COUNT:
		output_append_decimal(cell, number, true);
		break;
	case CELL_HEX:
		output_append_hex(cell, number, 1);
		break;
	case CELL_HEX_UPPER:
		text_printf(cell, "%0*" PRIX64, abs(column->width), number);
		break;
	case CELL_THREAD_ID:
		text_printf(cell, "0x%04" PRIX64 " (%" PRIu64 ")", number, number);
		break;
	case CELL_ID:
		text_printf(cell, "%" PRIu64 " (0x%" PRIx64 ")", number, number);
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
	case CELL_BYTES_HEX:
		text_append(cell, "0x");
		output_append_hex(cell, number, 1);
		text_printf(cell, " (%" PRIu64 ")", number);
		break;
	case CELL_DEPTH:
		append_depth(cell, number);
		break;
	case CELL_TEXT:
	case CELL_INTEGER:
	case CELL_STAR:
	case CELL_VALUE:
		output_append_decimal(cell, number, false);
		break;
	}
}

/* In hex a negative number is 32 bits, as an HRESULT is. */
static void append_signed(struct text *cell, const struct column *column, uint64_t bits)
{
	bool negative = (int64_t)bits < 0;
	bool is_hex = column && (column->kind == CELL_HEX || column->kind == CELL_HEX_UPPER);
	if (negative && is_hex) {
		append_number(cell, column, (uint32_t)bits);
		return;
	}
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

static void append_utf16(struct output *output, struct text *cell, const struct scalar *scalar)
{
	enum escape escape = scalar->quoted ? ESCAPE_TEXT_QUOTED : ESCAPE_TEXT;
	if (scalar->quoted)
		text_append_char(cell, '"');
	output_escape_units(output, cell, scalar, escape);
	if (scalar->quoted)
		text_append_char(cell, '"');
	if (scalar->count < scalar->length)
		text_printf(cell, "... (%" PRIu64 " characters)", scalar->length);
}

static void append_bool(struct text *cell, const struct column *column, bool flag)
{
	if (column && column->kind == CELL_STAR)
		text_append_char(cell, flag ? '*' : ' ');
	else
		text_append(cell, flag ? "True" : "False");
}

static void append_text(struct text *cell, const char *text)
{
	escape_append(cell, text, strlen(text), ESCAPE_TEXT);
}

void text_cell_append(struct output *output, struct text *cell, const struct column *column,
		      const struct scalar *scalar)
{
	if (scalar->shown) {
		append_text(cell, scalar->shown);
		return;
	}
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
	case SCALAR_DIGITS:
		append_text(cell, scalar->text);
		break;
	case SCALAR_BOOL:
		append_bool(cell, column, scalar->number);
		break;
	case SCALAR_UTF16:
		append_utf16(output, cell, scalar);
		break;
	case SCALAR_NULL:
	case SCALAR_SKIP:
	case SCALAR_WORDS:
		break;
	}
}

enum output_mark text_cell_mark(enum cell_kind kind)
{
	switch (kind) {
	case CELL_ADDRESS:
	case CELL_ADDRESS_WIDE:
	case CELL_POINTER:
	case CELL_HEX:
	case CELL_HEX_UPPER:
	case CELL_TOKEN:
	case CELL_TOKEN_WIDE:
	case CELL_TOKEN_POINTER:
		return OUTPUT_MARK_HEX;
	case CELL_TEXT:
		return OUTPUT_MARK_NAME;
	case CELL_COUNT:
	case CELL_INTEGER:
	case CELL_BYTES_SOS:
	case CELL_BYTES_HEX:
	case CELL_THREAD_ID:
	case CELL_ID:
	case CELL_DEPTH:
	case CELL_STAR:
	case CELL_VALUE:
		break;
	}
	return OUTPUT_MARK_CELL;
}
