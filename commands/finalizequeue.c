/* finalizequeue: objects with a finalizer to run, by generation, and those that are ready. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/statistics_table.h"
#include "heap/types/type.h"
#include "inspect/finalize_list.h"

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

static struct error *row_print(const struct gc_object *object, bool is_ready, void *context)
{
	struct command_call *call = context;
	struct output *out = call->out;
	const struct type *type = type_by_index(call->question.heap, object->type);
	output_row_begin(out);
	output_address(out, object->address);
	output_address(out, object->method_table);
	output_unsigned(out, object->size);
	output_text(out, "");
	output_text(out, type_name(call->question.heap, type, NULL));
	output_bool(out, is_ready);
	output_row_end(out);
	return output_broken(out) ? &error_stop : NULL;
}

static struct error *address_print(const struct gc_object *object, bool is_ready, void *context)
{
	struct command_call *call = context;
	(void)is_ready;
	output_row_begin(call->out);
	output_address(call->out, object->address);
	output_row_end(call->out);
	return output_broken(call->out) ? &error_stop : NULL;
}

static struct error *short_print(struct command_call *call, struct finalize_list *list)
{
	output_table_begin(call->out, "objects", short_columns, COUNT_OF(short_columns), false);
	struct error *error = finalize_list_visit(list, address_print, call);
	output_table_end(call->out);
	return error;
}

static struct error *objects_print(struct command_call *call, struct finalize_list *list)
{
	output_table_begin(call->out, "objects", object_columns, COUNT_OF(object_columns), true);
	struct error *error = finalize_list_visit(list, row_print, call);
	output_table_end(call->out);
	TRY(error);
	if (list->statistics.count)
		output_line(call->out, "%s", "");
	return NULL;
}

/* SOS's head: what the finalizer thread has to do besides. COM's is not there on Linux. */
static struct error *cleanup_print(struct command_call *call)
{
	struct output *out = call->out;
	uint64_t *found;
	size_t count;
	TRY(finalize_sync_blocks(&call->question, &found, &count));
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

static void heaps_print(struct output *out, const struct finalize_list *list)
{
	uint32_t count = list->question->heap->gc->heap_count;
	for (uint32_t i = 0; i < count; i++)
		heap_lines(out, &list->queues[i]);
	output_table_begin(out, "heaps", heap_columns, COUNT_OF(heap_columns), false);
	for (uint32_t i = 0; i < count; i++) {
		const struct finalize_queue *queue = &list->queues[i];
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

static struct error *print(struct command_call *call, struct finalize_list *list)
{
	TRY(cleanup_print(call));
	heaps_print(call->out, list);
	output_line(call->out, "Statistics for all finalizable objects (including all "
			       "objects ready for finalization):");
	if (arguments_has(call->arguments, "-stat"))
		TRY(finalize_list_visit(list, NULL, NULL));
	else
		TRY(objects_print(call, list));
	if (call->question.heap->gc->structures_invalid)
		question_missing_of_gc(&call->question);
	return statistics_table_print(call, &list->statistics, false);
}

static struct error *finalizequeue_run(struct command_call *call)
{
	CLEANUP(finalize_list_deinit) struct finalize_list list = { .question = &call->question };
	bool is_short = arguments_has(call->arguments, "-short");
	if (is_short && arguments_has(call->arguments, "-stat"))
		return error_new(ERROR_USAGE, "-stat and -short exclude each other");
	if (arguments_has(call->arguments, "-allReady"))
		return error_new(ERROR_UNSUPPORTED,
				 "finalizequeue cannot tell yet which objects are no longer "
				 "rooted: leave -allReady out, and Ready for finalization counts "
				 "those that the GC has already found dead");
	TRY(arguments_address(call->arguments, "-mt", &list.method_table));
	TRY(finalize_list_open(&list));
	if (!is_short)
		return print(call, &list);
	TRY(short_print(call, &list));
	if (call->question.heap->gc->structures_invalid)
		question_missing_of_gc(&call->question);
	return NULL;
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
