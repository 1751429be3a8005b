/*
 * sort: the rows of each table by one column; everything else stays where it is. Hexadecimal
 * columns go by their value, and so do numbers in others, with or without thousands separators,
 * before text. Until a table has the column that was named nothing is shown: a name that none has
 * is refused before any row, with the names that there are. Of an answer that broke off,
 * whose next table might have had it, what came is shown as it is.
 */
#include "cli/filters.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/sort.h"

#include <ctype.h>
#include <strings.h>

enum { ROWS_BETWEEN_LOOKS = 256 };

struct row {
	char *marked;
	size_t length;
	size_t number; /* equal rows keep their order */
	bool is_number, negative;
	uint64_t whole;
	double fraction;
	size_t cell_start, cell_length; /* in `cells` of the sort */
};

struct sort {
	struct filter filter;
	uint64_t number; /* of the column, from 1; 0: it has a title */
	char *wanted;    /* its title or number as it was given; NULL: none was, it is the first */
	bool descending;
	bool column_used; /* some table had it */
	bool lacked;      /* and one before did not */
	bool rows_wait;   /* for a table that has it */
	size_t index;     /* of the column in the present table */
	bool table_has;   /* the present table has it */
	struct row *rows;
	size_t count, capacity, bytes;
	struct text cells;
	struct text titles; /* of the tables that lack it: "MT, Count; Address, Size" */
};

/* The title, whatever its case and blanks: HashCode is "Hash Code". */
static bool same_title(const char *title, size_t length, const char *wanted)
{
	const char *end = title + length;
	if (!length)
		return false;
	for (;;) {
		while (title < end && *title == ' ')
			title++;
		wanted += strspn(wanted, " ");
		if (title == end || !*wanted)
			return title == end && !*wanted;
		if (tolower((unsigned char)*title++) != tolower((unsigned char)*wanted++))
			return false;
	}
}

/* `titles` NULL: a table without. */
static void choose_column(struct sort *sort, const struct line *titles)
{
	if (sort->number) {
		sort->index = (size_t)sort->number - 1;
		sort->table_has = !titles || sort->index < titles->cell_count;
		sort->column_used |= titles && sort->table_has;
		sort->lacked |= !sort->table_has;
		return;
	}
	sort->index = 0;
	sort->table_has = false;
	for (size_t i = 0; titles && i < titles->cell_count; i++) {
		size_t length;
		const char *title = line_cell_text(titles, i, &length);
		if (!same_title(title, length, sort->wanted))
			continue;
		sort->index = i;
		sort->table_has = sort->column_used = true;
		return;
	}
}

static struct error *sort_open(struct filter *filter, const struct arguments *arguments)
{
	struct sort *sort = (struct sort *)filter;
	const char *column = arguments_positional(arguments, 0);
	sort->descending = arguments_has(arguments, "-r");
	sort->wanted = column ? strdup(column) : NULL;
	if (column && !sort->wanted)
		return &error_no_memory;
	struct error *error = column ? parse_number(column, &sort->number) : NULL;
	bool is_title = error;
	error_free(error);
	if (!column)
		sort->number = 1;
	else if (!is_title && (!sort->number || sort->number > LIMIT_SORT_COLUMN))
		return error_new(ERROR_USAGE, "columns are counted from 1, and no table has %d",
				 LIMIT_SORT_COLUMN);
	choose_column(sort, NULL);
	return NULL;
}

static bool parse_hex(const char *text, size_t length, struct row *row)
{
	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		text += 2;
		length -= 2;
	}
	if (!length || length > 16)
		return false;
	row->whole = 0;
	for (size_t i = 0; i < length; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		unsigned digit = isdigit((unsigned char)text[i])
					 ? (unsigned)(text[i] - '0')
					 : (unsigned)(tolower((unsigned char)text[i]) - 'a') + 10;
		row->whole = row->whole * 16 + digit;
	}
	return true;
}

/* 1,234 and 12.5 and -3, also with a unit after a blank, a percent sign or SOS's 80(0x50) bytes.
 */
static bool parse_decimal(const char *text, size_t length, struct row *row)
{
	size_t i = 0;
	bool digits = false;
	row->negative = length && text[0] == '-';
	row->whole = 0;
	for (i = row->negative; i < length && (isdigit((unsigned char)text[i]) || text[i] == ',');
	     i++) {
		if (text[i] == ',')
			continue;
		digits = true;
		if (__builtin_mul_overflow(row->whole, 10, &row->whole) ||
		    __builtin_add_overflow(row->whole, (uint64_t)(text[i] - '0'), &row->whole))
			return false;
	}
	double place = 0.1;
	if (i + 1 < length && text[i] == '.' && isdigit((unsigned char)text[i + 1]))
		for (i++; i < length && isdigit((unsigned char)text[i]); i++, place /= 10)
			row->fraction += place * (text[i] - '0');
	return digits && (i == length || text[i] == ' ' || text[i] == '%' || text[i] == '(');
}

static void weigh(struct row *row, char mark, const char *text, size_t length)
{
	bool hex = mark == OUTPUT_MARK_HEX || (length > 2 && !strncasecmp(text, "0x", 2));
	row->is_number = hex ? parse_hex(text, length, row) : parse_decimal(text, length, row);
}

static struct error *keep(struct sort *sort, const struct line *line)
{
	TRY(LIST_GROW(sort->rows, sort->count, sort->capacity));
	sort->bytes += line->marked_length + sizeof(struct row);
	if (sort->bytes > LIMIT_KEPT_LINES_BYTES)
		return error_new(
			ERROR_UNSUPPORTED,
			"|> sort keeps %d MiB of rows at most, and this answer has more (%zu so far): let the command list less, or |> FILE and sort that",
			LIMIT_KEPT_LINES_BYTES >> 20, sort->count);
	struct row row = { .length = line->marked_length, .number = sort->count };
	size_t length;
	const char *cell = line_cell_text(line, sort->index, &length);
	row.cell_start = sort->cells.length;
	row.cell_length = length;
	text_append_bytes(&sort->cells, cell, length);
	if (sort->index < line->cell_count)
		weigh(&row, line->cells[sort->index].mark, cell, length);
	row.marked = malloc(row.length + 1);
	if (!row.marked || text_failed(&sort->cells)) {
		free(row.marked);
		return &error_no_memory;
	}
	memcpy(row.marked, line->marked, row.length);
	sort->rows[sort->count++] = row;
	return NULL;
}

static int order(bool less)
{
	return less ? -1 : 1;
}

static int compare_numbers(const struct row *left, const struct row *right)
{
	if (left->negative != right->negative)
		return order(left->negative);
	if (left->whole != right->whole)
		return order((left->whole < right->whole) != left->negative);
	if (left->fraction != right->fraction)
		return order((left->fraction < right->fraction) != left->negative);
	return 0;
}

static int compare_rows(const struct row *left, const struct row *right, const struct sort *sort)
{
	if (left->is_number != right->is_number)
		return order(left->is_number);
	if (left->is_number)
		return compare_numbers(left, right);
	size_t shorter =
		left->cell_length < right->cell_length ? left->cell_length : right->cell_length;
	const char *cells = text_string(&sort->cells);
	int difference = memcmp(cells + left->cell_start, cells + right->cell_start, shorter);
	if (difference)
		return difference;
	return (left->cell_length > right->cell_length) - (left->cell_length < right->cell_length);
}

static int compare(const void *left_row, const void *right_row, void *context)
{
	const struct row *left = left_row, *right = right_row;
	const struct sort *sort = context;
	int difference = compare_rows(left, right, sort);
	if (!difference)
		return order(left->number < right->number);
	return sort->descending ? -difference : difference;
}

static void forget(struct sort *sort)
{
	for (size_t i = 0; i < sort->count; i++)
		free(sort->rows[i].marked);
	sort->count = sort->bytes = 0;
	text_clear(&sort->cells);
}

/* A run of rows is whole; or lines that waited are shown as they came. */
static struct error *pass_rows(struct sort *sort, bool sorted)
{
	static const char sorting[] = "sorting rows";
	const struct task *task = sort->filter.task;
	struct error *error = NULL;
	if (sorted)
		error = sort_items(sort->rows, sort->count, sizeof(*sort->rows), compare, sort,
				   task, sorting);
	for (size_t i = 0; i < sort->count && !error && !sort->filter.enough; i++) {
		error = i % ROWS_BETWEEN_LOOKS ? NULL : task_check(task, sorting);
		if (!error)
			error = filter_pass_kept(&sort->filter, sort->rows[i].marked,
						 sort->rows[i].length);
	}
	forget(sort);
	return error;
}

static bool is_waiting(const struct sort *sort)
{
	return sort->wanted && !sort->column_used;
}

/* Is the table's text among those of "MT, Count; Address, Size"? */
static bool is_remembered(const struct sort *sort, const struct text *table)
{
	for (const char *at = text_string(&sort->titles); *at; at += strspn(at, "; ")) {
		size_t length = strcspn(at, ";");
		if (length == table->length && !memcmp(at, text_string(table), length))
			return true;
		at += length;
	}
	return false;
}

static struct error *remember_titles(struct sort *sort, const struct line *titles)
{
	CLEANUP(text_deinit) struct text all = { 0 };
	for (size_t i = 0; i < titles->cell_count; i++) {
		size_t length;
		const char *title = line_cell_text(titles, i, &length);
		if (length)
			text_printf(&all, "%s%.*s", all.length ? ", " : "", (int)length, title);
	}
	if (all.length && !is_remembered(sort, &all))
		text_printf(&sort->titles, "%s%s", sort->titles.length ? "; " : "",
			    text_string(&all));
	return text_failed(&all) || text_failed(&sort->titles) ? &error_no_memory : NULL;
}

static struct error *sort_line(struct filter *filter, const struct line *line)
{
	struct sort *sort = (struct sort *)filter;
	const struct line *titles = line->kind == LINE_TITLES ? line : NULL;
	bool waited = is_waiting(sort);
	if (line->kind == LINE_ROW) {
		sort->rows_wait |= waited;
		sort->column_used |= sort->table_has && sort->index < line->cell_count;
		if (waited && !is_waiting(sort)) /* a table without titles */
			TRY(pass_rows(sort, false));
		return keep(sort, line);
	}
	if (!waited)
		TRY(pass_rows(sort, sort->table_has));
	choose_column(sort, titles);
	if (!is_waiting(sort)) {
		if (waited)
			TRY(pass_rows(sort, false));
		return filter_pass(filter, line);
	}
	if (titles)
		TRY(remember_titles(sort, titles));
	return keep(sort, line);
}

static struct error *sort_end(struct filter *filter)
{
	struct sort *sort = (struct sort *)filter;
	if (!is_waiting(sort))
		return pass_rows(sort, sort->table_has);
	if (filter->broken || (sort->number && !sort->lacked))
		return pass_rows(sort, false);
	if (!sort->rows_wait) /* what is said in place of a table */
		TRY(pass_rows(sort, false));
	bool any = sort->titles.length > 0;
	return error_new(ERROR_USAGE, "|> sort: no table of this answer has a column %s%s%s",
			 sort->wanted, any ? ": there are " : ", nor titles at all",
			 any ? text_string(&sort->titles) : "");
}

static void sort_close(struct filter *filter)
{
	struct sort *sort = (struct sort *)filter;
	forget(sort);
	free(sort->rows);
	free(sort->wanted);
	text_deinit(&sort->cells);
	text_deinit(&sort->titles);
}

const struct filter_kind filter_sort = {
	.text = &filter_sort_text,
	.size = sizeof(struct sort),
	.open = sort_open,
	.line = sort_line,
	.end = sort_end,
	.close = sort_close,
};
