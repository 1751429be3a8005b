#include "inspect/heap_sizes.h"

#include "base/cleanup.h"
#include "inspect/heap_filter.h"

/* One thread's, and the sum. */
struct measure {
	const struct gc_heap *gc;
	struct heap_sizes *heaps;
};

/* What of an ephemeral segment belongs to which generation, its objects say; of the others, where
 * their objects end. */
static struct error *objects_measure(struct walk_worker *worker, const struct gc_object *objects,
				     size_t count)
{
	const struct measure *part = worker->part;
	const struct gc_span *span = worker->span;
	if (span->heap >= part->gc->heap_count || span->generation >= GENERATION_COUNT)
		return NULL;
	struct heap_sizes *sizes = &part->heaps[span->heap];
	bool ephemeral = part->gc->segments[span->segment].generation == GENERATION_EPHEMERAL;
	for (size_t i = 0; i < count; i++) {
		if (objects[i].is_free)
			sizes->free_space[span->generation] += objects[i].size;
		if (objects[i].is_free && ephemeral)
			sizes->free_space[GENERATION_EPHEMERAL] += objects[i].size;
		else if (ephemeral)
			sizes->allocated[span->generation] += objects[i].size;
	}
	return NULL;
}

static void add_segment(struct heap_sizes *sizes, const struct gc_segment *segment)
{
	uint64_t base = gc_segment_base(segment);
	sizes->allocated[segment->generation] += segment->end - segment->start;
	if (segment->committed > base)
		sizes->committed[segment->generation] += segment->committed - base;
}

void heap_sizes_add(struct heap_sizes *to, const struct heap_sizes *more)
{
	for (unsigned i = 0; i < HEAP_SIZES; i++) {
		to->allocated[i] += more->allocated[i];
		to->free_space[i] += more->free_space[i];
		to->committed[i] += more->committed[i];
	}
}

static struct error *part_init(void *context, void *from, const struct task *task)
{
	struct measure *part = context;
	part->gc = ((const struct measure *)from)->gc;
	part->heaps = calloc(part->gc->heap_count + 1, sizeof(*part->heaps));
	(void)task;
	return part->heaps ? NULL : &error_no_memory;
}

static struct error *part_sum(void *context, void *to)
{
	const struct measure *part = context, *all = to;
	for (uint32_t i = 0; i < part->gc->heap_count; i++)
		heap_sizes_add(&all->heaps[i], &part->heaps[i]);
	return NULL;
}

static void part_deinit(void *context)
{
	struct measure *part = context;
	free(part->heaps);
}

struct error *heap_sizes_read(const struct question *question, struct heap_sizes **ret)
{
	const struct gc_heap *gc = question->heap->gc;
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	struct measure all = { .gc = gc };
	const struct filtered_work work = { .part_bytes = sizeof(struct measure),
					    .part_init = part_init,
					    .part_sum = part_sum,
					    .part_deinit = part_deinit,
					    .objects = objects_measure,
					    .context = &all };
	heap_filter_init_all(&filter, question);
	all.heaps = arena_allocate_array(question->scratch, gc->heap_count, sizeof(*all.heaps));
	if (!all.heaps)
		return &error_no_memory;
	TRY(heap_filter_work(&filter, &work));
	for (size_t i = 0; i < gc->segment_count; i++)
		if (gc->segments[i].heap < gc->heap_count)
			add_segment(&all.heaps[gc->segments[i].heap], &gc->segments[i]);
	*ret = all.heaps;
	return NULL;
}
