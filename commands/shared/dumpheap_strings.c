#include "commands/shared/dumpheap_strings.h"

#include "base/list.h"

enum {
	SHOWN_UNITS = 128, /* as many as SOS shows */
	COUNT_WIDTH = 14,
};

static struct error *entry_print(struct output *out, struct string_counts *counts,
				 const struct string_count *entry)
{
	uint16_t units[SHOWN_UNITS];
	uint32_t shown = SHOWN_UNITS;
	bool readable;
	TRY(string_counts_units(counts, entry, units, &shown, &readable));
	output_row_begin(out);
	output_unsigned(out, entry->count);
	output_unsigned(out, string_count_bytes(entry));
	if (readable)
		output_utf16(out, units, shown, entry->length, false);
	else
		output_text_or(out, NULL, "<unreadable>");
	output_row_end(out);
	return NULL;
}

static struct error *entries_print(struct output *out, struct string_counts *counts)
{
	static const struct column columns[] = {
		{ "count", "Count", CELL_COUNT, COUNT_WIDTH },
		{ "total_size", "TotalSize", CELL_COUNT, COUNT_WIDTH },
		{ "value", "", CELL_TEXT, 0 },
	};
	struct error *error = NULL;
	output_table_begin(out, "strings", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < counts->count && !error && !output_broken(out); i++)
		error = entry_print(out, counts, &counts->entries[i]);
	output_table_end(out);
	return error;
}

struct error *string_counts_print(struct output *out, struct string_counts *counts)
{
	static const struct column totals[] = {
		{ "count", IN_WORDS, CELL_COUNT, 0 },
		{ "size", IN_WORDS, CELL_COUNT, 0 },
		{ "distinct", NULL, CELL_COUNT, 0 },
	};
	if (counts->count)
		output_line(out, "Statistics:");
	TRY(entries_print(out, counts));
	output_record_begin(out, "total", totals, COUNT_OF(totals));
	output_unsigned(out, counts->total);
	output_unsigned(out, counts->total_bytes);
	output_unsigned(out, counts->count);
	output_sentence(out, "Total {count} strings, {size} bytes");
	output_record_end(out);
	return NULL;
}
