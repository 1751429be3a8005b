/* finalizequeue: objects with a finalizer to run, by generation, and those that are ready. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/statistics_table.h"
#include "heap/gc/finalize_queue.h"
#include "heap/gc/object_walk.h"
#include "heap/locks/sync_blocks.h"
#include "heap/types/type.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

static const struct column heap_columns[] = {
	{ "heap", NULL, CELL_INTEGER, 0 },  { "gen0", NULL, CELL_INTEGER, 0 },
	{ "gen1", NULL, CELL_INTEGER, 0 },  { "gen2", NULL, CELL_INTEGER, 0 },
	{ "loh", NULL, CELL_INTEGER, 0 },   { "poh", NULL, CELL_INTEGER, 0 },
	{ "ready", NULL, CELL_INTEGER, 0 }, { "critical_ready", NULL, CELL_INTEGER, 0 },
};
static const struct column cleanup_columns[] = {
	{ "sync_block", "SyncBlock", CELL_ADDRESS, 16 },
	{ NULL, "RCW", CELL_TEXT, 16 },
	{ NULL, "CCW", CELL_TEXT, 16 },
	{ NULL, "ComClassFactory", CELL_TEXT, 16 },
};
static const struct column object_columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "mt", "MT", CELL_ADDRESS, 16 },
	{ "size", "Size", CELL_COUNT, 14 },
	{ NULL, "", CELL_TEXT, 0 },
	{ "type", NULL, CELL_TEXT, 0 },
	{ "ready", NULL, CELL_VALUE, 0 },
};
static const struct column short_columns[] = {
	{ "address", "", CELL_ADDRESS, 0 },
};

struct listing {
	struct command_call *call;
	struct finalize_queue *queues;
	uint64_t method_table;      /* 0: any */
	bool list, is_short, ready; /* ready: the ones at hand wait for the finalizer */
	struct heap_statistics statistics;
	uint64_t unreadable, lost;
};

static void row_print(struct listing *listing, const struct gc_object *object)
{
	struct output *out = listing->call->out;
	output_row_begin(out);
	output_address(out, object->address);
	if (!listing->is_short) {
		const struct type *type = type_by_index(listing->call->question.heap, object->type);
		output_address(out, object->method_table);
		output_unsigned(out, object->size);
		output_text(out, "");
		output_text(out, type_name(listing->call->question.heap, type, NULL));
		output_bool(out, listing->ready);
	}
	output_row_end(out);
}

static struct error *visit(uint64_t address, void *context)
{
	struct listing *listing = context;
	struct gc_object object;
	struct error *error = object_read(listing->call->question.heap, address, &object);
	if (error_take_damage(&error)) {
		listing->unreadable++;
		return NULL;
	}
	TRY(error);
	if (listing->method_table && object.method_table != listing->method_table)
		return NULL;
	if (listing->list)
		row_print(listing, &object);
	TRY(heap_statistics_add(&listing->statistics, &object));
	return output_broken(listing->call->out) ? &error_stop : NULL;
}

static struct error *range_list(struct listing *listing, const struct finalize_range *range)
{
	return finalize_range_visit(listing->call->question.heap, listing->call->question.task,
				    range, visit, listing, &listing->lost);
}

/* In the order of the queue: the oldest generation first, then the ready ones. */
static struct error *queue_list(struct listing *listing, const struct finalize_queue *queue)
{
	listing->ready = false;
	for (size_t i = GENERATION_FROZEN; i > 0; i--)
		TRY(range_list(listing, &queue->generations[i - 1]));
	listing->ready = true;
	TRY(range_list(listing, &queue->critical));
	return range_list(listing, &queue->ready);
}

static struct error *objects_list(struct listing *listing)
{
	struct command_call *call = listing->call;
	bool is_short = listing->is_short;
	struct error *error = NULL;
	if (listing->list)
		output_table_begin(call->out, "objects", is_short ? short_columns : object_columns,
				   is_short ? 1 : COUNT_OF(object_columns), !is_short);
	for (uint32_t i = 0; !error && i < call->question.heap->gc->heap_count; i++)
		error = queue_list(listing, &listing->queues[i]);
	if (listing->list)
		output_table_end(call->out);
	TRY(error);
	if (listing->lost || listing->unreadable)
		question_missing(&call->question, listing->lost * sizeof(uint64_t),
				 "%" PRIu64 " objects of the finalization queue could not be read",
				 listing->lost + listing->unreadable);
	return NULL;
}

/* SOS's head: what the finalizer thread has to do besides. COM's is not there on Linux. */
static struct error *cleanup_print(struct command_call *call)
{
	struct output *out = call->out;
	struct sync_blocks blocks;
	uint64_t *found = NULL;
	size_t count = 0;
	struct error *error = sync_blocks_open(call->question.heap, &blocks);
	if (!error)
		error = sync_blocks_cleanup(&blocks, call->question.scratch, &found, &count);
	if (error && !error_is_fatal(error)) {
		question_missing(&call->question, 0, "%s", error->message);
		error_free(error);
		error = NULL;
	}
	TRY(error);
	output_table_begin(out, "sync_blocks_to_be_cleaned_up", cleanup_columns,
			   COUNT_OF(cleanup_columns), count > 0);
	for (size_t i = 0; i < count; i++) {
		output_row_begin(out);
		output_address(out, found[i]);
		for (unsigned k = 0; k < 3; k++)
			output_text(out, "000000000000");
		output_row_end(out);
	}
	output_table_end(out);
	output_line_total(out, "SyncBlocks to be cleaned up: ", count, NULL, 0, "");
	output_line(out, "Free-Threaded Interfaces to be released: 0");
	output_line(out, "MTA Interfaces to be released: 0");
	output_line(out, "STA Interfaces to be released: 0");
	output_line(out, "----------------------------------");
	output_line(out, "%s", "");
	return NULL;
}

static void range_line(struct output *out, const char *before, const char *between,
		       const struct finalize_range *range)
{
	char after[64];
	snprintf(after, sizeof(after), "%s (%" PRIx64 "->%" PRIx64 ")", between, range->start,
		 range->end);
	output_line_total(out, before, finalize_range_count(range), NULL, 0, after);
}

/* JSON has these counts as rows; text also says where each part is. */
static void heap_lines(struct output *out, const struct finalize_queue *queue)
{
	static const char *const titles[GENERATION_FROZEN] = {
		"generation 0 has ",      "generation 1 has ",       "generation 2 has ",
		"large object heap has ", "pinned object heap has ",
	};
	struct finalize_range ready = { queue->critical.start, queue->ready.end };
	output_line(out, "Heap %" PRIu32, queue->heap);
	for (size_t i = 0; i < GENERATION_FROZEN; i++)
		if (i <= GENERATION_2 || finalize_range_count(&queue->generations[i]))
			range_line(out, titles[i], " objects", &queue->generations[i]);
	range_line(out, "Ready for finalization ", " objects", &ready);
	output_line(out, "------------------------------");
}

static void heaps_print(struct listing *listing)
{
	struct output *out = listing->call->out;
	uint32_t count = listing->call->question.heap->gc->heap_count;
	for (uint32_t i = 0; i < count; i++)
		heap_lines(out, &listing->queues[i]);
	output_table_begin(out, "heaps", heap_columns, COUNT_OF(heap_columns), false);
	for (uint32_t i = 0; i < count; i++) {
		const struct finalize_queue *queue = &listing->queues[i];
		output_row_begin(out);
		output_unsigned(out, i);
		for (size_t g = 0; g < GENERATION_FROZEN; g++)
			output_unsigned(out, finalize_range_count(&queue->generations[g]));
		output_unsigned(out, finalize_range_count(&queue->ready) +
					     finalize_range_count(&queue->critical));
		output_unsigned(out, finalize_range_count(&queue->critical));
		output_row_end(out);
	}
	output_table_end(out);
}

static struct error *print(struct listing *listing)
{
	struct command_call *call = listing->call;
	TRY(finalize_queues_read(call->question.heap, call->question.scratch, &listing->queues));
	if (!listing->is_short) {
		TRY(cleanup_print(call));
		heaps_print(listing);
		output_line(call->out, "Statistics for all finalizable objects (including all "
				       "objects ready for finalization):");
	}
	TRY(objects_list(listing));
	if (call->question.heap->gc->structures_invalid)
		question_missing_of_gc(&call->question);
	if (listing->is_short)
		return NULL;
	if (listing->list && listing->statistics.count)
		output_line(call->out, "%s", "");
	return statistics_table_print(call, &listing->statistics, false);
}

static struct error *finalizequeue_run(struct command_call *call)
{
	struct listing listing = { .call = call };
	listing.is_short = arguments_has(call->arguments, "-short");
	listing.list = !arguments_has(call->arguments, "-stat");
	if (listing.is_short && !listing.list)
		return error_new(ERROR_USAGE, "-stat and -short exclude each other");
	if (arguments_has(call->arguments, "-allReady"))
		return error_new(ERROR_UNSUPPORTED,
				 "finalizequeue cannot tell yet which objects are no longer "
				 "rooted: leave -allReady out, and Ready for finalization counts "
				 "those that the GC has already found dead");
	TRY(arguments_address(call->arguments, "-mt", &listing.method_table));
	struct error *error = print(&listing);
	heap_statistics_deinit(&listing.statistics);
	return error;
}

static const char *const stat_aliases[] = { "-summary", NULL };
static const struct option options[] = {
	{ "-stat", NULL, "only the statistics", stat_aliases },
	{ "-short", NULL, "only addresses, one a line", NULL },
	{ "-mt", "ADDRESS", "only objects of this MethodTable", NULL },
	{ "-detail", NULL, "accepted; what there is to be cleaned up is always shown", NULL },
	{ "-allReady", NULL, "refused: needs roots, which are not looked for yet", NULL },
	{ 0 },
};
static const char *const aliases[] = { "fq", NULL };
static const char *const examples[] = { "finalizequeue", "finalizequeue -stat",
					"finalizequeue -short", NULL };
const struct command command_finalizequeue = {
	.name = "finalizequeue",
	.aliases = aliases,
	.summary = "list the objects that have a finalizer to run, and how many are ready for it",
	.usage = "finalizequeue [-stat | -short] [-mt ADDRESS]", /* one or the other */
	.description =
		"Ready for finalization are those that the GC has found dead and that wait for the finalizer thread; many of them mean that it does not keep up, or is blocked. They come last in the list, and the statistics count them too.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = finalizequeue_run,
};
