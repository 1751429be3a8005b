#include "inspect/thin_lock_list.h"

struct search {
	struct heap *heap;
	struct sync_blocks layout;
	thin_lock_visitor visit;
	void *context;
};

/* One thread's. */
struct part {
	const struct sync_blocks *layout;
	struct reader headers; /* of objects: the walker's reader is elsewhere */
};

static struct error *part_init(void *context, void *from, const struct task *task)
{
	struct part *part = context;
	const struct search *search = from;
	(void)task;
	part->layout = &search->layout;
	return reader_init(&part->headers, search->heap->target);
}

static void part_deinit(void *context)
{
	struct part *part = context;
	reader_deinit(&part->headers);
}

static struct error *objects_look(struct walk_worker *worker, const struct gc_object *objects,
				  size_t count)
{
	struct part *part = worker->part;
	struct thin_lock_object found;
	for (size_t i = 0; i < count; i++) {
		found.object = objects[i];
		if (!found.object.is_free &&
		    thin_lock_read(part->layout, &part->headers, found.object.address, &found.lock))
			TRY(walk_put(worker, &found));
	}
	return NULL;
}

static struct error *found_visit(const void *rows, size_t count, void *context)
{
	const struct search *search = context;
	const struct thin_lock_object *found = rows;
	for (size_t i = 0; i < count; i++)
		TRY(search->visit(&found[i], search->context));
	return NULL;
}

struct error *thin_locks_visit(struct heap_filter *filter, thin_lock_visitor visit, void *context)
{
	struct search search = { .heap = filter->question->heap,
				 .visit = visit,
				 .context = context };
	const struct filtered_work work = { .part_bytes = sizeof(struct part),
					    .part_init = part_init,
					    .part_deinit = part_deinit,
					    .objects = objects_look,
					    .row_bytes = sizeof(struct thin_lock_object),
					    .rows = found_visit,
					    .context = &search };
	TRY(thin_locks_open(search.heap, &search.layout));
	return heap_filter_work(filter, &work);
}
