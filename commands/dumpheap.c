/* dumpheap: the objects of the heap, and how many of each type. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/dumpheap_fragmentation.h"
#include "commands/shared/dumpheap_strings.h"
#include "commands/shared/heap_options.h"
#include "commands/shared/statistics_table.h"
#include "heap/clr_threads.h"
#include "heap/types/type.h"
#include "inspect/heap_contents.h"
#include "inspect/thin_lock_list.h"

#include <inttypes.h>

struct listing {
	struct command_call *call;
	struct heap_contents contents;
	struct string_counts *strings; /* NULL unless -strings */
	uint64_t limit, listed;        /* limit UINT64_MAX: none */
	bool list, is_short, limited;
};

static const struct column object_columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "mt", "MT", CELL_ADDRESS, 16 },
	{ "size", "Size", CELL_COUNT, 14 },
	{ "type", "", CELL_TEXT, 0 }, /* of a Free block alone in text */
};
static const struct column short_columns[] = {
	{ "address", "", CELL_ADDRESS, 0 },
};

static const struct column thin_lock_columns[] = {
	{ "object", "Object", CELL_ADDRESS, 12 },
	{ "thread", "Thread", CELL_ADDRESS, 16 },
	{ "os_id", "OSId", CELL_HEX, 16 },
	{ "managed_id", NULL, CELL_INTEGER, 0 },
	{ "recursion", "Recursion", CELL_COUNT, 10 },
	{ "type", NULL, CELL_TEXT, 0 },
};

static void object_row(struct listing *listing, const struct gc_object *object)
{
	struct output *out = listing->call->out;
	output_row_begin(out);
	output_address(out, object->address);
	if (!listing->is_short) {
		const struct type *type = type_by_index(listing->call->question.heap, object->type);
		output_address(out, object->method_table);
		output_unsigned(out, object->size);
		output_text_as(out, type_name(listing->call->question.heap, type, NULL),
			       object->is_free ? "Free" : "");
	}
	output_row_end(out);
}

static struct error *row_visit(const struct gc_object *object, void *context)
{
	struct listing *listing = context;
	listing->listed++;
	object_row(listing, object);
	return output_broken(listing->call->out) ? &error_stop : NULL;
}

static struct error *string_visit(const struct gc_object *object, void *context)
{
	struct listing *listing = context;
	if (listing->listed < listing->limit)
		return row_visit(object, listing);
	listing->limited = true;
	return &error_stop;
}

/* Of the objects up to -limit alone is counted, too. */
static struct error *limited_visit(const struct gc_object *object, void *context)
{
	static const struct gc_span all;
	struct listing *listing = context;
	struct heap_contents *contents = &listing->contents;
	if (listing->listed == listing->limit) {
		listing->limited = true;
		return &error_stop;
	}
	TRY(row_visit(object, listing));
	TRY(fragmentation_add(&contents->fragmentation, &all, object, 1));
	return heap_statistics_add(&contents->statistics, object);
}

static struct error *objects_walk(struct listing *listing, struct heap_filter *filter)
{
	filter->may_stop = listing->list && listing->limit != UINT64_MAX;
	if (listing->strings)
		return string_counts_read(listing->strings, filter,
					  listing->list ? string_visit : NULL, listing);
	if (!filter->may_stop)
		return heap_contents_read(&listing->contents, filter,
					  listing->list ? row_visit : NULL, listing);
	fragmentation_init(&listing->contents.fragmentation, filter->question->heap->gc);
	return heap_filter_walk(filter, limited_visit, listing);
}

static struct error *walk(struct listing *listing, struct heap_filter *filter)
{
	struct output *out = listing->call->out;
	bool is_short = listing->is_short;
	if (listing->list)
		output_table_begin(out, "objects", is_short ? short_columns : object_columns,
				   is_short ? 1 : COUNT_OF(object_columns), !is_short);
	struct error *error = objects_walk(listing, filter);
	if (listing->list)
		output_table_end(out);
	TRY(error);
	if (listing->limited)
		output_note(out,
			    "Stopped after %" PRIu64 " objects, as -limit asked; there are more.",
			    listing->limit);
	return heap_filter_note_no_match(filter);
}

static struct error *print(struct listing *listing, struct heap_filter *filter)
{
	struct command_call *call = listing->call;
	bool by_count = arguments_has(call->arguments, "-bycount");
	TRY(walk(listing, filter));
	if (listing->is_short)
		return NULL;
	if (listing->list && listing->listed)
		output_line(call->out, "%s", "");
	if (listing->strings) {
		TRY(string_counts_sort(listing->strings, by_count));
		return string_counts_print(call->out, listing->strings);
	}
	TRY(statistics_table_print(call, &listing->contents.statistics, by_count));
	fragmentation_print(call, &listing->contents.fragmentation);
	return NULL;
}

/* -thinlock */
static struct error *thin_lock_row(const struct thin_lock_object *found, void *context)
{
	struct command_call *call = context;
	struct heap *heap = call->question.heap;
	const struct thin_lock *lock = &found->lock;
	output_row_begin(call->out);
	output_address(call->out, found->object.address);
	output_address(call->out, lock->thread ? lock->thread->address : 0);
	output_unsigned(call->out, lock->thread ? lock->thread->os_id : 0);
	output_unsigned(call->out, lock->thread_id);
	output_unsigned(call->out, lock->recursion);
	output_text(call->out, type_name(heap, type_by_index(heap, found->object.type), NULL));
	output_row_end(call->out);
	return output_broken(call->out) ? &error_stop : NULL;
}

static struct error *print_thin_locks(struct command_call *call, struct heap_filter *filter)
{
	output_table_begin(call->out, "thin_locks", thin_lock_columns, COUNT_OF(thin_lock_columns),
			   true);
	struct error *error = thin_locks_visit(filter, thin_lock_row, call);
	output_table_end(call->out);
	return error;
}

static struct error *strings_wanted(struct listing *listing, struct heap_filter *filter)
{
	if (!arguments_has(listing->call->arguments, "-strings"))
		return NULL;
	TRY(string_counts_new(&listing->call->question, &listing->strings));
	return type_string_table(listing->call->question.heap, &filter->method_table);
}

static struct error *dumpheap_run(struct command_call *call)
{
	struct heap_filter filter;
	struct listing listing = { .call = call, .limit = UINT64_MAX };
	listing.is_short = arguments_has(call->arguments, "-short");
	listing.list = !arguments_has(call->arguments, "-stat");
	if (listing.is_short && !listing.list)
		return error_new(ERROR_USAGE, "-stat and -short exclude each other");
	TRY(arguments_number(call->arguments, "-limit", &listing.limit));
	struct error *error = heap_options_read(call, &filter);
	if (!error)
		error = strings_wanted(&listing, &filter);
	if (!error && arguments_has(call->arguments, "-thinlock"))
		error = print_thin_locks(call, &filter);
	else if (!error)
		error = print(&listing, &filter);
	heap_filter_deinit(&filter);
	heap_contents_deinit(&listing.contents);
	string_counts_free(listing.strings);
	return error;
}

static const struct option options[] = {
	{ "-stat", NULL, "only the statistics", NULL },
	HEAP_FILTER_OPTIONS,
	{ "-strings", NULL, "only strings, and statistics by content", NULL },
	{ "-thinlock", NULL, "only objects that a thread holds by their header: see syncblk",
	  NULL },
	{ "-bycount", NULL, "sort the statistics by count instead of size", NULL },
	{ "-short", NULL, "only addresses, one a line", NULL },
	{ "-limit", "NUMBER", "list at most NUMBER objects", NULL },
	{ "-noprogress", NULL, "accepted; progress is shown on a terminal only", NULL },
	{ 0 },
};
static const char *const examples[] = {
	"dumpheap -stat",
	"dumpheap -type Gateway -exact",
	"dumpheap -type Dictionary -stat -bycount",
	"dumpheap -gen loh -min 85000",
	"dumpheap -strings -stat",
	"dumpheap -thinlock",
	"dumpheap -type System.String -short -limit 10",
	NULL,
};
const struct command command_dumpheap = {
	.name = "dumpheap",
	.summary = "list the objects of the managed heap, with statistics by type",
	.description =
		"Walks the heap in ascending order of addresses. Sizes are what SOS shows: the object's own bytes, at least 24, not rounded up. START and END are hexadecimal; L100 for END is a length. -min and -max are decimal, or hexadecimal with 0x. Free blocks of 0.5 MB and more outside the large object heap are listed last, with what follows them. -strings takes strings for equal whose size and first 1024 characters are; where its memory does not hold all contents, those with the most bytes are shown, and the status is 5.",
	.options = options,
	.positionals = heap_filter_words,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumpheap_run,
};
