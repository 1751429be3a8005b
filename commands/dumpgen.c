/* dumpgen: the types of one generation. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/statistics_table.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>
#include <strings.h>

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS_WIDE, 16 },
	{ "mt", "MT", CELL_ADDRESS_WIDE, 16 },
	{ "size", "Size", CELL_INTEGER, 8 },
};

struct listing {
	struct output *out;
	uint64_t count;
};

static struct error *visit(const struct gc_object *object, void *context)
{
	struct listing *listing = context;
	listing->count++;
	output_row_begin(listing->out);
	output_address(listing->out, object->address);
	output_address(listing->out, object->method_table);
	output_unsigned(listing->out, object->size);
	output_row_end(listing->out);
	return output_broken(listing->out) ? &error_stop : NULL;
}

/* The generation that the first word names. */
static struct error *generation_find(struct command_call *call, enum gc_generation *ret)
{
	const char *name = arguments_positional(call->arguments, 0);
	if (!name)
		return error_new(ERROR_USAGE,
				 "a generation is missing: gen0, gen1, gen2, loh, poh or foh");
	for (*ret = GENERATION_0; *ret < GENERATION_COUNT; ++*ret)
		if (!strcasecmp(name, gc_generation_name(*ret)))
			return NULL;
	return error_new(ERROR_USAGE, "%s is no generation: gen0, gen1, gen2, loh, poh or foh",
			 name);
}

/* The objects of one type. */
static struct error *list(struct command_call *call, struct heap_filter *filter)
{
	struct listing listing = { .out = call->out };
	output_table_begin(call->out, "objects", columns, COUNT_OF(columns), true);
	TRY(heap_filter_walk(filter, visit, &listing));
	output_table_end(call->out);
	output_line(call->out, "Total %" PRIu64 " objects", listing.count);
	return NULL;
}

static struct error *count(struct command_call *call, struct heap_filter *filter)
{
	CLEANUP(heap_statistics_deinit) struct heap_statistics statistics = { 0 };
	TRY(heap_statistics_count(&statistics, filter));
	return statistics_table_print(call, &statistics, false);
}

static struct error *dumpgen_run(struct command_call *call)
{
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	heap_filter_init_all(&filter, &call->question);
	TRY(generation_find(call, &filter.generation));
	TRY(arguments_address(call->arguments, "-mt", &filter.method_table));
	filter.type = arguments_value(call->arguments, "-type");
	TRY(filter.method_table ? list(call, &filter) : count(call, &filter));
	return heap_filter_note_no_match(&filter);
}

static const char *const aliases[] = { "dg", NULL };
static const struct option options[] = {
	{ "-type", "TEXT", "only types whose name contains TEXT (case-sensitive)", NULL },
	{ "-mt", "ADDRESS", "list the objects of this MethodTable", NULL },
	{ 0 },
};
static const char *const positionals[] = { "gen0|gen1|gen2|loh|poh|foh", NULL };
static const char *const examples[] = { "dumpgen gen2", "dg loh -type String", NULL };
const struct command command_dumpgen = {
	.name = "dumpgen",
	.aliases = aliases,
	.summary = "count the objects of one generation by type",
	.description = "The same as dumpheap -stat -gen GENERATION.",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumpgen_run,
};
