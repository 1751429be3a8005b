/* maddress: the address space of the target, and what each part of it is. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/interpreter/session.h"
#include "heap/address_space.h"

#include <inttypes.h>
#include <strings.h>

enum { GRID_COLUMNS_MAX = 8, ADDRESS_WIDTH = 16, READABLE_WIDTH = 12, COUNT_WIDTH = 14 };

static const struct column region_columns[] = {
	{ NULL, "", CELL_TEXT, 0 },         { "kind", NULL, CELL_TEXT, 0 },
	{ "start", NULL, CELL_ADDRESS, 0 }, { "end", NULL, CELL_ADDRESS, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },  { "type", NULL, CELL_TEXT, 0 },
	{ "state", NULL, CELL_TEXT, 0 },    { "protection", NULL, CELL_TEXT, 0 },
	{ "image", NULL, CELL_VALUE, 0 },
};
static const struct column image_columns[] = {
	{ NULL, "", CELL_TEXT, 0 },
	{ "image", NULL, CELL_TEXT, 0 },
	{ "count", NULL, CELL_INTEGER, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },
};
static const struct column kind_columns[] = {
	{ NULL, "", CELL_TEXT, 0 },
	{ "kind", NULL, CELL_TEXT, 0 },
	{ "count", NULL, CELL_INTEGER, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },
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

/* The line of a region in the great table, or in that of one kind (-list), which has no grid. */
static void region_line(struct text *line, const struct grid *grid,
			const struct memory_range *range)
{
	char start[20], end[20], size[32], bytes[32];
	uint64_t length = range->end - range->start;
	snprintf(start, sizeof(start), "%012" PRIx64, range->start);
	snprintf(end, sizeof(end), "%012" PRIx64, range->end - 1);
	readable(length, size, sizeof(size));
	with_separators(length, bytes, sizeof(bytes));
	if (!grid) {
		text_clear(line);
		text_printf(line, "%16s %14s %12s %-11s %-11s %s", start, bytes, size,
			    state_text(range), type_text(range), memory_protection_name(range));
	} else {
		grid_row(line, grid,
			 (const char *const[]){ memory_kind_name(range), start, end, size,
						type_text(range), state_text(range),
						memory_protection_name(range),
						range->path ? range->path : "" });
	}
}

static void region_row(struct output *out, const struct grid *grid,
		       const struct memory_range *range)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	region_line(&line, grid, range);
	output_row_begin(out);
	output_text(out, text_string(&line));
	output_text(out, memory_kind_name(range));
	output_address(out, range->start);
	output_address(out, range->end);
	output_unsigned(out, range->end - range->start);
	output_text(out, type_text(range));
	output_text(out, state_text(range));
	output_text(out, memory_protection_name(range));
	output_text_or_null(out, range->path);
	output_row_end(out);
}

static void regions_print(struct output *out, const struct address_space *space)
{
	static const char *const titles[] = { "Memory Kind", "StartAddr", "EndAddr-1", "Size",
					      "Type",        "State",     "Protect",   "Image" };
	struct grid grid = { 8,
			     { -(int)strlen("Memory Kind"), ADDRESS_WIDTH, ADDRESS_WIDTH,
			       READABLE_WIDTH, -(int)strlen("MEM_PRIVATE"),
			       -(int)strlen("MEM_RESERVE"), -(int)strlen("Protect"),
			       -(int)strlen("Image") } };
	for (size_t i = 0; i < space->count; i++) {
		const struct memory_range *range = &space->ranges[i];
		widen(&grid.widths[0], memory_kind_name(range));
		widen(&grid.widths[6], memory_protection_name(range));
		if (range->path)
			widen(&grid.widths[7], range->path);
	}
	grid_titles(out, &grid, titles);
	output_table_begin(out, "regions", region_columns, COUNT_OF(region_columns), false);
	for (size_t i = 0; i < space->count && !output_broken(out); i++)
		region_row(out, &grid, &space->ranges[i]);
	output_table_end(out);
	grid_border(out, &grid);
}

/* Ranges of one name: a kind or an image. */
struct group {
	const char *name;
	uint64_t count, size; /* bytes */
};

static int group_by_name(const void *left, const void *right)
{
	return strcmp(((const struct group *)left)->name, ((const struct group *)right)->name);
}

static int group_by_size(const void *left, const void *right)
{
	const struct group *a = left, *b = right;
	if (a->size != b->size)
		return a->size < b->size ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* Sums up what has the same name; the largest first. */
static size_t groups_join(struct group *groups, size_t count)
{
	size_t joined = 0;
	if (count)
		qsort(groups, count, sizeof(*groups), group_by_name);
	for (size_t i = 0; i < count; i++) {
		if (joined && !strcmp(groups[joined - 1].name, groups[i].name)) {
			groups[joined - 1].count += groups[i].count;
			groups[joined - 1].size += groups[i].size;
		} else {
			groups[joined++] = groups[i];
		}
	}
	if (joined)
		qsort(groups, joined, sizeof(*groups), group_by_size);
	return joined;
}

static void group_line(struct text *line, const struct grid *grid, const struct group *group)
{
	char count[32], size[32], bytes[32];
	grid_row(line, grid,
		 (const char *const[]){ group->name,
					with_separators(group->count, count, sizeof(count)),
					readable(group->size, size, sizeof(size)),
					with_separators(group->size, bytes, sizeof(bytes)) });
}

static void groups_print(struct output *out, const char *key, const char *title,
			 const struct column *columns, const struct group *groups, size_t count)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	struct grid grid = { 4, { 0, COUNT_WIDTH, READABLE_WIDTH, COUNT_WIDTH } };
	struct group total = { .name = "[TOTAL]" };
	widen(&grid.widths[0], title);
	for (size_t i = 0; i < count; i++) {
		widen(&grid.widths[0], groups[i].name);
		total.count += groups[i].count;
		total.size += groups[i].size;
	}
	grid_titles(out, &grid, (const char *const[]){ title, "Count", "Size", "Size (bytes)" });
	output_table_begin(out, key, columns, 4, false);
	for (size_t i = 0; i < count; i++) {
		group_line(&line, &grid, &groups[i]);
		output_row_begin(out);
		output_text(out, text_string(&line));
		output_text(out, groups[i].name);
		output_unsigned(out, groups[i].count);
		output_unsigned(out, groups[i].size);
		output_row_end(out);
	}
	output_table_end(out);
	group_line(&line, &grid, &total);
	grid_border(out, &grid);
	output_line(out, "%s", text_string(&line));
	grid_border(out, &grid);
	if (strcmp(key, "summary") != 0)
		return;
	output_record_begin(out, "total", total_columns, COUNT_OF(total_columns));
	output_unsigned(out, total.count);
	output_unsigned(out, total.size);
	output_record_end(out);
}

static struct error *summary_print(struct command_call *call, const struct address_space *space,
				   bool images)
{
	struct group *groups =
		arena_allocate_array(call->question.scratch, space->count, sizeof(*groups));
	size_t count = 0;
	if (!groups)
		return &error_no_memory;
	for (size_t i = 0; i < space->count; i++) {
		const struct memory_range *range = &space->ranges[i];
		if (!images || range->path)
			groups[count++] =
				(struct group){ images ? range->path : memory_kind_name(range), 1,
						range->end - range->start };
	}
	count = groups_join(groups, count);
	if (images)
		groups_print(call->out, "images", "Image", image_columns, groups, count);
	else
		groups_print(call->out, "summary", "Memory Type", kind_columns, groups, count);
	return NULL;
}

static int range_by_size(const void *left, const void *right)
{
	const struct memory_range *a = left, *b = right;
	uint64_t a_size = a->end - a->start, b_size = b->end - b->start;
	if (a_size != b_size)
		return a_size < b_size ? 1 : -1;
	return a->start < b->start ? -1 : a->start > b->start;
}

static bool kind_list(struct output *out, const struct address_space *space, const char *kind)
{
	char readable_size[32], bytes[32], count[32];
	uint64_t size = 0, found = 0;
	for (size_t i = 0; i < space->count; i++) {
		const struct memory_range *range = &space->ranges[i];
		if (strcasecmp(memory_kind_name(range), kind) != 0)
			continue;
		if (!found++) {
			output_line(out, "%s Memory Regions:", kind);
			output_line(out, "%16s %14s %12s %-11s %-11s %s", "Base Address",
				    "Size (bytes)", "Size", "Mem State", "Mem Type", "Mem Protect");
		}
		region_row(out, NULL, range);
		size += range->end - range->start;
	}
	if (!found)
		return false;
	output_line(out, "%s bytes (%s) in %s memory regions",
		    with_separators(size, bytes, sizeof(bytes)),
		    readable(size, readable_size, sizeof(readable_size)),
		    with_separators(found, count, sizeof(count)));
	output_line(out, "%s", "");
	return true;
}

/* -list: the regions of some kinds, the largest first. */
static struct error *list_print(struct command_call *call, struct address_space *space,
				const char *kinds)
{
	struct error *error = NULL;
	if (space->count)
		qsort(space->ranges, space->count, sizeof(*space->ranges), range_by_size);
	output_table_begin(call->out, "regions", region_columns, COUNT_OF(region_columns), false);
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

/* Without -reserve what is only reserved is left out. */
static void drop_reserved(struct address_space *space)
{
	size_t kept = 0;
	for (size_t i = 0; i < space->count; i++)
		if (!space->ranges[i].is_reserved)
			space->ranges[kept++] = space->ranges[i];
	space->count = kept;
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
		drop_reserved(&space);
	if (!summary && !list) {
		if (arguments_has(arguments, "-orderBySize") && space.count)
			qsort(space.ranges, space.count, sizeof(*space.ranges), range_by_size);
		regions_print(call->out, &space);
	}
	if (arguments_has(arguments, "-images")) {
		TRY(summary_print(call, &space, true));
		output_line(call->out, "%s", "");
	}
	if (list)
		TRY(list_print(call, &space, list));
	if (!list || summary)
		TRY(summary_print(call, &space, false));
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
	.usage = "maddress [-summary] [-images] [-reserve] [-orderBySize] [-list KINDS]",
	.description =
		"Kinds are GCHeap, GCBookkeeping (card tables), HandleTable, Stack, Image (of a "
		"mapped file), and other memory by its protection: native heaps and code are "
		"PAGE_READWRITE and PAGE_EXECUTE_READ. PAGE_UNKNOWN is what is not in the dump.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = maddress_run,
};
