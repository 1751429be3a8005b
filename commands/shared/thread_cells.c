#include "commands/shared/thread_cells.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/exception_cells.h"
#include "inspect/thread_view.h"

#include <inttypes.h>

enum { MEMBERS_IN_TEXT = 16 };

struct error *thread_append(struct text *to, const struct question *question,
			    const struct clr_thread *thread)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(question->scratch);
	const char *name;
	TRY(thread_name_text(question, thread, &arena, &name));
	text_printf(to, name ? "%" PRIu32 " (%s)" : "%" PRIu32, thread->managed_id, name);
	return NULL;
}

struct error *thread_name_cell(struct command_call *call, const struct clr_thread *thread)
{
	CLEANUP(arena_deinit) struct arena row = arena_within(call->question.scratch);
	struct view_string name;
	TRY(thread_name(&call->question, thread, &row, &name));
	if (name.state == VIEW_STRING_UNREADABLE)
		output_skip(call->out);
	else
		view_string_cell(call->out, &name, "null");
	return NULL;
}

struct error *thread_rows(struct command_call *call, const struct clr_thread *const *threads,
			  size_t count)
{
	static const struct column columns[] = {
		{ "managed_id", NULL, CELL_INTEGER, 0 },
		{ "os_id", NULL, CELL_INTEGER, 0 },
		{ "address", NULL, CELL_ADDRESS, 0 },
		{ "name", NULL, CELL_VALUE, 0 },
	};
	struct output *out = call->out;
	output_table_begin(out, NULL, columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < count; i++) {
		if (!threads[i])
			continue;
		output_row_begin(out);
		output_unsigned(out, threads[i]->managed_id);
		output_unsigned(out, threads[i]->os_id);
		output_address(out, threads[i]->address);
		TRY(thread_name_cell(call, threads[i]));
		output_row_end(out);
	}
	output_table_end(out);
	return NULL;
}

/* null: none; absent: not known. */
static void timeout_cell(struct output *out, bool known, int32_t timeout_ms)
{
	if (!known)
		output_skip(out);
	else if (timeout_ms < 0)
		output_null(out);
	else
		output_signed(out, timeout_ms);
}

/* The circle in JSON: a row a thread, with what it waits for; the next one holds that. */
static struct error *members_cell(struct command_call *call, const struct wait_cycle *cycle)
{
	static const struct column columns[] = {
		{ "managed_id", NULL, CELL_INTEGER, 0 }, { "os_id", NULL, CELL_INTEGER, 0 },
		{ "name", NULL, CELL_VALUE, 0 },         { "kind", NULL, CELL_TEXT, 0 },
		{ "address", NULL, CELL_ADDRESS, 0 },    { "held_by", NULL, CELL_INTEGER, 0 },
		{ "timeout_ms", NULL, CELL_VALUE, 0 },
	};
	struct output *out = call->out;
	output_table_begin(out, NULL, columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < cycle->count; i++) {
		const struct wait *wait = cycle->waits[i];
		output_row_begin(out);
		output_unsigned(out, wait->thread->managed_id);
		output_unsigned(out, wait->thread->os_id);
		TRY(thread_name_cell(call, wait->thread));
		output_text(out, wait_kind_name(wait->kind));
		output_address(out, wait->object);
		output_unsigned(out, cycle->waits[(i + 1) % cycle->count]->thread->managed_id);
		timeout_cell(out, wait->timeout_known, wait->timeout_ms);
		output_row_end(out);
	}
	output_table_end(out);
	return NULL;
}

/* "4 (reserve) waits for Lock 7ebc held by 5 (reprice), which waits for Monitor 7ebd held by 4". */
static struct error *cycle_append(struct text *to, const struct question *question,
				  const struct wait_cycle *cycle)
{
	TRY(thread_append(to, question, cycle->waits[0]->thread));
	for (size_t i = 0; i < cycle->count && i < MEMBERS_IN_TEXT; i++) {
		const struct wait *wait = cycle->waits[i];
		const struct clr_thread *holder = cycle->waits[(i + 1) % cycle->count]->thread;
		text_printf(to, "%s waits for %s %012" PRIx64 " held by ", i ? ", which" : "",
			    wait_kind_name(wait->kind), wait->object);
		if (i + 1 < cycle->count)
			TRY(thread_append(to, question, holder));
		else
			text_printf(to, "%" PRIu32, holder->managed_id);
	}
	if (cycle->count > MEMBERS_IN_TEXT)
		text_printf(to, " … of %zu threads", cycle->count);
	if (cycle->timeout_ms >= 0)
		text_printf(to, "; until a timeout of %" PRId32 " ms", cycle->timeout_ms);
	else if (!cycle->timeouts_known)
		text_append(to, "; unless the wait to write has a timeout");
	return text_failed(to) ? &error_no_memory : NULL;
}

static struct error *cycle_print(struct command_call *call, const struct wait_cycle *cycle)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	text_append(&text, "deadlock: ");
	TRY(cycle_append(&text, &call->question, cycle));
	output_row_begin(call->out);
	output_text(call->out, text_string(&text));
	TRY(members_cell(call, cycle));
	timeout_cell(call->out, cycle->timeouts_known || cycle->timeout_ms >= 0, cycle->timeout_ms);
	output_row_end(call->out);
	return NULL;
}

/* What is not known, in one line; no line where no deadlock could hide in it. */
static void unknown_line(struct output *out, const struct waits *waits, uint64_t unreadable)
{
	uint64_t threads = waits->threads_unreadable + waits->unresolved;
	if (waits_know_all(waits) && !unreadable) {
		if (!waits->cycle_count)
			output_line(out,
				    "no deadlock of monitors, Locks and ReaderWriterLockSlims");
		return;
	}
	const char *more =
		waits->cycle_count ? "there may be more deadlocks" : "deadlocks are not known";
	if (waits->lack)
		output_line(out, "%s: %s", more, waits->lack);
	else if (waits->unnamed)
		output_line(out, "%s: %" PRIu64 " %s for locks that do not note who waits", more,
			    waits->unnamed, waits->unnamed == 1 ? "thread waits" : "threads wait");
	else if (threads)
		output_line(out, "%s: what %" PRIu64 " %s for, or who holds that, cannot be read",
			    more, threads, threads == 1 ? "thread waits" : "threads wait");
	else
		output_line(out, "%s: locks, or a part of the heap, could not be read", more);
}

static void totals_print(struct command_call *call, const struct waits *waits, uint64_t unreadable)
{
	static const struct column columns[] = {
		{ "deadlock_count", IN_WORDS, CELL_INTEGER, 0 },
		{ "threads_behind", IN_WORDS, CELL_INTEGER, 0 },
		{ "threads_abandoned", IN_WORDS, CELL_INTEGER, 0 },
		{ "waiters_not_named", NULL, CELL_INTEGER, 0 },
		{ "all_known", NULL, CELL_VALUE, 0 },
	};
	struct output *out = call->out;
	output_record_begin(out, "waits", columns, COUNT_OF(columns));
	output_unsigned(out, waits->cycle_count);
	if (waits->cycle_count > WAIT_CYCLES_MAX)
		output_sentence(out, "{deadlock_count} deadlocks in all; the first ones are above");
	output_unsigned(out, waits->behind);
	if (waits->behind)
		output_sentence(out,
				waits->behind == 1
					? "{threads_behind} more thread waits behind a deadlock"
					: "{threads_behind} more threads wait behind deadlocks");
	output_unsigned(out, waits->abandoned);
	if (waits->abandoned)
		output_sentence(out, waits->abandoned == 1
					     ? "{threads_abandoned} thread waits for a lock whose "
					       "holder has ended"
					     : "{threads_abandoned} threads wait for a lock whose "
					       "holder has ended");
	output_unsigned(out, waits->unnamed);
	output_bool(out, waits_know_all(waits) && !unreadable);
	output_record_end(out);
	unknown_line(out, waits, unreadable);
}

struct error *deadlocks_print(struct command_call *call, const struct waits *waits,
			      uint64_t unreadable)
{
	static const struct column columns[] = {
		{ NULL, "", CELL_TEXT, 0 },
		{ "threads", NULL, CELL_VALUE, 0 },
		{ "timeout_ms", NULL, CELL_VALUE, 0 },
	};
	output_table_begin(call->out, "deadlocks", columns, COUNT_OF(columns), false);
	struct error *error = NULL;
	for (size_t i = 0; !error && i < waits->cycle_count && i < WAIT_CYCLES_MAX; i++)
		error = cycle_print(call, &waits->cycles[i]);
	output_table_end(call->out);
	TRY(error);
	totals_print(call, waits, unreadable);
	return NULL;
}
