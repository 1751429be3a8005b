/* Linked arrays: ConcurrentQueue and ConcurrentBag. Positions are 32-bit and wrap around. */
#include "heap/collections/internal.h"

/*
 * ConcurrentQueue.cs, ConcurrentQueueSegment.cs: segments from _head on by _nextSegment; in each
 * the elements of [Head, Tail), whose slot's SequenceNumber is its position + 1 when it is filled.
 * The Tail of a segment closed for more (frozen) is raised by twice its length.
 */
enum { SLOT_ITEM, SLOT_NUMBER };

struct queue_walk {
	struct place segment; /* the next one */
	struct chain_guard guard;
	struct array_shape slots;
	uint32_t position, end;
	struct node_fields slot_fields;
};

/* The low 32 bits, whatever the sign. */
static struct error *position_of(const struct place *place, const char *name, uint32_t *ret)
{
	int64_t number;
	TRY(place_integer(place, name, &number));
	*ret = (uint32_t)number;
	return NULL;
}

static struct error *open_segment(struct queue_walk *walk)
{
	struct place ends, segment = walk->segment;
	bool frozen;
	struct value flag;
	TRY(chain_guard_step(&walk->guard, segment.base));
	TRY(place_array(&segment, "_slots", &walk->slots));
	TRY(place_inner(&segment, "_headAndTail", &ends));
	if (!ends.base)
		return error_new(ERROR_BAD_DATA, "a segment of it has no head and tail");
	TRY(position_of(&ends, "Head", &walk->position));
	TRY(position_of(&ends, "Tail", &walk->end));
	TRY(place_value(&segment, "_frozenForEnqueues", &flag));
	frozen = flag.bits != 0;
	if (frozen)
		walk->end -= (uint32_t)walk->slots.count * 2;
	if (walk->end - walk->position > walk->slots.count)
		return error_new(ERROR_BAD_DATA, "a segment of it holds more than its %llu slots",
				 (unsigned long long)walk->slots.count);
	return place_inner(&segment, "_nextSegment", &walk->segment);
}

struct error *concurrent_queue_open(struct collection *collection, const struct place *place,
				    bool *ret_is)
{
	struct queue_walk *walk;
	struct place head;
	*ret_is = false;
	TRY(place_inner(place, "_head", &head));
	if (head.base)
		TRY(place_has_array(&head, "_slots", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(collection_cursor(collection, sizeof(*walk), &walk));
	walk->segment = head;
	walk->slot_fields = (struct node_fields){ .names = { "Item", "SequenceNumber" } };
	TRY(open_segment(walk));
	return collection_field_type(collection->heap, walk->slots.element, "Item",
				     &collection->value_type);
}

struct error *concurrent_queue_next(struct collection *collection, struct item *ret,
				    bool *ret_found)
{
	struct queue_walk *walk = collection->cursor;
	*ret_found = false;
	for (;;) {
		TRY(task_check(collection->heap->task, reading_a_collection));
		if (walk->position == walk->end) {
			if (!walk->segment.base)
				return NULL;
			TRY(open_segment(walk));
			continue;
		}
		uint32_t position = walk->position++;
		struct value slot, number;
		TRY(array_element(collection->heap, &walk->slots, position % walk->slots.count,
				  &slot));
		struct place place = place_of_value(collection->heap, &slot);
		if (!place.base)
			return error_new(ERROR_BAD_DATA, "its slots are no structs");
		TRY(node_value(&walk->slot_fields, &place, SLOT_NUMBER, &number));
		if (number.kind == VALUE_SIGNED && (uint32_t)number.bits != position + 1)
			continue; /* being filled at this moment */
		*ret_found = true;
		return node_value(&walk->slot_fields, &place, SLOT_ITEM, &ret->value);
	}
}

/* ConcurrentBag.cs: a WorkStealingQueue a thread, linked by _nextQueue; the last one added first,
 * as it is enumerated. */
struct bag_walk {
	struct place queue; /* the next one */
	struct chain_guard guard;
	struct array_shape array;
	uint32_t head, tail;
};

static struct error *open_queue(struct bag_walk *walk)
{
	struct place queue = walk->queue;
	TRY(chain_guard_step(&walk->guard, queue.base));
	TRY(place_array(&queue, "_array", &walk->array));
	TRY(position_of(&queue, "_headIndex", &walk->head));
	TRY(position_of(&queue, "_tailIndex", &walk->tail));
	if (walk->tail - walk->head > walk->array.count)
		return error_new(ERROR_BAD_DATA, "a queue of it holds more than its %llu slots",
				 (unsigned long long)walk->array.count);
	return place_inner(&queue, "_nextQueue", &walk->queue);
}

struct error *concurrent_bag_open(struct collection *collection, const struct place *place,
				  bool *ret_is)
{
	struct bag_walk *walk;
	struct place queue;
	*ret_is = true;
	TRY(collection_cursor(collection, sizeof(*walk), &walk));
	TRY(place_inner(place, "_workStealingQueues", &queue));
	if (!queue.base)
		return NULL; /* nothing was ever added */
	TRY(place_has_array(&queue, "_array", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(place_array(&queue, "_array", &walk->array));
	collection->value_type = walk->array.element;
	walk->queue = queue;
	return NULL;
}

struct error *concurrent_bag_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct bag_walk *walk = collection->cursor;
	while (walk->head == walk->tail && walk->queue.base) {
		TRY(task_check(collection->heap->task, reading_a_collection));
		TRY(open_queue(walk));
	}
	*ret_found = walk->head != walk->tail;
	if (!*ret_found)
		return NULL;
	uint32_t position = --walk->tail;
	return array_element(collection->heap, &walk->array, position % walk->array.count,
			     &ret->value);
}
