#include "inspect/heap_contents.h"

struct reading {
	struct heap_contents *contents;
	const struct gc_heap *gc;
	filtered_visitor visit;
	void *context;
};

/* One thread's. */
struct part {
	struct heap_contents contents;
	bool gives; /* each object is a row */
};

void heap_contents_deinit(struct heap_contents *contents)
{
	heap_statistics_deinit(&contents->statistics);
	fragmentation_deinit(&contents->fragmentation);
}

static struct error *part_init(void *context, void *from, const struct task *task)
{
	struct part *part = context;
	const struct reading *reading = from;
	(void)task;
	fragmentation_init(&part->contents.fragmentation, reading->gc);
	part->gives = reading->visit != NULL;
	return NULL;
}

static struct error *part_sum(void *context, void *to)
{
	struct part *part = context;
	struct heap_contents *contents = ((struct reading *)to)->contents;
	TRY(heap_statistics_merge(&contents->statistics, &part->contents.statistics));
	return fragmentation_merge(&contents->fragmentation, &part->contents.fragmentation);
}

static void part_deinit(void *context)
{
	struct part *part = context;
	heap_contents_deinit(&part->contents);
}

static struct error *objects_count(struct walk_worker *worker, const struct gc_object *objects,
				   size_t count)
{
	struct part *part = worker->part;
	TRY(fragmentation_add(&part->contents.fragmentation, worker->span, objects, count));
	TRY(heap_statistics_add_walked(&part->contents.statistics, objects, count));
	for (size_t i = 0; part->gives && i < count; i++)
		TRY(walk_put(worker, &objects[i]));
	return NULL;
}

static struct error *objects_visit(const void *rows, size_t count, void *context)
{
	const struct reading *reading = context;
	const struct gc_object *objects = rows;
	for (size_t i = 0; i < count; i++)
		TRY(reading->visit(&objects[i], reading->context));
	return NULL;
}

struct error *heap_contents_read(struct heap_contents *contents, struct heap_filter *filter,
				 filtered_visitor visit, void *context)
{
	struct reading reading = { contents, filter->question->heap->gc, visit, context };
	const struct filtered_work work = { .part_bytes = sizeof(struct part),
					    .part_init = part_init,
					    .part_sum = part_sum,
					    .part_deinit = part_deinit,
					    .objects = objects_count,
					    .row_bytes = visit ? sizeof(struct gc_object) : 0,
					    .rows = objects_visit,
					    .context = &reading };
	fragmentation_init(&contents->fragmentation, reading.gc);
	TRY(heap_filter_work(filter, &work));
	return fragmentation_join(&contents->fragmentation);
}
