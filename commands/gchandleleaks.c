/* gchandleleaks: handles that keep objects alive although nothing seems to refer to them. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"
#include "inspect/handle_search.h"

#include <inttypes.h>

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

/* JSON has rows; text names the handles, four to a line, as SOS has them; `missing`: only those
 * that were not found. */
static struct error *addresses_print(struct command_call *call, const struct handle_search *search,
				     bool missing)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	size_t shown = 0;
	for (size_t i = 0; i < search->count; i++) {
		if (missing && search->uses[i].found_at)
			continue;
		TRY(task_check(call->question.task, "listing handles"));
		text_printf(&line, "%s%" PRIx64, *text_string(&line) ? "  " : "",
			    search->uses[i].handle.address);
		if (++shown % HANDLES_A_LINE == 0) {
			output_line(call->out, "%s", text_string(&line));
			text_clear(&line);
		}
	}
	output_line(call->out, "%s", text_string(&line));
	return text_failed(&line) ? &error_no_memory : NULL;
}

static struct error *rows_print(struct command_call *call, const struct handle_search *search)
{
	struct heap *heap = call->question.heap;
	struct output *out = call->out;
	output_table_begin(out, "handles", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < search->count && !output_broken(out); i++) {
		const struct handle_use *use = &search->uses[i];
		struct gc_object object;
		TRY(task_check(call->question.task, "listing handles"));
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

/* At once: a search takes long. */
static struct error *found_print(const struct handle_use *use, void *context)
{
	struct command_call *call = context;
	output_line(call->out, "Found %" PRIx64 " at location %" PRIx64, use->handle.address,
		    use->found_at);
	return NULL;
}

static struct error *gchandleleaks_run(struct command_call *call)
{
	CLEANUP(handle_search_deinit) struct handle_search search = { .question = &call->question };
	struct output *out = call->out;
	lines_print(out, introduction);
	TRY(handle_search_collect(&search));
	output_line(out, "Found %zu handles:", search.count);
	TRY(addresses_print(call, &search, false));
	output_line(out, "Searching memory");
	output_line(out, "Failed to read whole or part of stress log, some references may come "
			 "from stress log");
	TRY(handle_search_memory(&search, found_print, call));
	size_t missing = search.count - search.found;
	lines_print(out, missing ? not_found : all_found);
	if (missing) {
		output_line(out, "Didn't find %zu handles:", missing);
		TRY(addresses_print(call, &search, true));
	}
	return rows_print(call, &search);
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
