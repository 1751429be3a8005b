#include "inspect/heap_filter.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/types/type.h"

#include <strings.h>

enum verdict { VERDICT_UNKNOWN, VERDICT_YES, VERDICT_NO }; /* as in filter->verdicts */
enum { SUGGESTIONS = 3 };

void heap_filter_init_all(struct heap_filter *filter, const struct question *question)
{
	*filter = (struct heap_filter){ .question = question,
					.max = UINT64_MAX,
					.generation = GENERATION_COUNT,
					.heap = UINT32_MAX };
}

void heap_filter_deinit(struct heap_filter *filter)
{
	type_bytes_deinit(&filter->verdicts);
}

/* The name behind its namespace: "Gateway" of "Demo.Gateway"; dots inside <> are arguments'. */
static const char *simple_name(const char *name)
{
	const char *simple = name;
	for (const char *at = name; *at && *at != '<' && *at != '['; at++)
		if (*at == '.')
			simple = at + 1;
	return simple;
}

static bool name_matches(const struct heap_filter *filter, const char *name)
{
	if (!filter->exact)
		return strstr(name, filter->type) != NULL;
	return strcmp(name, filter->type) == 0 || strcmp(simple_name(name), filter->type) == 0;
}

static struct error *type_passes(struct heap_filter *filter, uint32_t index, bool *ret)
{
	uint8_t *verdict;
	TRY(type_byte(&filter->verdicts, index, &verdict));
	if (*verdict == VERDICT_UNKNOWN) {
		struct heap *heap = filter->question->heap;
		const struct type *type = type_by_index(heap, index);
		bool matches = type && name_matches(filter, type_name(heap, type, NULL));
		*verdict = matches ? VERDICT_YES : VERDICT_NO;
	}
	*ret = *verdict == VERDICT_YES;
	return NULL;
}

struct filtered_walk {
	struct heap_filter *filter;
	filtered_visitor visit;
	void *context;
};

static struct error *visit_batch(const struct gc_object *objects, size_t count, void *context)
{
	struct filtered_walk *walk = context;
	struct heap_filter *filter = walk->filter;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		if (object->size < filter->min || object->size > filter->max)
			continue;
		if (filter->method_table && object->method_table != filter->method_table)
			continue;
		if (filter->end &&
		    (object->address < filter->start || object->address >= filter->end))
			continue;
		if (filter->type) {
			bool passes;
			TRY(type_passes(filter, object->type, &passes));
			if (!passes)
				continue;
		}
		filter->found = true;
		TRY(walk->visit(object, walk->context));
	}
	return NULL;
}

static bool span_passes(const struct heap_filter *filter, const struct gc_span *span)
{
	const struct gc_heap *gc = filter->question->heap->gc;
	return (filter->generation == GENERATION_COUNT || filter->generation == span->generation) &&
	       (filter->heap == UINT32_MAX || filter->heap == span->heap) &&
	       (!filter->segment || filter->segment == &gc->segments[span->segment]) &&
	       (!filter->end || (span->start < filter->end && span->end > filter->start));
}

static int by_start(const void *left, const void *right)
{
	const struct gc_span *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* The spans that pass, in ascending order, as SOS sorts its segments. */
static struct error *choose_spans(struct heap_filter *filter, struct gc_span **ret,
				  size_t *ret_count, uint64_t *ret_bytes)
{
	const struct gc_heap *gc = filter->question->heap->gc;
	struct gc_span *spans =
		arena_allocate_array(filter->question->scratch, gc->span_count, sizeof(*spans));
	if (!spans)
		return &error_no_memory;
	size_t count = 0;
	*ret_bytes = 0;
	for (size_t i = 0; i < gc->span_count; i++) {
		if (!span_passes(filter, &gc->spans[i]))
			continue;
		*ret_bytes += gc->spans[i].end - gc->spans[i].start;
		spans[count++] = gc->spans[i];
	}
	qsort(spans, count, sizeof(*spans), by_start);
	*ret = spans;
	*ret_count = count;
	return NULL;
}

static void report_damage(const struct question *question, const struct walk_damage *damage)
{
	question_missing_of_gc(question);
	if (damage->unreadable_bytes)
		question_missing(question, damage->unreadable_bytes,
				 "%llu bytes of the heap %s, the first at %#llx",
				 (unsigned long long)damage->unreadable_bytes,
				 target_lacks_them(question->target),
				 (unsigned long long)damage->first_address);
	if (damage->damaged_bytes)
		question_missing(
			question, damage->damaged_bytes,
			"%llu bytes of the heap are not objects (damaged), the first at %#llx",
			(unsigned long long)damage->damaged_bytes,
			(unsigned long long)damage->first_address);
}

struct error *heap_filter_walk(struct heap_filter *filter, filtered_visitor visit, void *context)
{
	const struct question *question = filter->question;
	struct filtered_walk walk = { filter, visit, context };
	CLEANUP(walker_deinit) struct walker walker = { 0 };
	struct gc_span *spans;
	size_t count;
	uint64_t bytes, done = 0;
	TRY(choose_spans(filter, &spans, &count, &bytes));
	TRY(walker_init(&walker, question->heap));
	struct error *error = NULL;
	for (size_t i = 0; i < count && !error; i++) {
		task_progress(question->task, "walking the heap", done, bytes);
		error = walker_span(&walker, &spans[i], question->task, visit_batch, &walk);
		done += spans[i].end - spans[i].start;
	}
	report_damage(question, &walker.damage);
	error_take_stop(&error);
	return error;
}

static void note_no_method_table(struct heap_filter *filter)
{
	const struct type *type;
	struct error *error = type_at(filter->question->heap, filter->method_table, &type);
	if (error)
		question_remark(
			filter->question,
			"%#llx is not a MethodTable; dumpheap -stat lists those of objects.",
			(unsigned long long)filter->method_table);
	error_free(error);
}

void heap_filter_note_no_match(struct heap_filter *filter)
{
	if (filter->method_table && !filter->found)
		note_no_method_table(filter);
	struct heap *heap = filter->question->heap;
	char *names = NULL;
	size_t matches = 0;
	if (!filter->type)
		return;
	for (size_t i = 0; i < filter->verdicts.count; i++) {
		if (filter->verdicts.bytes[i] == VERDICT_YES)
			return;
		if (filter->verdicts.bytes[i] == VERDICT_UNKNOWN)
			continue;
		const char *name = type_name(heap, type_by_index(heap, (uint32_t)i), NULL);
		if (!strcasestr(name, filter->type))
			continue;
		if (++matches <= SUGGESTIONS)
			names = arena_printf(filter->question->scratch, "%s%s%s",
					     names ? names : "", names ? ", " : "", name);
	}
	if (matches)
		question_remark(filter->question,
				"No object's type %s \"%s\"; ignoring case%s %zu do%s: %s%s",
				filter->exact ? "is called" : "contains", filter->type,
				filter->exact ? " and as a part of the name" : "", matches,
				matches == 1 ? "es" : "", names ? names : "",
				matches > SUGGESTIONS ? " …" : "");
	else
		question_remark(filter->question,
				"No object's type contains \"%s\", whatever the case.",
				filter->type);
}
