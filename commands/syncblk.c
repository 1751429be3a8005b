/* syncblk: the table of sync blocks, and the threads that have entered their monitors. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/thread_cells.h"
#include "heap/clr_threads.h"
#include "heap/types/type.h"
#include "inspect/sync_block_type.h"
#include "inspect/thread_index.h"
#include "inspect/waits.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "index", "", CELL_INTEGER, 5 },
	{ "sync_block", "", CELL_POINTER, 16 },
	{ "monitor_held", "", CELL_INTEGER, 12 },
	{ "recursion", "", CELL_INTEGER, 9 },
	{ "owning_thread", IN_WORDS, CELL_POINTER, 0 },
	{ "managed_id", NULL, CELL_INTEGER, 0 },
	{ "os_id", IN_WORDS, CELL_HEX, 0 },
	{ "waiter_count", NULL, CELL_INTEGER, 0 }, /* text: in MonitorHeld */
	{ "waiters", NULL, CELL_VALUE, 0 },        /* those that are known */
	{ "object", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },
	{ NULL, "", CELL_TEXT, 0 },
};
static const struct column total_columns[] = {
	{ "total", "Total           ", CELL_INTEGER, 0 },
	{ "free", "Free            ", CELL_INTEGER, 0 },
};

struct listing {
	struct command_call *call;
	struct sync_blocks blocks;
	int64_t *thread_indexes;
	bool all;
	uint64_t asked; /* 0: no single one */
	uint64_t free_count, unreadable;
	struct waits waits; /* read when a row is to say who waits */
	bool waits_read;
};

static void owner_cells(struct output *out, const struct sync_block *block)
{
	if (block->owner) {
		output_address(out, block->owner->address);
		output_unsigned(out, block->owner->managed_id);
		output_unsigned(out, block->owner->os_id);
	} else {
		output_null(out);
		output_null(out);
		output_null(out);
	}
}

static struct error *waiters_cell(struct listing *listing, const struct sync_block *block)
{
	const struct clr_thread *threads[LOCK_THREADS_MAX];
	size_t count = 0;
	if (block->waiters && !listing->waits_read) {
		listing->waits_read = true;
		TRY(waits_read(&listing->waits, &listing->call->question));
	}
	if (block->waiters)
		count = waits_to_enter(&listing->waits, block->object, threads, LOCK_THREADS_MAX);
	return thread_rows(listing->call, threads, count);
}

/* SOS's fields after the recursion: thread, its OS id and its place in threads, object and type. */
static void words_cell(struct listing *listing, const struct sync_block *block)
{
	const struct clr_threads *threads = listing->call->question.heap->threads;
	char owner[64] = "0000000000000000     none  ", sentence[128];
	if (block->owner) {
		int64_t index = listing->thread_indexes[block->owner - threads->threads];
		char number[24] = "XXX";
		if (index >= 0)
			snprintf(number, sizeof(number), "%3" PRId64, index);
		snprintf(owner, sizeof(owner), "{owning_thread} {os_id} %s ", number);
	} else if (block->is_held) {
		/* The thread that held it has gone. */
		snprintf(owner, sizeof(owner), "%016" PRIX64 "  orphaned ", block->owner_id);
	}
	snprintf(sentence, sizeof(sentence), "%s%s", owner,
		 block->is_free ? "         0 Free" : "  {object} {type}");
	output_words(listing->call->out, sentence);
}

static struct error *row_print(struct listing *listing, const struct sync_block *block)
{
	struct heap *heap = listing->call->question.heap;
	struct output *out = listing->call->out;
	const struct type *type;
	TRY(sync_block_type(&listing->call->question, block, &type));
	output_row_begin(out);
	output_unsigned(out, block->index);
	output_address(out, block->address);
	/* As the runtime once kept it: the lowest bit is the lock, the rest counts waiters. */
	output_unsigned(out, (uint64_t)block->waiters * 2 + block->is_held);
	output_unsigned(out, block->recursion);
	owner_cells(out, block);
	output_unsigned(out, block->waiters);
	TRY(waiters_cell(listing, block));
	if (block->object)
		output_address(out, block->object);
	else
		output_nothing(out, "0000000000000000");
	if (type)
		output_text_as(out, type_name(heap, type, NULL), type_sos_name(heap, type));
	else
		output_nothing(out, "<unreadable object>");
	words_cell(listing, block);
	output_row_end(out);
	return NULL;
}

static struct error *rows_print(struct listing *listing)
{
	struct command_call *call = listing->call;
	struct sync_block block;
	for (uint32_t i = 1; i <= listing->blocks.count; i++) {
		if (listing->asked && listing->asked != i)
			continue;
		TRY(task_check(call->question.task, "reading the sync blocks"));
		struct error *error = sync_block_read(&listing->blocks, i, &block);
		if (error_take(&error, ERROR_FAULT)) {
			output_line(call->out, "SyncBlock %" PRIu32 " is invalid%s", i,
				    listing->asked ? "" : ", continuing...");
			listing->unreadable++;
			continue;
		}
		TRY(error);
		listing->free_count += block.is_free;
		if (listing->all || listing->asked || block.is_held || block.waiters)
			TRY(row_print(listing, &block));
	}
	return NULL;
}

static struct error *print(struct listing *listing)
{
	struct output *out = listing->call->out;
	output_line(out, "Index         SyncBlock MonitorHeld Recursion Owning Thread Info"
			 "          SyncBlock Owner");
	output_table_begin(out, "sync_blocks", columns, COUNT_OF(columns), false);
	struct error *error = rows_print(listing);
	output_table_end(out);
	TRY(error);
	output_line(out, "-----------------------------");
	output_record_begin(out, NULL, total_columns, COUNT_OF(total_columns));
	output_unsigned(out, listing->blocks.count);
	output_unsigned(out, listing->free_count);
	output_record_end(out);
	if (listing->unreadable)
		question_missing(&listing->call->question, 0,
				 "%" PRIu64 " sync blocks could not be read", listing->unreadable);
	return NULL;
}

static struct error *syncblk_run(struct command_call *call)
{
	struct listing listing = { .call = call, .all = arguments_has(call->arguments, "-all") };
	const char *number = arguments_positional(call->arguments, 0);
	TRY(sync_blocks_open(call->question.heap, &listing.blocks));
	if (number)
		TRY(parse_number(number, &listing.asked));
	if (number && (!listing.asked || listing.asked > listing.blocks.count))
		return error_new(ERROR_NOT_FOUND,
				 "there is no sync block %s: the process has %" PRIu32, number,
				 listing.blocks.count);
	TRY(thread_indexes(&call->question, &listing.thread_indexes));
	struct error *error = print(&listing);
	waits_deinit(&listing.waits);
	return error;
}

static const struct option options[] = {
	{ "-all", NULL, "also those whose monitor nobody has entered", NULL },
	{ 0 },
};
static const char *const positionals[] = { "[NUMBER]", NULL };
static const char *const examples[] = { "syncblk", "syncblk -all", "syncblk 1", NULL };
const struct command command_syncblk = {
	.name = "syncblk",
	.summary = "list the sync blocks: monitors that are held or waited for, and by whom",
	.usage = "syncblk [-all | NUMBER]", /* one or the other */
	.description =
		"MonitorHeld is 1 when a thread holds the monitor, and 2 more for each thread that waits to enter it. Locks that nobody has had to wait for stand in the objects themselves: dumpheap -thinlock.",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = syncblk_run,
};
