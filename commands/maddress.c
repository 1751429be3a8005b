/* maddress: the address space of the target, and what each part of it is. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/interpreter/session.h"
#include "inspect/memory_groups.h"

#include <inttypes.h>

enum {
	GRID_COLUMNS_MAX = 8,
	ADDRESS_WIDTH = 16,
	READABLE_WIDTH = 12,
	COUNT_WIDTH = 14,
	NUMBER_BYTES = 32,
};

/* The columns of a region; their last is the line that shows the others. */
enum { REGION_KIND, REGION_PROTECTION = 6, REGION_IMAGE, REGION_COLUMNS = 9 };
static const struct column region_columns[REGION_COLUMNS] = {
	{ "kind", IN_WORDS, CELL_TEXT, 0 },
	{ "start", IN_WORDS, CELL_ADDRESS, ADDRESS_WIDTH },
	{ "end", IN_WORDS, CELL_ADDRESS, ADDRESS_WIDTH },
	{ "size", IN_WORDS, CELL_INTEGER, READABLE_WIDTH },
	{ "type", IN_WORDS, CELL_TEXT, -11 }, /* MEM_PRIVATE, MEM_RESERVE */
	{ "state", IN_WORDS, CELL_TEXT, -11 },
	{ "protection", IN_WORDS, CELL_TEXT, 0 },
	{ "image", IN_WORDS, CELL_TEXT, 0 },
	{ NULL, "", CELL_TEXT, 0 },
};
static const struct column total_columns[] = {
	{ "count", NULL, CELL_INTEGER, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },
};

/* A table with borders, as SOS draws it. Widths: < 0 to the left. */
struct grid {
	size_t count;
	int widths[GRID_COLUMNS_MAX];
};

static void grid_border(struct output *out, const struct grid *grid)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	for (size_t i = 0; i < grid->count; i++) {
		text_append(&line, i ? "---" : " +-");
		for (int j = abs(grid->widths[i]); j; j--)
			text_append_char(&line, '-');
	}
	output_line(out, "%s-+ ", text_string(&line));
}

static void grid_row(struct text *line, const struct grid *grid, const char *const *cells)
{
	text_clear(line);
	for (size_t i = 0; i < grid->count; i++)
		text_printf(line, " | %*s", grid->widths[i], cells[i]);
	text_append(line, " | ");
}

static void grid_titles(struct output *out, const struct grid *grid, const char *const *titles)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	grid_row(&line, grid, titles);
	grid_border(out, grid);
	output_line(out, "%s", text_string(&line));
	grid_border(out, grid);
}

static void widen(int *width, const char *text)
{
	int length = (int)strlen(text);
	if (-*width < length)
		*width = -length;
}

/* As SOS: 1.50kb, 2.25mb. */
static const char *readable(uint64_t bytes, char *buffer, size_t size)
{
	static const char *const units[] = { "kb", "mb", "gb" };
	double number = (double)bytes / 1024;
	size_t unit = 0;
	for (; number >= 1024 && unit < 2; unit++)
		number /= 1024;
	snprintf(buffer, size, "%.2f%s", number, units[unit]);
	return buffer;
}

static const char *with_separators(uint64_t number, char *buffer, size_t size)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	text_append_count(&text, number);
	snprintf(buffer, size, "%s", text_string(&text));
	return buffer;
}

static const char *type_text(const struct memory_range *range)
{
	if (range->kind == MEMORY_IMAGE)
		return "MEM_IMAGE";
	return range->kind == MEMORY_MAPPED ? "MEM_MAPPED" : "MEM_PRIVATE";
}

static const char *state_text(const struct memory_range *range)
{
	return range->is_reserved ? "MEM_RESERVE" : "MEM_COMMIT";
}

/* `size` and `line`: how they are shown. */
static void region_row(struct output *out, const struct memory_range *range, const char *size,
		       const char *line)
{
	char last[NUMBER_BYTES];
	snprintf(last, sizeof(last), "%012" PRIx64, range->end - 1);
	output_row_begin(out);
	output_text(out, memory_kind_name(range));
	output_address(out, range->start);
	output_address_as(out, range->end, last);
	output_number_as(out, (int64_t)(range->end - range->start), size);
	output_text(out, type_text(range));
	output_text(out, state_text(range));
	output_text(out, memory_protection_name(range));
	output_text_or(out, range->path, "");
	output_words(out, line);
	output_row_end(out);
}

/* In the great table. */
static void region_print(struct output *out, const struct memory_range *range)
{
	char size[NUMBER_BYTES];
	region_row(out, range, readable(range->end - range->start, size, sizeof(size)),
		   " | {kind} | {start} | {end} | {size} | {type} | {state} | {protection} | "
		   "{image} | ");
}

/* In that of one kind (-list), which has no grid. */
static void listed_print(struct output *out, const struct memory_range *range)
{
	char size[NUMBER_BYTES], bytes[NUMBER_BYTES], both[3 * NUMBER_BYTES];
	uint64_t length = range->end - range->start;
	snprintf(both, sizeof(both), "%14s %12s", with_separators(length, bytes, sizeof(bytes)),
		 readable(length, size, sizeof(size)));
	region_row(out, range, both, "{start} {size} {state} {type} {protection}");
}

/* Columns and titles have the same widths. */
static void regions_fit(const struct address_space *space, struct column *columns,
			struct grid *grid)
{
	widen(&columns[REGION_KIND].width, "Memory Kind");
	widen(&columns[REGION_PROTECTION].width, "Protect");
	widen(&columns[REGION_IMAGE].width, "Image");
	for (size_t i = 0; i < space->count; i++) {
		const struct memory_range *range = &space->ranges[i];
		widen(&columns[REGION_KIND].width, memory_kind_name(range));
		widen(&columns[REGION_PROTECTION].width, memory_protection_name(range));
		if (range->path)
			widen(&columns[REGION_IMAGE].width, range->path);
	}
	for (size_t i = 0; i < grid->count; i++)
		grid->widths[i] = columns[i].width;
}

static void regions_print(struct output *out, const struct address_space *space)
{
	static const char *const titles[] = { "Memory Kind", "StartAddr", "EndAddr-1", "Size",
					      "Type",        "State",     "Protect",   "Image" };
	struct column columns[REGION_COLUMNS];
	struct grid grid = { .count = COUNT_OF(titles) };
	memcpy(columns, region_columns, sizeof(columns));
	regions_fit(space, columns, &grid);
	grid_titles(out, &grid, titles);
	output_table_begin(out, "regions", columns, REGION_COLUMNS, false);
	for (size_t i = 0; i < space->count && !output_broken(out); i++)
		region_print(out, &space->ranges[i]);
	output_table_end(out);
	grid_border(out, &grid);
}

/* A sum in two columns of the grid: as it is read, and in bytes. */
static const char *sum_text(uint64_t size, char *buffer, size_t buffer_size)
{
	char number[NUMBER_BYTES], bytes[NUMBER_BYTES];
	snprintf(buffer, buffer_size, "%12s | %14s", readable(size, number, sizeof(number)),
		 with_separators(size, bytes, sizeof(bytes)));
	return buffer;
}

static void group_row(struct output *out, const struct memory_group *group, const char *line)
{
	char size[3 * NUMBER_BYTES];
	output_row_begin(out);
	output_text(out, group->name);
	output_unsigned(out, group->count);
	output_number_as(out, (int64_t)group->size, sum_text(group->size, size, sizeof(size)));
	output_words(out, line);
	output_row_end(out);
}

static void total_line(struct output *out, int width, const struct memory_group *total)
{
	char count[NUMBER_BYTES], size[3 * NUMBER_BYTES];
	output_line(out, " | %*s | %14s | %s | ", width, total->name,
		    with_separators(total->count, count, sizeof(count)),
		    sum_text(total->size, size, sizeof(size)));
}

/* What the groups are called: by the table's key, the name's key and title, and in a line. */
struct group_words {
	const char *table, *key, *title, *line;
};

/* Their sum, and how wide the longest name is. */
static struct memory_group groups_fit(const struct memory_group *groups, size_t count, int *width)
{
	struct memory_group total = { .name = "[TOTAL]" };
	for (size_t i = 0; i < count; i++) {
		widen(width, groups[i].name);
		total.count += groups[i].count;
		total.size += groups[i].size;
	}
	return total;
}

static struct memory_group groups_print(struct output *out, const struct group_words *words,
					const struct memory_group *groups, size_t count)
{
	const char *const titles[] = { words->title, "Count", "Size", "Size (bytes)" };
	struct column columns[] = { { words->key, IN_WORDS, CELL_TEXT, 0 },
				    { "count", IN_WORDS, CELL_COUNT, COUNT_WIDTH },
				    { "size", IN_WORDS, CELL_INTEGER, 0 },
				    { NULL, "", CELL_TEXT, 0 } };
	widen(&columns[0].width, words->title);
	struct memory_group total = groups_fit(groups, count, &columns[0].width);
	struct grid grid = { COUNT_OF(titles),
			     { columns[0].width, COUNT_WIDTH, READABLE_WIDTH, COUNT_WIDTH } };
	grid_titles(out, &grid, titles);
	output_table_begin(out, words->table, columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < count; i++)
		group_row(out, &groups[i], words->line);
	output_table_end(out);
	grid_border(out, &grid);
	total_line(out, columns[0].width, &total);
	grid_border(out, &grid);
	return total;
}

static struct error *images_print(struct command_call *call, const struct address_space *space)
{
	static const struct group_words words = { "images", "image", "Image",
						  " | {image} | {count} | {size} | " };
	struct memory_group *groups;
	size_t count;
	TRY(memory_groups_by_file(space, call->question.scratch, &groups, &count));
	groups_print(call->out, &words, groups, count);
	output_line(call->out, "%s", "");
	return NULL;
}

static struct error *summary_print(struct command_call *call, const struct address_space *space)
{
	static const struct group_words words = { "summary", "kind", "Memory Type",
						  " | {kind} | {count} | {size} | " };
	struct output *out = call->out;
	struct memory_group *groups;
	size_t count;
	TRY(memory_groups_by_kind(space, call->question.scratch, &groups, &count));
	const struct memory_group total = groups_print(out, &words, groups, count);
	output_record_begin(out, "total", total_columns, COUNT_OF(total_columns));
	output_unsigned(out, total.count);
	output_unsigned(out, total.size);
	output_record_end(out);
	return NULL;
}

static bool kind_list(struct output *out, const struct address_space *space, const char *kind)
{
	char size[NUMBER_BYTES], bytes[NUMBER_BYTES], count[NUMBER_BYTES];
	const struct memory_group group = memory_group_of_kind(space, kind);
	if (!group.count)
		return false;
	output_line(out, "%s Memory Regions:", kind);
	output_line(out, "%16s %14s %12s %-11s %-11s %s", "Base Address", "Size (bytes)", "Size",
		    "Mem State", "Mem Type", "Mem Protect");
	for (size_t i = 0; i < space->count; i++)
		if (memory_range_is(&space->ranges[i], kind))
			listed_print(out, &space->ranges[i]);
	output_line(out, "%s bytes (%s) in %s memory regions",
		    with_separators(group.size, bytes, sizeof(bytes)),
		    readable(group.size, size, sizeof(size)),
		    with_separators(group.count, count, sizeof(count)));
	output_line(out, "%s", "");
	return true;
}

/* -list: the regions of some kinds, the largest first. */
static struct error *list_print(struct command_call *call, struct address_space *space,
				const char *kinds)
{
	struct error *error = NULL;
	memory_ranges_by_size(space);
	output_table_begin(call->out, "regions", region_columns, REGION_COLUMNS, false);
	while (!error && *(kinds += strspn(kinds, ", "))) {
		size_t length = strcspn(kinds, ", ");
		const char *kind = arena_copy_text(call->question.scratch, kinds, length);
		if (!kind)
			error = &error_no_memory;
		else if (!kind_list(call->out, space, kind))
			error = error_new(ERROR_NOT_FOUND,
					  "no memory is %s: maddress -summary names the kinds",
					  kind);
		kinds += length;
	}
	output_table_end(call->out);
	return error;
}

static void notes(struct command_call *call, const struct address_space *space)
{
	if (!session_is_live(call->session))
		output_note(call->out,
			    "Listed is what the dump holds, which files were mapped, and what the "
			    "runtime tells of its heap: a dump of another kind than Full lacks the "
			    "rest.");
	if (!session_heap(call->session))
		output_note(call->out, "No runtime was found: its memory is not told from other.");
	if (space->no_bookkeeping)
		output_note(call->out, "GCBookkeeping is not told from other memory: %s.",
			    space->no_bookkeeping);
	if (space->no_handles)
		output_note(call->out, "HandleTable is not told from other memory: %s.",
			    space->no_handles);
}

static struct error *maddress_run(struct command_call *call)
{
	const struct arguments *arguments = call->arguments;
	const char *list = arguments_value(arguments, "-list");
	bool summary = arguments_has(arguments, "-summary");
	struct address_space space = { 0 };
	TRY(address_space_read(session_target(call->session), question_heap(&call->question),
			       call->question.task, call->question.scratch, &space));
	question_missing_of_cut(&call->question);
	if (!arguments_has(arguments, "-reserve"))
		memory_ranges_drop_reserved(&space);
	if (arguments_has(arguments, "-orderBySize"))
		memory_ranges_by_size(&space);
	if (!summary && !list)
		regions_print(call->out, &space);
	if (arguments_has(arguments, "-images"))
		TRY(images_print(call, &space));
	if (list)
		TRY(list_print(call, &space, list));
	if (!list || summary)
		TRY(summary_print(call, &space));
	notes(call, &space);
	return NULL;
}

static const char *const summary_aliases[] = { "-stat", NULL };
static const struct option options[] = {
	{ "-summary", NULL, "only the table of kinds", summary_aliases },
	{ "-images", NULL, "also a table of mapped files", NULL },
	{ "-reserve", NULL, "also address space that the GC reserved", NULL },
	{ "-reserveHeuristic", NULL, "accepted; there is nothing to guess", NULL },
	{ "-forceHandleTable", NULL, "accepted; handle tables are always told", NULL },
	{ "-orderBySize", NULL, "the largest region first, not by address", NULL },
	{ "-list", "KINDS", "only regions of these kinds (\"Stack,GCHeap\"), the largest first",
	  NULL },
	{ 0 },
};
static const char *const examples[] = { "maddress -summary", "maddress -list Stack",
					"maddress -images -reserve -orderBySize", NULL };
const struct command command_maddress = {
	.name = "maddress",
	.summary = "list the address space: what each part of it is, and the sum of each kind",
	.description =
		"Kinds are GCHeap, GCBookkeeping (card tables), HandleTable, Stack, Image (of a mapped file), and other memory by its protection: native heaps and code are PAGE_READWRITE and PAGE_EXECUTE_READ. PAGE_UNKNOWN is what is not in the dump.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = maddress_run,
};
