#include "commands/shared/statistics_table.h"

#include "base/list.h"
#include "heap/types/type.h"

#include <inttypes.h>

enum { DIGITS_BYTES = 32 };

/* How wide a number is with its thousands separators, at least as wide as the title. */
static int width_of(uint64_t number, const char *title)
{
	char digits[DIGITS_BYTES];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	int width = length + (length - 1) / 3, title_width = (int)strlen(title);
	return width > title_width ? width : title_width;
}

static void note_unknown(struct command_call *call, uint64_t types, uint64_t objects)
{
	if (types)
		question_missing(&call->question, 0,
				 "%" PRIu64 " types (%" PRIu64 " objects) have no name", types,
				 objects);
}

static void print_rows(struct command_call *call, const struct statistic_row *rows, size_t count)
{
	uint64_t unknown_types = 0, unknown_objects = 0;
	for (size_t i = 0; i < count && !output_broken(call->out); i++) {
		const struct type *type = type_by_index(call->question.heap, rows[i].type);
		bool known = true;
		output_row_begin(call->out);
		output_address(call->out, type->handle);
		output_unsigned(call->out, rows[i].statistic->count);
		output_unsigned(call->out, rows[i].statistic->size_bytes);
		output_text(call->out, type_name(call->question.heap, type, &known));
		output_row_end(call->out);
		unknown_types += !known;
		unknown_objects += known ? 0 : rows[i].statistic->count;
	}
	note_unknown(call, unknown_types, unknown_objects);
}

static void print_total(struct command_call *call, const struct heap_statistics *statistics)
{
	static const struct column totals[] = {
		{ "count", IN_WORDS, CELL_COUNT, 0 },
		{ "size", IN_WORDS, CELL_COUNT, 0 },
	};
	output_record_begin(call->out, "total", totals, COUNT_OF(totals));
	output_unsigned(call->out, statistics->count);
	output_unsigned(call->out, statistics->size_bytes);
	output_sentence(call->out, "Total {count} objects, {size} bytes");
	output_record_end(call->out);
}

struct error *statistics_table_print(struct command_call *call,
				     const struct heap_statistics *statistics, bool by_count)
{
	struct statistic_row *rows;
	uint64_t widest_count = 0, widest_size = 0;
	TRY(heap_statistics_sorted(&call->question, statistics, by_count, &rows));
	for (size_t i = 0; i < statistics->met; i++) {
		const struct type_statistic *statistic = rows[i].statistic;
		widest_count = statistic->count > widest_count ? statistic->count : widest_count;
		widest_size =
			statistic->size_bytes > widest_size ? statistic->size_bytes : widest_size;
	}
	struct column columns[] = {
		{ "mt", "MT", CELL_ADDRESS, 12 },
		{ "count", "Count", CELL_COUNT, width_of(widest_count, "Count") },
		{ "total_size", "TotalSize", CELL_COUNT, width_of(widest_size, "TotalSize") },
		{ "type", "Class Name", CELL_TEXT, 0 },
	};
	if (statistics->met)
		output_line(call->out, "Statistics:");
	output_table_begin(call->out, "statistics", columns, COUNT_OF(columns),
			   statistics->met > 0);
	print_rows(call, rows, statistics->met);
	output_table_end(call->out);
	print_total(call, statistics);
	return NULL;
}
