/* timerinfo: the timers that are due. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/line_count.h"
#include "inspect/timer_list.h"

#include <inttypes.h>

static const char *state_type(struct command_call *call, const struct managed_timer *timer)
{
	return timer->state_type ? type_name(call->question.heap, timer->state_type, NULL) : "";
}

/* What SOS writes of a timer without its own address, to count those alike. */
static struct error *count_line(struct command_call *call, const struct timer_row *row,
				struct line_count *counts)
{
	const struct managed_timer *timer = &row->timer;
	char period[16] = "  ------";
	if (timer->period_ms != TIMER_NOT_PERIODIC)
		snprintf(period, sizeof(period), "%8" PRIu32, timer->period_ms);
	const char *line =
		arena_printf(call->question.scratch,
			     "(%s) @%8" PRIu32 " ms every %s ms | %016" PRIX64 " (%s) -> %s",
			     timer->is_short ? "S" : "L", timer->due_ms, period, timer->state,
			     state_type(call, timer), row->method);
	return line ? line_count_add(counts, line) : &error_no_memory;
}

/* SOS has the address and the type where there is none, too. */
static struct error *state_cell(struct command_call *call, const struct managed_timer *timer)
{
	const char *type = state_type(call, timer);
	const char *shown =
		arena_printf(call->question.scratch, "%016" PRIX64 " (%s)", timer->state, type);
	if (!shown)
		return &error_no_memory;
	if (timer->state)
		output_reference_as(call->out, timer->state, type, shown);
	else
		output_nothing(call->out, shown);
	return NULL;
}

#define TIMER_LINE "0x{address} @{due_ms} ms every {period_ms} ms |  {state} -> {method}"

static struct error *row_print(struct command_call *call, const struct timer_row *row)
{
	const struct managed_timer *timer = &row->timer;
	struct output *out = call->out;
	output_row_begin(out);
	output_address(out, timer->address);
	output_bool(out, timer->is_short);
	output_unsigned(out, timer->due_ms);
	if (timer->period_ms == TIMER_NOT_PERIODIC)
		output_nothing(out, "------");
	else
		output_unsigned(out, timer->period_ms);
	output_bool(out, timer->is_canceled);
	TRY(state_cell(call, timer));
	output_text(out, row->method);
	output_sentence(out, timer->is_short ? "(S) " TIMER_LINE : "(L) " TIMER_LINE);
	output_row_end(out);
	return NULL;
}

/* How many there are, and those alike. */
static struct error *summary_print(struct command_call *call, size_t count,
				   struct line_count *counts)
{
	output_line(call->out, "%s", "");
	output_line(call->out, "   %zu timers", count);
	output_line(call->out, "-----------------------------------------------");
	TRY(line_count_sort(counts, call->question.task));
	for (size_t i = 0; i < counts->count && !output_broken(call->out); i++) {
		TRY(task_check(call->question.task, "listing the timers"));
		output_line(call->out, "%4" PRIu64 " | %s", counts->lines[i].count,
			    counts->lines[i].line);
	}
	return NULL;
}

static struct error *print(struct command_call *call, const struct timer_list *list)
{
	static const struct column columns[] = {
		{ "address", IN_WORDS, CELL_POINTER, 0 },
		{ "is_short", NULL, CELL_VALUE, 0 }, /* text: (S) or (L) */
		{ "due_ms", IN_WORDS, CELL_INTEGER, 8 },
		{ "period_ms", IN_WORDS, CELL_INTEGER, 8 },
		{ "is_canceled", NULL, CELL_VALUE, 0 },
		{ "state", IN_WORDS, CELL_VALUE, 0 },
		{ "method", IN_WORDS, CELL_TEXT, 0 },
	};
	CLEANUP(line_count_deinit) struct line_count counts = { 0 };
	output_table_begin(call->out, "timers", columns, COUNT_OF(columns), false);
	struct error *error = NULL;
	for (size_t i = 0; !error && i < list->count && !output_broken(call->out); i++) {
		error = task_check(call->question.task, "listing the timers");
		if (error)
			break;
		error = row_print(call, &list->rows[i]);
		if (!error)
			error = count_line(call, &list->rows[i], &counts);
	}
	output_table_end(call->out);
	TRY(error);
	return list->found.unknown ? NULL : summary_print(call, list->count, &counts);
}

static struct error *timerinfo_run(struct command_call *call)
{
	CLEANUP(timer_list_deinit) struct timer_list list = { .question = &call->question };
	TRY(timer_list_read(&list));
	TRY(print(call, &list));
	if (list.found.unknown)
		question_missing(&call->question, 0, "the timers cannot be read");
	if (list.found.cut)
		question_missing(&call->question, 0,
				 "%" PRIu64 " %s of timers cannot be read to the end",
				 list.found.cut, list.found.cut == 1 ? "list" : "lists");
	if (list.found.none && question_is_whole(&call->question))
		output_note(call->out, "The process has started no timer yet.");
	return NULL;
}

static const char *const aliases[] = { "ti", NULL };
static const char *const examples[] = { "timerinfo", NULL };
const struct command command_timerinfo = {
	.name = "timerinfo",
	.aliases = aliases,
	.summary = "list the timers that are due: when, how often, with what state, calling what",
	.description =
		"(S) are those due soon, (L) the others. Due time and period are as they were set, in milliseconds; ------ is a timer that fires once. Stopped timers are in no list: dumpheap -type TimerQueueTimer -exact has those too.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = timerinfo_run,
};
