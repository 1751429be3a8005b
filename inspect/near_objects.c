#include "inspect/near_objects.h"

#include "base/cleanup.h"

#include <inttypes.h>

struct search {
	const struct question *question;
	uint64_t address;
	struct near_objects *found;
	uint64_t end; /* of the object seen last */
};

static struct error *near_objects_visit(struct gc_object *objects, size_t count, void *context)
{
	struct search *search = context;
	struct near_objects *found = search->found;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		uint64_t end = gc_object_end(object);
		if (end >= search->address && search->end != object->address)
			found->consistent = false;
		search->end = end;
		if (object->address < search->address)
			found->before = *object;
		else if (object->address == search->address)
			found->at = *object;
		else
			found->next = *object;
		if (found->next.address)
			return &error_stop;
	}
	return NULL;
}

/* Between spans of one segment lies what a thread has set aside to allocate from. */
static void gap_note(struct search *search, const struct gc_span *next)
{
	if (!search->end || search->end >= next->start || search->address < search->end ||
	    search->address >= next->start)
		return;
	search->found->gap_start = search->end;
	search->found->gap_end = next->start;
}

static struct error *segment_walk(struct search *search, const struct gc_segment *segment)
{
	struct heap *heap = search->question->heap;
	CLEANUP(walker_deinit) struct walker walker = { 0 };
	struct error *error = NULL;
	TRY(walker_init(&walker, heap));
	for (size_t i = 0; i < heap->gc->span_count && !error; i++) {
		const struct gc_span *span = &heap->gc->spans[i];
		if (&heap->gc->segments[span->segment] != segment)
			continue;
		gap_note(search, span);
		search->end = span->start;
		error = walker_span(&walker, span, search->question->task, near_objects_visit,
				    search);
	}
	error_take_stop(&error);
	return error;
}

struct error *near_objects_find(const struct question *question, uint64_t address,
				struct near_objects *ret)
{
	struct search search = { .question = question, .address = address, .found = ret };
	*ret = (struct near_objects){ .consistent = true };
	const struct gc_segment *segment = gc_segment_of(question->heap->gc, address);
	if (!segment)
		return error_new(ERROR_NOT_FOUND,
				 "%#" PRIx64
				 " is in no segment of the managed heap; eeheap -gc lists them",
				 address);
	return segment_walk(&search, segment);
}
