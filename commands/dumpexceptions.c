/* dumpexceptions: every exception of the heap. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/exception_cells.h"
#include "commands/shared/heap_options.h"

#include <inttypes.h>
#include <strings.h>

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "mt", "MethodTable", CELL_ADDRESS, 16 },
	{ "type", "Message Name", CELL_TEXT, 0 },
	{ "message", IN_WORDS, CELL_VALUE, 0 },
	{ "inner_exception", NULL, CELL_VALUE, 0 },
	{ "hresult", NULL, CELL_INTEGER, 0 },
	{ "stack_trace_string", NULL, CELL_VALUE, 0 },
	{ "frames", NULL, CELL_VALUE, 0 }, /* text names the first alone */
	{ "preallocated", NULL, CELL_VALUE, 0 },
};

struct listing {
	struct command_call *call;
	struct command_call row_call; /* its scratch is reset after each row */
	const char *type;             /* part of a name, any case; NULL: every exception */
	uint64_t count;
};

static struct error *is_wanted(void *context, const struct type *type, bool *ret)
{
	const struct listing *listing = context;
	struct heap *heap = listing->call->question.heap;
	*ret = type_is_exception(heap, type) &&
	       (!listing->type || strcasestr(type_name(heap, type, NULL), listing->type));
	return NULL;
}

static struct error *row_print(struct command_call *call, uint64_t address)
{
	struct exception_view view;
	TRY(exception_view_read(&call->question, address, &view));
	const struct exception_words words = {
		.type = type_name(call->question.heap, view.exception.type, NULL),
		.none = "<null>",
	};
	output_row_begin(call->out);
	exception_cells(call, &view, &words);
	/* SOS's two lines below a row. */
	output_indent(call->out, 2);
	output_sentence(call->out, "Message: {message}");
	if (view.frame_count && view.frames[0].method)
		output_line(call->out, "StackFrame: %s", view.frames[0].method);
	bool preallocated = exception_is_preallocated(call->question.heap, &view.exception);
	if (preallocated)
		output_line(call->out, "Made by the runtime when it started; no code made it.");
	output_indent(call->out, -2);
	struct error *error = exception_frame_rows(call, &view, &sos_frame_words);
	output_bool(call->out, preallocated);
	output_row_end(call->out);
	return error;
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct listing *listing = context;
	TRY(row_print(&listing->row_call, object->address));
	arena_reset(listing->row_call.question.scratch);
	listing->count++;
	return output_broken(listing->call->out) ? &error_stop : NULL;
}

static struct error *list(struct listing *listing, struct heap_filter *filter)
{
	struct output *out = listing->call->out;
	output_table_begin(out, "exceptions", columns, COUNT_OF(columns), true);
	struct error *error = heap_filter_walk(filter, visit, listing);
	output_table_end(out);

	TRY(error);
	output_line(out, "%s", "");
	output_line(out, "    Total: %" PRIu64 " objects", listing->count);
	return NULL;
}

static struct error *dumpexceptions_run(struct command_call *call)
{
	struct heap_filter filter;
	CLEANUP(arena_deinit) struct arena scratch = arena_within(call->question.scratch);
	struct listing listing = { .call = call,
				   .row_call = *call,
				   .type = arguments_value(call->arguments, "-type") };
	listing.row_call.question.scratch = &scratch;
	struct error *error = heap_options_read(call, &filter);
	/* Unlike dumpheap's, SOS looks for this one in any case. */
	if (filter.exact)
		listing.type = NULL;
	else
		filter.type = NULL;
	filter.wants = is_wanted;
	filter.wants_context = &listing;
	if (!error)
		error = list(&listing, &filter);
	heap_filter_deinit(&filter);
	return error;
}

static const struct option options[] = {
	HEAP_FILTER_OPTIONS_TYPE("only types whose name contains TEXT, in any case"),
	{ 0 },
};
static const char *const examples[] = { "dumpexceptions", "dumpexceptions -type argument", NULL };
const struct command command_dumpexceptions = {
	.name = "dumpexceptions",
	.summary = "list the exceptions of the heap: type, message, where thrown",
	.description =
		"All that are objects of the heap, thrown or not. Those that the runtime makes in advance when it starts, one of OutOfMemoryException, StackOverflowException and ExecutionEngineException each, are marked.",
	.options = options,
	.positionals = heap_filter_words,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumpexceptions_run,
};
