/* analyzeoom: the last time that the GC could not give what was asked of it. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/gc/oom_history.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "heap", NULL, CELL_INTEGER, 0 },
	{ "reason", IN_WORDS, CELL_TEXT, 0 },
	{ "allocation_size", NULL, CELL_INTEGER, 0 },
	{ "gc_index", NULL, CELL_INTEGER, 0 },
	{ "memory_failure", IN_WORDS, CELL_TEXT, 0 },
	{ "failed_size", IN_WORDS, CELL_COUNT, 0 },
	{ "available_commit_mb", IN_WORDS, CELL_COUNT, 0 },
	{ "is_large_object_heap", NULL, CELL_VALUE, 0 },
};

/* The names are ClrMD's (OutOfMemoryReason), the sentences SOS's. */
static const struct reason {
	const char *name, *sentence;
} reasons[] = {
	[OOM_NONE] = { "None", "None" },
	[OOM_BUDGET] = { "Budget",
			 "OOM was due to an internal .Net error, likely a bug in the GC" },
	[OOM_CANT_COMMIT] = { "CantCommit", "Didn't have enough memory to commit" },
	[OOM_CANT_RESERVE] = { "CantReserve",
			       "OOM was due to an internal .Net error, likely a bug in the GC" },
	[OOM_LOH] = { "LOH", "Didn't have enough memory to allocate an LOH segment" },
	[OOM_LOW_MEMORY] = { "LowMem", "Low on memory during GC" },
	[OOM_UNPRODUCTIVE_FULL_GC] = { "UnproductiveFullGC", "Could not do a full GC" },
};
static const struct reason failures[] = {
	[MEMORY_FAILURE_NONE] = { "None", "" },
	[MEMORY_FAILURE_RESERVE_SEGMENT] = { "ReserveSegment", "Failed to reserve memory" },
	[MEMORY_FAILURE_COMMIT_SEGMENT_BEGIN] = { "CommitSegmentBegin",
						  "Didn't have enough memory to commit beginning "
						  "of the segment" },
	[MEMORY_FAILURE_COMMIT_EPHEMERAL] = { "CommitEphemeralSegment",
					      "Didn't have enough memory to commit the new "
					      "ephemeral segment" },
	[MEMORY_FAILURE_GROW_TABLE] = { "GrowTable",
					"Didn't have enough memory to grow the internal GC data "
					"structures" },
	[MEMORY_FAILURE_COMMIT_TABLE] = { "CommitTable",
					  "Didn't have enough memory to commit the internal GC "
					  "data structures" },
};

/* One that this program does not know is shown by its number. */
static const struct reason *find(const struct reason *names, size_t count, uint32_t number,
				 struct reason *unknown, char *text, size_t size)
{
	if (number < count)
		return &names[number];
	snprintf(text, size, "%" PRIu32, number);
	*unknown = (struct reason){ text, text };
	return unknown;
}

static void sentences(struct output *out, const struct oom_history *oom)
{
	output_sentence(out, "{reason}");
	if (oom->memory_failure == MEMORY_FAILURE_NONE)
		return;
	output_sentence(out, oom->is_large ? "Details: LOH {memory_failure} {failed_size} bytes"
					   : "Details: SOH {memory_failure} {failed_size} bytes");
	if (oom->available_commit_mb)
		output_sentence(out, " - on GC entry available commit space was "
				     "{available_commit_mb} MB");
}

static void print(struct output *out, const struct oom_history *oom)
{
	char reason_text[16], failure_text[16];
	struct reason unknown_reason, unknown_failure;
	const struct reason *reason = find(reasons, COUNT_OF(reasons), oom->reason, &unknown_reason,
					   reason_text, sizeof(reason_text));
	const struct reason *failure = find(failures, COUNT_OF(failures), oom->memory_failure,
					    &unknown_failure, failure_text, sizeof(failure_text));
	output_row_begin(out);
	output_unsigned(out, oom->heap);
	output_text_as(out, reason->name, reason->sentence);
	output_unsigned(out, oom->allocation_size);
	output_unsigned(out, oom->gc_index);
	output_text_as(out, failure->name, failure->sentence);
	output_unsigned(out, oom->size);
	output_unsigned(out, oom->available_commit_mb);
	output_bool(out, oom->is_large);
	sentences(out, oom);
	output_row_end(out);
}

static struct error *analyzeoom_run(struct command_call *call)
{
	struct oom_history *histories;
	bool found = false;
	TRY(oom_histories_read(call->question.heap, call->question.scratch, &histories));
	output_table_begin(call->out, "ooms", columns, COUNT_OF(columns), false);
	for (uint32_t i = 0; i < call->question.heap->gc->heap_count; i++) {
		if (histories[i].reason == OOM_NONE)
			continue;
		found = true;
		print(call->out, &histories[i]);
	}
	output_table_end(call->out);
	if (!found)
		output_line(call->out,
			    "There was no managed OOM due to allocations on the GC heap");
	return NULL;
}

static const char *const examples[] = { "analyzeoom", NULL };
const struct command command_analyzeoom = {
	.name = "analyzeoom",
	.summary = "show why the GC could not give what was last asked of it",
	.description =
		"OutOfMemoryExceptions that others threw are not the GC's: dumpexceptions -type OutOfMemory lists them.",
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = analyzeoom_run,
};
