/* gchandleleaks: handles that keep objects alive although nobody seems to remember them. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/id_map.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/gc/handles.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"

#include <inttypes.h>

enum { CHUNK_BYTES = 1024 * 1024, PAGE_BYTES = 4096, WORD = sizeof(uint64_t) };
enum { HANDLES_A_LINE = 4 };

static const struct column columns[] = {
	{ "address", NULL, CELL_ADDRESS, 0 },  { "kind", NULL, CELL_TEXT, 0 },
	{ "object", NULL, CELL_ADDRESS, 0 },   { "type", NULL, CELL_TEXT, 0 },
	{ "found_at", NULL, CELL_ADDRESS, 0 },
};
static const struct column total_columns[] = {
	{ "handle_count", NULL, CELL_INTEGER, 0 },
	{ "not_found_count", NULL, CELL_INTEGER, 0 },
};

struct handle_use {
	struct gc_handle handle;
	uint64_t found_at; /* 0: nowhere yet */
};

struct search {
	struct command_call *call;
	struct handle_use *uses;
	size_t count, capacity, found;
	struct id_map by_address;
	uint64_t lowest, highest; /* of the handles */
	uint8_t *buffer;
	uint64_t done, total; /* bytes of memory */
};

static struct error *note_handle(const struct gc_handle *handle, void *context)
{
	struct search *search = context;
	uint32_t index;
	if (!handle_kind_is_strong(handle->kind) ||
	    id_map_find(&search->by_address, handle->address, &index))
		return NULL;
	TRY(LIST_GROW(search->uses, search->count, search->capacity));
	TRY(id_map_put(&search->by_address, handle->address, (uint32_t)search->count));
	search->uses[search->count++] = (struct handle_use){ .handle = *handle };
	if (handle->address < search->lowest)
		search->lowest = handle->address;
	if (handle->address > search->highest)
		search->highest = handle->address;
	return NULL;
}

static void words_look_through(struct search *search, uint64_t start, size_t size)
{
	for (size_t i = 0; i + WORD <= size; i += WORD) {
		/* The runtime tags handles in their low bit (GCHandle: pinned ones). */
		uint64_t word = load_u64(search->buffer + i) & ~(uint64_t)1;
		uint32_t index;
		if (word < search->lowest || word > search->highest ||
		    !id_map_find(&search->by_address, word, &index) || search->uses[index].found_at)
			continue;
		search->uses[index].found_at = start + i;
		search->found++;
		output_line(search->call->out, "Found %" PRIx64 " at location %" PRIx64, word,
			    start + i);
	}
}

static struct error *region_measure(const struct region *region, void *context)
{
	struct search *search = context;
	search->total += region->end - region->start;
	return NULL;
}

/* What the target says that it has and then has not is passed over page by page. */
static struct error *region_search(const struct region *region, void *context)
{
	static const char what[] = "searching memory";
	struct search *search = context;
	struct command_call *call = search->call;
	for (uint64_t at = region->start; at < region->end && search->found < search->count;) {
		TRY(task_check(call->question.task, what));
		task_progress(call->question.task, what, search->done, search->total);
		uint64_t left = region->end - at;
		size_t wanted = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
		size_t size =
			target_read_some(call->question.heap->target, at, search->buffer, wanted);
		if (!size) {
			size = wanted < PAGE_BYTES ? wanted : PAGE_BYTES;
			question_missing(&call->question, size,
					 "memory that was to be searched is not there");
		} else {
			words_look_through(search, at, size);
		}
		/* Words stay whole: what is left of one belongs to the hole behind it. */
		size_t step = size < wanted && size >= WORD ? size - size % WORD : size;
		at += step;
		search->done += step;
	}
	return NULL;
}

/* JSON has rows; text names the handles, four to a line, as SOS has them; `missing`: only those
 * that were not found. */
static struct error *addresses_print(struct search *search, bool missing)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	size_t shown = 0;
	for (size_t i = 0; i < search->count; i++) {
		if (missing && search->uses[i].found_at)
			continue;
		TRY(task_check(search->call->question.task, "listing handles"));
		text_printf(&line, "%s%" PRIx64, *text_string(&line) ? "  " : "",
			    search->uses[i].handle.address);
		if (++shown % HANDLES_A_LINE == 0) {
			output_line(search->call->out, "%s", text_string(&line));
			text_clear(&line);
		}
	}
	output_line(search->call->out, "%s", text_string(&line));
	return text_failed(&line) ? &error_no_memory : NULL;
}

static struct error *rows_print(struct search *search)
{
	struct heap *heap = search->call->question.heap;
	struct output *out = search->call->out;
	output_table_begin(out, "handles", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < search->count && !output_broken(out); i++) {
		const struct handle_use *use = &search->uses[i];
		struct gc_object object;
		TRY(task_check(search->call->question.task, "listing handles"));
		struct error *error = object_read(heap, use->handle.object, &object);
		bool is_read = !error;
		if (!is_read && !error_take_damage(&error))
			return error;
		output_row_begin(out);
		output_address(out, use->handle.address);
		output_text(out, handle_kind_name(use->handle.kind));
		output_address(out, use->handle.object);
		if (is_read)
			output_text(out, type_name(heap, type_by_index(heap, object.type), NULL));
		else
			output_null(out);
		if (use->found_at)
			output_address(out, use->found_at);
		else
			output_null(out);
		output_row_end(out);
	}
	output_table_end(out);
	output_record_begin(out, NULL, total_columns, COUNT_OF(total_columns));
	output_unsigned(out, search->count);
	output_unsigned(out, search->count - search->found);
	output_record_end(out);
	return NULL;
}

static void lines_print(struct output *out, const char *const *lines)
{
	for (; *lines; lines++)
		output_line(out, "%s", *lines);
}

/* Each is as wide as SOS's. */
#define RULE "------------------------------------------------------------------------------"
static const char *const introduction[] = {
	RULE "-",
	"GCHandleLeaks will report any GCHandles that couldn't be found in memory.      ",
	"Strong and Pinned GCHandles are reported at this time. You can safely abort the",
	"memory scan with Control-C or Control-Break.                                   ",
	RULE "-",
	NULL,
};
static const char *const not_found[] = {
	RULE,
	"Some handles were not found. If the number of not-found handles grows over the",
	"lifetime of your application, you may have a GCHandle leak. This will cause   ",
	"the GC Heap to grow larger as objects are being kept alive, referenced only   ",
	"by the orphaned handle. If the number doesn't grow over time, note that there ",
	"may be some noise in this output, as an unmanaged application may be storing  ",
	"the handle in a non-standard way, perhaps with some bits flipped. The memory  ",
	"scan wouldn't be able to find those.                                          ",
	RULE,
	NULL,
};
static const char *const all_found[] = {
	RULE,
	"All handles found.",
	"A leak may still exist because in a general scan of process memory SOS can't  ",
	"differentiate between garbage and valid structures, so you may have false     ",
	"positives. If you still suspect a leak, use this function over time to        ",
	"identify a possible trend.                                                    ",
	RULE,
	NULL,
};

static struct error *handles_collect(struct search *search)
{
	struct command_call *call = search->call;
	uint64_t lost = 0;
	TRY(gc_handles_visit(call->question.heap, call->question.task, note_handle, search, &lost));

	if (lost)
		question_missing(&call->question, 0,
				 "%" PRIu64
				 " parts of the handle tables could not be read: handles "
				 "are missing",
				 lost);
	output_line(call->out, "Found %zu handles:", search->count);
	return addresses_print(search, false);
}

static struct error *run(struct search *search)
{
	struct output *out = search->call->out;
	struct target *target = search->call->question.heap->target;
	lines_print(out, introduction);
	TRY(handles_collect(search));
	search->buffer = malloc(CHUNK_BYTES);
	if (!search->buffer)
		return &error_no_memory;
	output_line(out, "Searching memory");
	output_line(out, "Failed to read whole or part of stress log, some references may come "
			 "from stress log");
	TRY(target_visit_regions(target, region_measure, search));
	TRY(target_visit_regions(target, region_search, search));
	size_t missing = search->count - search->found;
	lines_print(out, missing ? not_found : all_found);
	if (missing) {
		output_line(out, "Didn't find %zu handles:", missing);
		TRY(addresses_print(search, true));
	}
	return rows_print(search);
}

static struct error *gchandleleaks_run(struct command_call *call)
{
	struct search search = { .call = call, .lowest = UINT64_MAX };
	struct error *error = run(&search);
	id_map_deinit(&search.by_address);
	free(search.uses);
	free(search.buffer);
	return error;
}

static const char *const examples[] = { "gchandleleaks", NULL };
const struct command command_gchandleleaks = {
	.name = "gchandleleaks",
	.summary = "list strong and pinned handles that stand nowhere in memory",
	.description =
		"Looks through all memory of the dump or process for each handle's value, and names the first place of each. A handle that stands nowhere keeps its object alive for nobody: gchandles shows which one that is. What the dump does not hold is not searched: a heap dump leaves files' pages out.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = gchandleleaks_run,
};
