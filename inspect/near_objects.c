#include "inspect/near_objects.h"

#include "base/cleanup.h"

#include <inttypes.h>

struct search {
	const struct question *question;
	uint64_t address;
	struct near_objects *found;
	uint64_t end; /* of the object seen last */
};

/* Where the object seen last ends another has to begin: is that one what cannot be read? */
static void unreadable_note(struct search *search)
{
	struct heap *heap = search->question->heap;
	uint64_t method_table;
	if (heap_object_method_table(heap, search->end, &method_table) &&
	    !type_walk_unreadable(heap, method_table))
		return;
	search->found->cut = true;
	question_missing(search->question, 0,
			 "the object at %#" PRIx64 " cannot be read: it, or its type, %s",
			 search->end, target_lacks_it(search->question->target));
}

static struct error *near_objects_visit(struct gc_object *objects, size_t count, void *context)
{
	struct search *search = context;
	struct near_objects *found = search->found;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		uint64_t end = gc_object_end(object);
		if (end >= search->address && search->end != object->address) {
			found->consistent = false;
			unreadable_note(search);
		}
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

/* After the last object there is no room for another. */
static void end_check(struct search *search, const struct gc_span *span)
{
	if (search->end + search->question->heap->minimum_object > span->end)
		return;
	search->found->consistent = false;
	unreadable_note(search);
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
		if (!error && span->end >= search->address)
			end_check(search, span);
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
