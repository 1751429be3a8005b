/* diff: two heaps, type by type. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/interpreter/session.h"
#include "commands/interpreter/unnamed.h"
#include "dump/core/core_target.h"
#include "inspect/heap_diff.h"
#include "inspect/heap_filter.h"
#include "inspect/runtime_version.h"

#include <inttypes.h>

struct comparison {
	struct command_call *call;
	struct heap_diff diff;
	const char *names[HEAP_SIDES], *versions[HEAP_SIDES];
	const char *type; /* NULL: all */
	uint64_t limit;
	bool all;
};

/* Walks the session's current heap. What it lacks is reported with its name. */
static struct error *side_walk(struct comparison *comparison, struct command_call *call, int side)
{
	struct heap_filter filter;
	struct heap_statistics statistics = { 0 };
	heap_filter_init_all(&filter, &call->question);
	struct error *error = heap_statistics_count(&statistics, &filter);
	heap_filter_deinit(&filter);
	if (!error)
		error = heap_diff_add(&comparison->diff, &call->question, side, &statistics,
				      comparison->type);
	heap_statistics_deinit(&statistics);
	TRY(error);
	const char *version;
	TRY(runtime_version(&call->question, &version));
	unnamed_explain(call);
	comparison->names[side] =
		arena_printf(call->question.scratch, "%s", session_name(call->session));
	comparison->versions[side] =
		arena_printf(call->question.scratch, "%s", version ? version : "");
	return comparison->names[side] && comparison->versions[side]
		       ? target_check(session_target(call->session))
		       : &error_no_memory;
}

static struct error *check_heap(const struct session *session)
{
	const struct heap *heap = session_heap(session);
	const struct error *reason = session_heap_error(session);
	if (!heap)
		return error_new(reason ? reason->code : ERROR_UNSUPPORTED, "%s: %s",
				 session_name(session),
				 reason ? reason->message : "no .NET runtime was found");
	if (heap->no_objects)
		return error_new(ERROR_UNSUPPORTED,
				 "%s has no GC heap to compare: %s; take a dump that has it",
				 session_name(session), heap->no_objects);
	return NULL;
}

static struct error *side_take(struct comparison *comparison, int side)
{
	struct session *session = comparison->call->session;
	CLEANUP(coverage_deinit) struct coverage coverage = { 0 };
	struct command_call call = *comparison->call;
	TRY(check_heap(session));
	call.question.heap = session_heap(session);
	call.question.coverage = &coverage;
	session_turn_question(session, &call.question);
	(void)target_take_lacks(call.question.target); /* the other commands' or side's */
	question_missing_of_damage(&call.question);
	TRY(side_walk(comparison, &call, side));
	question_missing_of_holes(&call.question);
	question_missing_of_lacks(&call.question);
	if (coverage.incomplete && !coverage.reason_count)
		question_missing(&comparison->call->question, coverage.unreadable_bytes,
				 "%c is not whole", 'A' + side);
	coverage_end(&coverage);
	for (size_t i = 0; i < coverage.reason_count; i++)
		question_missing(&comparison->call->question, i ? 0 : coverage.unreadable_bytes,
				 "%c (%s): %s", 'A' + side, comparison->names[side],
				 coverage.reasons[i]);
	return NULL;
}

static struct error *open_file(struct command_call *call, const char *path)
{
	struct target *target;
	TRY(core_target_open(path, call->question.task, &target));
	if (target->facts.missing_bytes) {
		const char *note = arena_printf(call->question.scratch,
						"%s is cut short: %" PRIu64
						" bytes of memory that it announces are missing",
						path, target->facts.missing_bytes);
		task_note(call->question.task, note ? note : "the dump is cut short");
	}
	return session_open(call->session, target, path,
			    arguments_value(call->arguments, "-sysroot"), call->question.task);
}

/* A file beside the open heap: closed again. */
static struct error *take_file(struct comparison *comparison, const char *path, bool reverse)
{
	struct session *session = comparison->call->session;
	TRY(side_take(comparison, reverse ? HEAP_B : HEAP_A));
	TRY(open_file(comparison->call, path));
	struct error *error = side_take(comparison, reverse ? HEAP_A : HEAP_B);
	session_close_last(session);
	return error;
}

static struct error *take_both(struct comparison *comparison)
{
	struct session *session = comparison->call->session;
	for (int side = 0; side < HEAP_SIDES; side++) {
		session_choose(session, (size_t)side);
		TRY(side_take(comparison, side));
	}
	return NULL;
}

static struct error *take(struct comparison *comparison)
{
	const struct arguments *arguments = comparison->call->arguments;
	const char *path = arguments_positional(arguments, 0);
	if (path)
		return take_file(comparison, path, arguments_has(arguments, "-reverse"));
	if (session_count(comparison->call->session) != HEAP_SIDES)
		return error_new(ERROR_USAGE, "diff what? Name the dump to compare with");
	return take_both(comparison);
}

/* "+1,234", right-aligned by its column. */
static void change_cell(struct output *out, int64_t change)
{
	char digits[32], text[48], *to = text;
	uint64_t size = change < 0 ? -(uint64_t)change : (uint64_t)change;
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, size);
	if (change)
		*to++ = change < 0 ? '-' : '+';
	for (int i = 0; i < length; i++) {
		*to++ = digits[i];
		if ((length - i - 1) % 3 == 0 && i + 1 < length)
			*to++ = ',';
	}
	*to = '\0';
	output_number_as(out, change, text);
}

/* As wide as the widest number of its column, with thousands separators. */
static void widen(struct column *column, uint64_t number)
{
	int length = snprintf(NULL, 0, "%" PRIu64, number);
	int width = length + (length - 1) / 3;
	column->width = width > column->width ? width : column->width;
}

static void widen_all(struct column *columns, const struct type_usage *side)
{
	const int64_t size = heap_diff_size(side), count = heap_diff_count(side);
	widen(&columns[0], size < 0 ? -(uint64_t)size : (uint64_t)size);
	widen(&columns[1], count < 0 ? -(uint64_t)count : (uint64_t)count);
	widen(&columns[2], side[HEAP_A].size_bytes);
	widen(&columns[3], side[HEAP_B].size_bytes);
	widen(&columns[4], side[HEAP_A].count);
	widen(&columns[5], side[HEAP_B].count);
}

static void numbers_print(struct output *out, const struct type_usage *side)
{
	change_cell(out, heap_diff_size(side));
	change_cell(out, heap_diff_count(side));
	output_unsigned(out, side[HEAP_A].size_bytes);
	output_unsigned(out, side[HEAP_B].size_bytes);
	output_unsigned(out, side[HEAP_A].count);
	output_unsigned(out, side[HEAP_B].count);
}

#define NUMBER_COLUMNS                                                                             \
	{ "size_delta", "SizeDelta", CELL_VALUE, 9 },                                              \
		{ "count_delta", "CountDelta", CELL_VALUE, 10 },                                   \
		{ "size_a", "SizeA", CELL_COUNT, 5 }, { "size_b", "SizeB", CELL_COUNT, 5 },        \
		{ "count_a", "CountA", CELL_COUNT, 6 },                                            \
	{                                                                                          \
		"count_b", "CountB", CELL_COUNT, 6                                                 \
	}
enum { NUMBERS = 6, COLUMNS = NUMBERS + 2, MODULE_WIDTH = 24 };

static void rows_print(struct comparison *comparison, const struct column *columns)
{
	struct output *out = comparison->call->out;
	const struct heap_diff *diff = &comparison->diff;
	uint64_t shown = 0, left = 0;
	output_table_begin(out, "types", columns, COLUMNS, true);
	for (size_t i = 0; i < diff->count && !output_broken(out); i++) {
		const struct heap_diff_row *row = &diff->rows[i];
		if (!comparison->all && !heap_diff_changed(row->side))
			continue;
		if (shown == comparison->limit) {
			left++;
			continue;
		}
		shown++;
		output_row_begin(out);
		numbers_print(out, row->side);
		output_text(out, row->module);
		output_text(out, row->type);
		output_row_end(out);
	}
	output_table_end(out);
	if (left)
		output_note(out, "%" PRIu64 " more types are left out, as -limit asked.", left);
}

static void total_row(struct output *out, const char *kind, const char *title,
		      const struct type_usage *side)
{
	output_row_begin(out);
	numbers_print(out, side);
	output_text(out, kind);
	output_text(out, title);
	output_row_end(out);
}

static void totals_print(struct comparison *comparison, const struct type_usage *all,
			 const struct column *numbers)
{
	struct output *out = comparison->call->out;
	const struct heap_diff *diff = &comparison->diff;
	struct column columns[COLUMNS];
	memcpy(columns, numbers, NUMBERS * sizeof(*columns));
	columns[NUMBERS] = (struct column){ "kind", NULL, CELL_TEXT, 0 };
	columns[NUMBERS + 1] = (struct column){ NULL, "", CELL_TEXT, 0 };
	output_line(out, "%s", "");
	output_table_begin(out, "totals", columns, COLUMNS, false);
	total_row(out, "objects", "objects", diff->objects);
	total_row(out, "free", "Free", diff->free);
	total_row(out, "total", "Total", all);
	output_table_end(out);
}

static void side_print(const struct comparison *comparison, int side, const char *key)
{
	static const struct column columns[] = { { "name", NULL, CELL_TEXT, 0 },
						 { "runtime", NULL, CELL_TEXT, 0 } };
	struct output *out = comparison->call->out;
	const char *version = comparison->versions[side];
	output_line(out, "%c: %s, %s%s", 'A' + side, comparison->names[side],
		    *version ? ".NET " : "a runtime of unknown version", version);
	output_record_begin(out, key, columns, COUNT_OF(columns));
	output_text(out, comparison->names[side]);
	if (*version)
		output_text(out, version);
	else
		output_null(out);
	output_record_end(out);
}

static void print(struct comparison *comparison)
{
	struct heap_diff *diff = &comparison->diff;
	struct column columns[COLUMNS] = { NUMBER_COLUMNS,
					   { "module", "Module", CELL_TEXT, -MODULE_WIDTH },
					   { "type", "Class Name", CELL_TEXT, 0 } };
	struct type_usage all[HEAP_SIDES];
	heap_diff_join(diff);
	for (int side = 0; side < HEAP_SIDES; side++) {
		all[side].count = diff->objects[side].count + diff->free[side].count;
		all[side].size_bytes = diff->objects[side].size_bytes + diff->free[side].size_bytes;
	}
	widen_all(columns, all);
	for (size_t i = 0; i < diff->count; i++)
		widen_all(columns, diff->rows[i].side);
	for (size_t i = 0; i < 2; i++)
		columns[i].width++; /* the sign */
	side_print(comparison, HEAP_A, "a");
	side_print(comparison, HEAP_B, "b");
	output_line(comparison->call->out, "%s", "");
	rows_print(comparison, columns);
	totals_print(comparison, all, columns);
}

static struct error *diff_run(struct command_call *call)
{
	struct comparison comparison = { .call = call,
					 .limit = UINT64_MAX,
					 .all = arguments_has(call->arguments, "-all"),
					 .type = arguments_value(call->arguments, "-type") };
	struct error *error = arguments_number(call->arguments, "-limit", &comparison.limit);
	if (!error)
		error = take(&comparison);
	if (!error)
		print(&comparison);
	heap_diff_deinit(&comparison.diff);
	return error;
}

static const struct option options[] = {
	{ "-all", NULL, "also the types that have not changed", NULL },
	{ "-type", "TEXT", "only types whose name contains TEXT (case-sensitive)", NULL },
	{ "-limit", "NUMBER", "at most NUMBER types, those that changed most", NULL },
	{ "-reverse", NULL, "FILE is the earlier one: A, and what is open is B", NULL },
	{ "-sysroot", "DIR", "look for the files of FILE's modules below DIR first", NULL },
	{ 0 },
};
static const char *const positionals[] = { "FILE", NULL };
static const char *const examples[] = { "diff later.core", "diff earlier.core -reverse -limit 20",
					NULL };
const struct command command_diff = {
	.name = "diff",
	.summary = "compare the heap with that of another dump, by type",
	.description =
		"Counts and sizes of A (what is open) and B (FILE), and how much more B has, the largest change of size first. Types are joined by name and assembly, so the two may be of different processes and runtimes; there is no address in the answer. Free space counts apart from the objects.",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP, /* the objects of both are checked by name */
	.run = diff_run,
};
