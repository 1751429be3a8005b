#include "commands/heap_statistics.h"

#include "base/list.h"
#include "heap/types/type.h"

enum { DIGITS_BYTES = 32 };

struct row {
	const struct type_statistic *statistic;
	uint32_t type;
};

void heap_statistics_deinit(struct heap_statistics *statistics)
{
	free(statistics->types);
	*statistics = (struct heap_statistics){ 0 };
}

bool heap_statistics_grow(struct heap_statistics *statistics, uint32_t type)
{
	size_t capacity = ((size_t)type + 1) * 2;
	struct type_statistic *types = realloc(statistics->types, capacity * sizeof(*types));
	if (!types)
		return false;
	memset(types + statistics->capacity, 0, (capacity - statistics->capacity) * sizeof(*types));
	statistics->types = types;
	statistics->capacity = capacity;
	return true;
}

static int by_order(const struct row *a, const struct row *b)
{
	return a->statistic->order < b->statistic->order ? -1 : 1;
}

static int compare_sizes(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	if (a->statistic->size_bytes != b->statistic->size_bytes)
		return a->statistic->size_bytes < b->statistic->size_bytes ? -1 : 1;
	return by_order(a, b);
}

static int compare_counts(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	if (a->statistic->count != b->statistic->count)
		return a->statistic->count < b->statistic->count ? -1 : 1;
	return by_order(a, b);
}

/* How wide a number is with its thousands separators, at least as wide as the title. */
static int width_of(uint64_t number, const char *title)
{
	char digits[DIGITS_BYTES];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	int width = length + (length - 1) / 3, title_width = (int)strlen(title);
	return width > title_width ? width : title_width;
}

static struct error *rows_sorted(struct command_call *call,
				 const struct heap_statistics *statistics, bool by_count,
				 struct row **ret)
{
	struct row *rows =
		arena_allocate_array(call->question.scratch, statistics->met, sizeof(*rows));
	if (!rows)
		return &error_no_memory;
	size_t count = 0;
	for (size_t i = 0; i < statistics->capacity; i++)
		if (statistics->types[i].count)
			rows[count++] = (struct row){ &statistics->types[i], (uint32_t)i };
	qsort(rows, count, sizeof(*rows), by_count ? compare_counts : compare_sizes);
	*ret = rows;
	return NULL;
}

static void note_unknown(struct command_call *call, uint64_t types, uint64_t objects)
{
	if (types)
		question_missing(&call->question, 0, "%llu types (%llu objects) have no name",
				 (unsigned long long)types, (unsigned long long)objects);
}

static void print_rows(struct command_call *call, const struct row *rows, size_t count)
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
		{ "count", NULL, CELL_COUNT, 0 },
		{ "size", NULL, CELL_COUNT, 0 },
	};
	output_record_begin(call->out, "total", totals, COUNT_OF(totals));
	output_unsigned(call->out, statistics->count);
	output_unsigned(call->out, statistics->size_bytes);
	output_record_end(call->out);
	output_line_total(call->out, "Total ", statistics->count, " objects, ",
			  statistics->size_bytes, " bytes");
}

struct error *heap_statistics_print(struct command_call *call,
				    const struct heap_statistics *statistics, bool by_count)
{
	struct row *rows;
	uint64_t widest_count = 0, widest_size = 0;
	TRY(rows_sorted(call, statistics, by_count, &rows));
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
