#include "commands/shared/heap_options.h"

#include "base/list.h"

#include <inttypes.h>
#include <strings.h>

const char *const heap_filter_words[] = { "[START]", "[END]", NULL };

static struct error *generation_parse(const char *text, enum gc_generation *ret)
{
	static const struct {
		const char *name;
		enum gc_generation generation;
	} names[] = {
		{ "gen0", GENERATION_0 },        { "0", GENERATION_0 },
		{ "gen1", GENERATION_1 },        { "1", GENERATION_1 },
		{ "gen2", GENERATION_2 },        { "2", GENERATION_2 },
		{ "loh", GENERATION_LARGE },     { "large", GENERATION_LARGE },
		{ "3", GENERATION_LARGE },       { "poh", GENERATION_PINNED },
		{ "pinned", GENERATION_PINNED }, { "4", GENERATION_PINNED },
		{ "foh", GENERATION_FROZEN },    { "frozen", GENERATION_FROZEN },
	};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcasecmp(text, names[i].name) != 0)
			continue;
		*ret = names[i].generation;
		return NULL;
	}
	return error_new(ERROR_USAGE, "-gen takes gen0, gen1, gen2, loh, poh or foh, not \"%s\"",
			 text);
}

/* START [END], or START L<length>, all in hex as in SOS. */
static struct error *range_parse(struct heap_filter *filter, const struct arguments *arguments)
{
	size_t count = arguments_count(arguments);
	if (!count)
		return NULL;
	TRY(parse_address(arguments_positional(arguments, 0), &filter->start));
	filter->end = UINT64_MAX;
	if (count == 1)
		return NULL;
	const char *end = arguments_positional(arguments, 1);
	bool is_length = *end == 'L' || *end == 'l';
	TRY(parse_address(end + is_length, &filter->end));
	if (is_length && __builtin_add_overflow(filter->start, filter->end, &filter->end))
		filter->end = UINT64_MAX;
	if (filter->end > filter->start)
		return NULL;
	return error_new(ERROR_USAGE, "the range %s to %s is empty",
			 arguments_positional(arguments, 0), end);
}

static struct error *segment_parse(struct heap_filter *filter, const struct arguments *arguments)
{
	const struct gc_heap *gc = filter->question->heap->gc;
	uint64_t address;
	TRY(arguments_address(arguments, "-segment", &address));
	filter->segment = gc_segment_of(gc, address);
	for (size_t i = 0; i < gc->segment_count && !filter->segment; i++)
		if (gc->segments[i].address == address)
			filter->segment = &gc->segments[i];
	if (filter->segment)
		return NULL;
	return error_new(ERROR_NOT_FOUND,
			 "no segment or region of the GC heap holds %#" PRIx64
			 "; eeheap -gc lists them",
			 address);
}

struct error *heap_options_read(struct command_call *call, struct heap_filter *filter)
{
	const struct arguments *arguments = call->arguments;
	uint64_t heap = UINT32_MAX;
	heap_filter_init_all(filter, &call->question);
	filter->type = arguments_value(arguments, "-type");
	filter->exact = arguments_has(arguments, "-exact");
	TRY(arguments_address(arguments, "-mt", &filter->method_table));
	TRY(arguments_number(arguments, "-min", &filter->min));
	TRY(arguments_number(arguments, "-max", &filter->max));
	TRY(arguments_number(arguments, "-heap", &heap));
	filter->heap = heap > UINT32_MAX ? UINT32_MAX : (uint32_t)heap;
	if (arguments_has(arguments, "-heap") && heap >= call->question.heap->gc->heap_count)
		return error_new(ERROR_USAGE, "there is no GC heap %" PRIu64 ": the process has %u",
				 heap, call->question.heap->gc->heap_count);
	if (filter->min > filter->max)
		return error_new(ERROR_USAGE, "-min %s is more than -max %s: no object is both",
				 arguments_value(arguments, "-min"),
				 arguments_value(arguments, "-max"));
	if (filter->exact && !filter->type)
		return error_new(ERROR_USAGE, "-exact goes with -type");
	const char *generation = arguments_value(arguments, "-gen");
	if (generation)
		TRY(generation_parse(generation, &filter->generation));
	if (arguments_has(arguments, "-segment"))
		TRY(segment_parse(filter, arguments));
	return range_parse(filter, arguments);
}

struct error *heap_options_count(struct command_call *call, struct heap_statistics *ret)
{
	struct heap_filter filter;
	struct error *error = heap_options_read(call, &filter);
	if (!error)
		error = heap_statistics_count(ret, &filter);
	if (!error)
		error = heap_filter_note_no_match(&filter);
	heap_filter_deinit(&filter);
	return error;
}
