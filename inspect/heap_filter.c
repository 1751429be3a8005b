#include "inspect/heap_filter.h"

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

static struct error *workers_make(struct heap_filter *filter)
{
	if (!filter->workers)
		filter->workers =
			calloc(question_threads(filter->question), sizeof(*filter->workers));
	return filter->workers ? NULL : &error_no_memory;
}

void heap_filter_deinit(struct heap_filter *filter)
{
	for (unsigned i = 0; filter->workers && i < question_threads(filter->question); i++)
		type_bytes_deinit(&filter->workers[i].verdicts);
	free(filter->workers);
	filter->workers = NULL;
}

/* The name after its namespace: "Gateway" of "Demo.Gateway"; dots inside <> are arguments'. */
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

/* The caller holds the heap's lock. A name that memory runs out for matches nothing: it is made
 * first. */
static struct error *type_decide(const struct heap_filter *filter, const struct type *type,
				 bool *ret)
{
	struct heap *heap = filter->question->heap;
	*ret = true;
	if (filter->type) {
		TRY(type_name_prepare(heap, type));
		*ret = name_matches(filter, type_name(heap, type, NULL));
	}
	return *ret && filter->wants ? filter->wants(filter->wants_context, type, ret) : NULL;
}

static struct error *type_ask(const struct heap_filter *filter, uint32_t index, bool *ret)
{
	struct heap *heap = filter->question->heap;
	const struct type *type = type_by_index(heap, index);
	*ret = false;
	if (!type)
		return NULL;
	heap_lock(heap);
	struct error *error = type_decide(filter, type, ret);
	heap_unlock(heap);
	return error;
}

static struct error *type_passes(const struct heap_filter *filter, struct filter_worker *worker,
				 uint32_t index, bool *ret)
{
	uint8_t *verdict;
	TRY(type_byte(&worker->verdicts, index, &verdict));
	if (*verdict == VERDICT_UNKNOWN) {
		TRY(type_ask(filter, index, ret));
		*verdict = *ret ? VERDICT_YES : VERDICT_NO;
	}
	*ret = *verdict == VERDICT_YES;
	return NULL;
}

static bool object_passes(const struct heap_filter *filter, const struct gc_object *object)
{
	return object->size >= filter->min && object->size <= filter->max &&
	       (!filter->method_table || object->method_table == filter->method_table) &&
	       (!filter->end ||
		(object->address >= filter->start && object->address < filter->end));
}

struct filtered_walk {
	struct heap_filter *filter;
	const struct filtered_work *work;
	bool all; /* there is nothing to look at */
};

/* Those that pass come to the front. */
static struct error *objects_sift(struct filtered_walk *walk, struct filter_worker *worker,
				  struct gc_object *objects, size_t count, size_t *ret)
{
	const struct heap_filter *filter = walk->filter;
	bool asks = filter->type || filter->wants, passes = true;
	*ret = 0;
	for (size_t i = 0; i < count; i++) {
		if (!object_passes(filter, &objects[i]))
			continue;
		if (asks)
			TRY(type_passes(filter, worker, objects[i].type, &passes));
		if (passes)
			objects[(*ret)++] = objects[i];
	}
	return NULL;
}

static struct error *objects_filter(struct walk_worker *worker, struct gc_object *objects,
				    size_t count)
{
	struct filtered_walk *walk = worker->context;
	const struct filtered_work *work = walk->work;
	struct filter_worker *own = &walk->filter->workers[worker->number];
	if (!walk->all)
		TRY(objects_sift(walk, own, objects, count, &count));
	if (!count)
		return NULL;
	if (!own->found)
		own->found = true;
	return work->objects(worker, objects, count);
}

static bool span_passes(const struct heap_filter *filter, const struct gc_span *span)
{
	const struct gc_heap *gc = filter->question->heap->gc;
	return (filter->generation == GENERATION_COUNT || filter->generation == span->generation) &&
	       !(filter->left_out & 1u << span->generation) &&
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
				  size_t *ret_count)
{
	const struct gc_heap *gc = filter->question->heap->gc;
	struct gc_span *spans =
		arena_allocate_array(filter->question->scratch, gc->span_count, sizeof(*spans));
	if (!spans)
		return &error_no_memory;
	size_t count = 0;
	for (size_t i = 0; i < gc->span_count; i++) {
		if (span_passes(filter, &gc->spans[i]))
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

static bool passes_all(const struct heap_filter *filter)
{
	return !filter->type && !filter->wants && !filter->method_table && !filter->end &&
	       !filter->min && filter->max == UINT64_MAX;
}

static struct error *filtered_rows(const void *rows, size_t count, void *context)
{
	const struct filtered_walk *walk = context;
	return walk->work->rows(rows, count, walk->work->context);
}

static struct error *filtered_part_init(struct walk_worker *worker)
{
	const struct filtered_walk *walk = worker->context;
	return walk->work->part_init(worker->part, walk->work->context, worker->task);
}

static struct error *filtered_part_sum(struct walk_worker *worker)
{
	const struct filtered_walk *walk = worker->context;
	return walk->work->part_sum(worker->part, walk->work->context);
}

struct error *heap_filter_work(struct heap_filter *filter, const struct filtered_work *work)
{
	const struct question *question = filter->question;
	struct filtered_walk walk = { filter, work, passes_all(filter) };
	struct heap_walk_plan plan = { .threads = filter->may_stop ? 1 : question_threads(question),
				       .task = question->task,
				       .what = "walking the heap",
				       .unit_bytes = question_thread_bytes(question),
				       .row_bytes = work->row_bytes,
				       .part_bytes = work->part_bytes,
				       .part_init = work->part_init ? filtered_part_init : NULL,
				       .part_sum = work->part_sum ? filtered_part_sum : NULL,
				       .part_deinit = work->part_deinit,
				       .context = &walk,
				       .objects = objects_filter,
				       .rows = filtered_rows };
	struct walk_damage damage;
	struct gc_span *spans;
	TRY(workers_make(filter));
	TRY(choose_spans(filter, &spans, &plan.span_count));
	plan.spans = spans;
	struct error *error = heap_walk(question->heap, &plan, &damage);
	report_damage(question, &damage);
	for (unsigned i = 0; i < plan.threads; i++)
		filter->found |= filter->workers[i].found;
	return error;
}

struct object_visit {
	filtered_visitor visit;
	void *context;
};

static struct error *objects_put(struct walk_worker *worker, const struct gc_object *objects,
				 size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(walk_put(worker, &objects[i]));
	return NULL;
}

static struct error *objects_visit(const void *rows, size_t count, void *context)
{
	const struct object_visit *to = context;
	const struct gc_object *objects = rows;
	for (size_t i = 0; i < count; i++)
		TRY(to->visit(&objects[i], to->context));
	return NULL;
}

struct error *heap_filter_walk(struct heap_filter *filter, filtered_visitor visit, void *context)
{
	struct object_visit to = { visit, context };
	const struct filtered_work work = { .objects = objects_put,
					    .row_bytes = sizeof(struct gc_object),
					    .rows = objects_visit,
					    .context = &to };
	return heap_filter_work(filter, &work);
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

/* What any worker has found out; VERDICT_UNKNOWN: no object of it was met. */
static enum verdict verdict_of(const struct heap_filter *filter, uint32_t index)
{
	for (unsigned i = 0; filter->workers && i < question_threads(filter->question); i++) {
		const struct type_bytes *verdicts = &filter->workers[i].verdicts;
		if (index < verdicts->count && verdicts->bytes[index] != VERDICT_UNKNOWN)
			return (enum verdict)verdicts->bytes[index];
	}
	return VERDICT_UNKNOWN;
}

/* The shortest first: those with less beside what was asked for. */
static int by_length(const void *left, const void *right)
{
	const char *a = *(const char *const *)left, *b = *(const char *const *)right;
	size_t a_length = strlen(a), b_length = strlen(b);
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return strcmp(a, b);
}

static bool any_matches(const struct heap_filter *filter)
{
	uint32_t count = type_count(filter->question->heap);
	for (uint32_t i = 0; i < count; i++)
		if (verdict_of(filter, i) == VERDICT_YES)
			return true;
	return false;
}

/* The names of types of objects that match ignoring case, in scratch. */
static struct error *near_matches(const struct heap_filter *filter, const char ***ret,
				  size_t *ret_count)
{
	struct heap *heap = filter->question->heap;
	uint32_t count = type_count(heap);
	const char **names = arena_allocate_array(filter->question->scratch, count, sizeof(*names));
	if (!names)
		return &error_no_memory;
	*ret = names;
	*ret_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (verdict_of(filter, i) == VERDICT_UNKNOWN)
			continue;
		const char *name = type_name(heap, type_by_index(heap, i), NULL);
		if (strcasestr(name, filter->type))
			names[(*ret_count)++] = name;
	}
	if (*ret_count)
		qsort(names, *ret_count, sizeof(*names), by_length);
	return NULL;
}

/* Where some have no name, or are of objects that are missing. */
static const char among_read[] = "that could be read ";

static void note_near(const struct heap_filter *filter, const char *const *names, size_t matches)
{
	char *list = NULL;
	for (size_t i = 0; i < matches && i < SUGGESTIONS; i++)
		list = arena_printf(filter->question->scratch, "%s%s%s", list ? list : "",
				    list ? ", " : "", names[i]);
	question_remark(
		filter->question, "No object's type %s%s \"%s\"; ignoring case%s %zu do%s: %s%s",
		question_is_whole(filter->question) ? "" : among_read,
		filter->exact ? "is called" : "contains", filter->type,
		filter->exact ? " and as a part of the name" : "", matches,
		matches == 1 ? "es" : "", list ? list : "", matches > SUGGESTIONS ? " …" : "");
}

struct error *heap_filter_note_no_match(struct heap_filter *filter)
{
	const char **names;
	size_t matches;
	if (filter->method_table && !filter->found)
		note_no_method_table(filter);
	if (!filter->type || any_matches(filter))
		return NULL;
	TRY(near_matches(filter, &names, &matches));
	if (matches)
		note_near(filter, names, matches);
	else
		question_remark(
			filter->question, "No object's type %scontains \"%s\", whatever the case.",
			question_is_whole(filter->question) ? "" : among_read, filter->type);
	return NULL;
}
