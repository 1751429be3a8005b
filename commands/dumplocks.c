/* dumplocks: the threads that hold each lock, and those that wait for it. Not one of SOS's. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/shared/thread_cells.h"
#include "inspect/lock_list.h"
#include "inspect/thread_view.h"

#include <inttypes.h>

enum { DETAIL_BYTES = 160, WAITERS_BYTES = 96 };

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "kind", "Kind", CELL_TEXT, -20 },
	/* A cell in text, with what has ended too, where JSON has a table of the threads there are.
	 */
	{ NULL, "Held by", CELL_TEXT, -28 },
	{ "held_by", NULL, CELL_VALUE, 0 },
	{ "recursion", "Recursion", CELL_INTEGER, 9 },
	/* How many, and in text as many of their ids as are known. */
	{ "waiter_count", "Waiters", CELL_INTEGER, -12 },
	{ "waiters", NULL, CELL_VALUE, 0 },
	{ "waiting", NULL, CELL_VALUE, 0 },
	{ "type", "Type", CELL_TEXT, -36 },
	{ "detail", "Detail", CELL_TEXT, 0 },
};
static const struct column total_columns[] = {
	{ "held", IN_WORDS, CELL_INTEGER, 0 },
	{ "waited_for", IN_WORDS, CELL_INTEGER, 0 },
};

/* "4 (reserve, 0x7e4a)". */
static struct error *holder_append(struct text *to, const struct question *question,
				   const struct clr_thread *thread)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(question->scratch);
	const char *name;
	TRY(thread_name_text(question, thread, &arena, &name));
	text_printf(to, "%s%" PRIu32 " (%s%s0x%" PRIx64 ")", to->length ? ", " : "",
		    thread->managed_id, name ? name : "", name ? ", " : "", thread->os_id);
	return NULL;
}

static struct error *holders_cell(struct command_call *call, const struct lock_row *row)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	for (size_t i = 0; i < row->holder_count; i++)
		TRY(holder_append(&text, &call->question, row->holders[i]));
	if (row->gone)
		text_printf(&text, "%s0x%" PRIx64 " (ended)", text.length ? ", " : "", row->gone);
	if (text_failed(&text))
		return &error_no_memory;
	output_text(call->out, text.length ? text_string(&text) : "-");
	return NULL;
}

/* "2: 5 8", "2" where nobody notes who they are. */
static void waiters_cell(struct output *out, const struct lock_row *row)
{
	char shown[WAITERS_BYTES];
	int length = snprintf(shown, sizeof(shown), "%" PRIu64 "%s", row->waiters,
			      row->entering_count ? ":" : "");
	for (size_t i = 0; i < row->entering_count; i++) {
		if ((size_t)length + sizeof(" 4294967295 …") > sizeof(shown)) {
			snprintf(shown + length, sizeof(shown) - (size_t)length, " …");
			break;
		}
		length += snprintf(shown + length, sizeof(shown) - (size_t)length, " %" PRIu32,
				   row->entering[i]->managed_id);
	}
	output_number_as(out, (int64_t)row->waiters, shown);
}

/* "sync block 3", and the threads in Monitor.Wait. */
static void block_detail(char *to, size_t size, const struct lock_row *row)
{
	int length = snprintf(to, size, "sync block %" PRIu32, row->block->index);
	if (row->in_wait)
		length += snprintf(to + length, size - (size_t)length,
				   ", %" PRIu32 " in Monitor.Wait%s", row->in_wait,
				   row->waiting[0] ? ":" : "");
	for (size_t i = 0; i < row->waiting_count && row->waiting[i]; i++) {
		if ((size_t)length + sizeof(" 4294967295 …") > size)
			break;
		length += snprintf(to + length, size - (size_t)length, " %" PRIu32,
				   row->waiting[i]->managed_id);
	}
	if (!row->in_wait_known && (size_t)length < size)
		snprintf(to + length, size - (size_t)length, ", Monitor.Wait unreadable");
}

/* "; waiting: 2 to read, 1 to write". */
static void waiting_detail(char *to, size_t size, const struct managed_lock *lock)
{
	const struct {
		uint32_t count;
		const char *purpose;
	} parts[] = {
		{ lock->waiting_readers, "to read" },
		{ lock->waiting_writers, "to write" },
		{ lock->waiting_upgraders, "to read upgradeably" },
	};
	const char *before = "; waiting: ";
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		size_t length = strlen(to);
		if (!parts[i].count)
			continue;
		snprintf(to + length, size - length, "%s%" PRIu32 " %s", before, parts[i].count,
			 parts[i].purpose);
		before = ", ";
	}
}

static void managed_detail(char *to, size_t size, const struct managed_lock *lock)
{
	switch (lock->kind) {
	case MANAGED_LOCK_SEMAPHORE:
		if (lock->maximum == INT32_MAX)
			snprintf(to, size, "%" PRId32 " left", lock->count);
		else
			snprintf(to, size, "%" PRId32 " of %" PRId32 " left", lock->count,
				 lock->maximum);
		if (lock->async_waiters)
			snprintf(to + strlen(to), size - strlen(to), ", %" PRIu32 " in WaitAsync",
				 lock->async_waiters);
		break;
	case MANAGED_LOCK_READER_WRITER:
		snprintf(to, size, "%s%s",
			 lock->is_written ? "written"
			 : lock->readers  ? "read"
					  : "free",
			 lock->upgrader_id ? ", upgradeable" : "");
		waiting_detail(to, size, lock);
		break;
	case MANAGED_LOCK_EVENT:
		snprintf(to, size, "%s", lock->is_set ? "set" : "not set");
		break;
	case MANAGED_LOCK_LOCK:
	case MANAGED_LOCK_NONE:
		break;
	}
}

static void detail_cell(struct output *out, const struct lock_row *row)
{
	char detail[DETAIL_BYTES] = "";
	if (row->lock)
		managed_detail(detail, sizeof(detail), row->lock);
	else if (row->block)
		block_detail(detail, sizeof(detail), row);
	else
		snprintf(detail, sizeof(detail), "thin lock");
	output_text(out, detail);
}

static struct error *row_print(const struct lock_row *row, void *context)
{
	struct command_call *call = context;
	struct output *out = call->out;
	output_row_begin(out);
	output_address(out, row->address);
	output_text(out, row->lock ? managed_lock_kind_name(row->lock->kind) : "Monitor");
	TRY(holders_cell(call, row));
	TRY(thread_rows(call, row->holders, row->holder_count));
	output_unsigned(out, row->recursion);
	waiters_cell(out, row);
	TRY(thread_rows(call, row->entering, row->entering_count));
	TRY(thread_rows(call, row->waiting, row->waiting_count));
	output_text(out, row->type ? type_name(call->question.heap, row->type, NULL)
				   : "<unreadable object>");
	detail_cell(out, row);
	output_row_end(out);
	return output_broken(out) ? &error_stop : NULL;
}

static struct error *dumplocks_run(struct command_call *call)
{
	CLEANUP(lock_list_deinit) struct lock_list list = { 0 };
	struct output *out = call->out;
	TRY(lock_list_open(&list, &call->question, arguments_has(call->arguments, "-all")));
	output_table_begin(out, "locks", columns, COUNT_OF(columns), true);
	struct error *error = lock_list_visit(&list, row_print, call);
	output_table_end(out);
	TRY(error);
	output_record_begin(out, "total", total_columns, COUNT_OF(total_columns));
	output_unsigned(out, list.held);
	output_unsigned(out, list.waited_for);
	output_sentence(out, "\n{held} held, {waited_for} waited for");
	output_record_end(out);
	if (list.unreadable)
		question_missing(&call->question, 0, "%" PRIu64 " locks could not be read",
				 list.unreadable);
	return output_broken(out)
		       ? NULL
		       : deadlocks_print(call, &list.waits, list.unreadable + list.walk_lost);
}

static const struct option options[] = {
	{ "-all", NULL, "also those that nobody holds or waits for", NULL },
	{ 0 },
};
static const char *const examples[] = { "dumplocks", "dumplocks -all", NULL };
const struct command command_dumplocks = {
	.name = "dumplocks",
	.summary = "list the locks that are held or waited for, and by whom",
	.description =
		"Monitors (by sync block and thin lock), System.Threading.Lock, SemaphoreSlim, ReaderWriterLockSlim and ManualResetEventSlim. Held by names threads: managed id, then the operating system's. Waiters are threads that wait to enter, and tasks of WaitAsync: how many, then the ids of those that are known. The runtime notes what a thread waits for of monitors and Locks; of a ReaderWriterLockSlim only the one in upgradeable mode is known. A SemaphoreSlim counts as held when nothing is left of it; by whom it does not know. Locks in garbage that no collection has met are listed too.\n\nThe list closes with the deadlocks: threads of which each waits for a lock that the next one holds. A wait that gives up after a time ends its deadlock, and is named. What has no owner (Monitor.Wait, SemaphoreSlim, ManualResetEventSlim) makes none. Where something that could make a deadlock is not known, the last line says so.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumplocks_run,
};
