#include "inspect/array_elements.h"

#include "base/limits.h"
#include "heap/gc/gc_heap.h"

#include <inttypes.h>

static void end_with_segment(struct array_elements *elements, uint64_t object)
{
	const struct array_shape *shape = elements->shape;
	const struct gc_heap *gc = elements->question->heap->gc;
	const struct gc_segment *segment = gc ? gc_segment_of(gc, object) : NULL;
	if (!segment || !shape->element_size)
		return;
	uint64_t room =
		segment->end > shape->data ? (segment->end - shape->data) / shape->element_size : 0;
	if (elements->end <= room)
		return;
	question_missing(elements->question, 0,
			 "the array's length is damaged: it says %" PRIu64
			 " elements, and its segment has room for %" PRIu64,
			 shape->count, room);
	elements->end = room;
}

void array_elements_init(const struct question *question, const struct object_view *view,
			 uint64_t start, uint64_t length, struct array_elements *ret)
{
	uint64_t count = view->shape.count;
	*ret = (struct array_elements){ .question = question, .shape = &view->shape };
	ret->next = start < count ? start : count;
	ret->end = count - ret->next < length ? count : ret->next + length;
	end_with_segment(ret, view->object.address);
}

static void give_up(struct array_elements *elements)
{
	question_missing(elements->question,
			 (elements->end - elements->next) * elements->shape->element_size,
			 "the elements after index %" PRIu64 " are not shown: %d before them "
			 "could not be read",
			 elements->next - 1, LIMIT_UNREADABLE_RUN);
	elements->end = elements->next;
}

struct error *array_elements_next(struct array_elements *elements, struct array_element_view *ret,
				  bool *ret_more)
{
	const struct array_shape *shape = elements->shape;
	struct heap *heap = elements->question->heap;
	*ret_more = elements->next < elements->end;
	if (*ret_more && elements->unreadable == LIMIT_UNREADABLE_RUN) {
		give_up(elements);
		*ret_more = false;
	}
	if (!*ret_more)
		return NULL;
	TRY(task_check(elements->question->task, "reading the array"));
	ret->index = elements->next++;
	ret->address = shape->data + ret->index * shape->element_size;
	bool is_there = reader_borrow(&heap->reader, ret->address, 1) != NULL;
	elements->unreadable = is_there ? 0 : elements->unreadable + 1;
	return array_element(heap, shape, ret->index, &ret->value);
}

void array_index_text(const struct array_shape *shape, uint64_t index, char to[ARRAY_INDEX_BYTES])
{
	uint64_t numbers[LIMIT_ARRAY_RANK] = { index };
	for (unsigned i = shape->rank; i-- > 1;) {
		uint32_t length = shape->lengths[i] ? shape->lengths[i] : 1;
		numbers[i] = index % length;
		index /= length;
		numbers[0] = index;
	}
	size_t used = 0;
	for (unsigned i = 0; i < shape->rank && used < ARRAY_INDEX_BYTES; i++)
		used += (size_t)snprintf(to + used, ARRAY_INDEX_BYTES - used, "%s%" PRId64,
					 i ? "," : "[",
					 (int64_t)numbers[i] + shape->lower_bounds[i]);
	if (used < ARRAY_INDEX_BYTES)
		snprintf(to + used, ARRAY_INDEX_BYTES - used, "]");
}
