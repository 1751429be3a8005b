#include "cli/line.h"

#include "base/list.h"

void line_parser_deinit(struct line_parser *parser)
{
	text_deinit(&parser->text);
	free(parser->cells);
}

static enum line_kind kind_of(const char *marked, size_t length)
{
	if (length && marked[0] == OUTPUT_MARK_TITLES)
		return LINE_TITLES;
	return length && marked[0] == OUTPUT_MARK_ROW ? LINE_ROW : LINE_OTHER;
}

static bool is_cell_mark(char byte)
{
	return byte == OUTPUT_MARK_HEX || byte == OUTPUT_MARK_NAME || byte == OUTPUT_MARK_CELL;
}

struct error *line_parse(struct line_parser *parser, const char *marked, size_t length,
			 struct line *ret)
{
	enum line_kind kind = kind_of(marked, length);
	size_t count = 0, from = kind == LINE_OTHER ? 0 : 1;
	text_clear(&parser->text);
	for (size_t at = from; at <= length; at++) {
		if (at < length && !is_cell_mark(marked[at]))
			continue;
		text_append_bytes(&parser->text, marked + from, at - from);
		from = at + 1;
		if (at == length)
			break;
		TRY(LIST_GROW(parser->cells, count, parser->capacity));
		parser->cells[count++] = (struct line_cell){ marked[at], parser->text.length };
	}
	if (text_failed(&parser->text))
		return &error_no_memory;
	*ret = (struct line){ .kind = kind,
			      .marked = marked,
			      .marked_length = length,
			      .text = text_string(&parser->text),
			      .length = parser->text.length,
			      .cells = parser->cells,
			      .cell_count = count };
	return NULL;
}

const char *line_cell_text(const struct line *line, size_t index, size_t *ret_length)
{
	*ret_length = 0;
	if (index >= line->cell_count)
		return "";
	const char *start = line->text + line->cells[index].start;
	const char *end = line->text + (index + 1 < line->cell_count ? line->cells[index + 1].start
								     : line->length);
	while (start < end && *start == ' ')
		start++;
	while (end > start && end[-1] == ' ')
		end--;
	*ret_length = (size_t)(end - start);
	return start;
}
