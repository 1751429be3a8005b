#include "commands/interpreter/filters.h"

static const struct option count_options[] = { { "-n", "N", "the same as N alone", NULL }, { 0 } };
static const struct option grep_options[] = { { "-i", NULL, "whatever the case of letters", NULL },
					      { "-v", NULL, "the lines without it", NULL },
					      { 0 } };
static const struct option sort_options[] = {
	{ "-r", NULL, "the greatest first", NULL },
	{ "-n", NULL, "accepted; numbers go by their value in any case", NULL },
	{ 0 },
};
static const struct option wc_options[] = {
	{ "-l", NULL, "the number of lines alone, for a script", NULL },
	{ 0 },
};

const struct filter_text filter_head_text = {
	.name = "head",
	.usage = "|> head [N]",
	.summary = "the first N lines (10), and the titles of a table; the command stops there",
	.options = count_options,
	.max_positionals = 1,
	.example = "dumpheap |> head 20",
};
const struct filter_text filter_tail_text = {
	.name = "tail",
	.usage = "|> tail [N]",
	.summary = "the last N lines (10), and the titles of a table",
	.options = count_options,
	.max_positionals = 1,
	.example = "dumpheap -stat |> tail 20",
};
const struct filter_text filter_grep_text = {
	.name = "grep",
	.usage = "|> grep [-i] [-v] TEXT",
	.summary = "the lines that hold TEXT, and the titles of their table",
	.options = grep_options,
	.max_positionals = 1,
	.example = "dumpheap -stat |> grep -i policy",
};
const struct filter_text filter_sort_text = {
	.name = "sort",
	.usage = "|> sort [COLUMN] [-r]",
	.summary =
		"the rows of each table by a column (its number or title), numbers by value; for a column that no table has no row is shown, and the status is 2",
	.options = sort_options,
	.max_positionals = 1,
	.example = "dumpheap -stat |> sort Count -r",
};
const struct filter_text filter_wc_text = {
	.name = "wc",
	.usage = "|> wc [-l]",
	.summary = "how many rows of tables, lines, words and bytes; titles do not count",
	.options = wc_options,
	.example = "dumpheap -short |> wc -l",
};
const struct filter_text filter_wide_text = {
	.name = "wide",
	.usage = "|> wide",
	.summary = "names whole, where a terminal is too narrow for them",
	.example = "dumpheap -stat |> wide",
};

static const struct filter_text file_text = {
	.name = "FILE",
	.usage = "|> FILE",
	.summary =
		"the answer goes to FILE, made for its owner alone; it must not be there; in a pod whose limits cannot be seen it ends after 32 MiB",
};
static const struct filter_text overwrite_text = {
	.name = "FILE",
	.usage = "|> -f FILE",
	.summary = "FILE is overwritten",
};
static const struct filter_text append_text = {
	.name = "FILE",
	.usage = "|>> FILE",
	.summary = "the answer is added to FILE",
};

#define ADDRESS(name) &filter_##name##_text,
const struct filter_text *const all_filter_texts[] = { FILTERS(ADDRESS) NULL };
const struct filter_text *const file_texts[] = { &file_text, &overwrite_text, &append_text, NULL };

const struct filter_text *filter_text_find(const char *name, size_t length)
{
	for (const struct filter_text *const *text = all_filter_texts; *text; text++)
		if (strlen((*text)->name) == length && !strncmp((*text)->name, name, length))
			return *text;
	return NULL;
}

void filter_names_append(struct text *to)
{
	for (const struct filter_text *const *text = all_filter_texts; *text; text++) {
		const char *before = text == all_filter_texts ? "" : text[1] ? ", " : " and ";
		text_printf(to, "%s%s", before, (*text)->name);
	}
}
