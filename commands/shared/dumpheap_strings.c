#include "commands/shared/dumpheap_strings.h"

#include "base/list.h"

enum {
	SHOWN_UNITS = 128, /* as many as SOS shows */
	COUNT_WIDTH = 14,
};

static void print_entries(struct output *out, const struct string_counts *counts)
{
	static const struct column columns[] = {
		{ "count", "Count", CELL_COUNT, COUNT_WIDTH },
		{ "total_size", "TotalSize", CELL_COUNT, COUNT_WIDTH },
		{ "value", "", CELL_TEXT, 0 },
	};
	output_table_begin(out, "strings", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < counts->count && !output_broken(out); i++) {
		const struct string_count *entry = &counts->entries[i];
		uint32_t shown = entry->unit_count < SHOWN_UNITS ? entry->unit_count : SHOWN_UNITS;
		output_row_begin(out);
		output_unsigned(out, entry->count);
		output_unsigned(out, string_count_bytes(entry));
		output_utf16(out, entry->units, shown, entry->length, false);
		output_row_end(out);
	}
	output_table_end(out);
}

void string_counts_print(struct output *out, const struct string_counts *counts)
{
	static const struct column totals[] = {
		{ "count", IN_WORDS, CELL_COUNT, 0 },
		{ "size", IN_WORDS, CELL_COUNT, 0 },
		{ "distinct", NULL, CELL_COUNT, 0 },
	};
	if (counts->count)
		output_line(out, "Statistics:");
	print_entries(out, counts);
	output_record_begin(out, "total", totals, COUNT_OF(totals));
	output_unsigned(out, counts->total);
	output_unsigned(out, counts->total_bytes);
	output_unsigned(out, counts->count);
	output_sentence(out, "Total {count} strings, {size} bytes");
	output_record_end(out);
}
