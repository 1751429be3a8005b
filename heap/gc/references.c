#include "heap/gc/references.h"

enum { WORD = sizeof(uint64_t), REFERENCES_BETWEEN_CHECKS = 64 };

static const char following_references[] = "following the references of an object";

struct reference_walk {
	struct reference_plans *plans;
	const struct reference_plan *plan;
	const struct gc_object *object;
	uint64_t full_size;   /* bytes, not raised to the smallest object's */
	const uint8_t *bytes; /* of the object, as many as byte_count */
	uint64_t byte_count;  /* 0: they are read a piece at a time */
	reference_visitor visit;
	void *context;
};

static struct error *bad_description(const struct gc_object *object)
{
	return error_new(ERROR_BAD_DATA,
			 "the GC's description of the type %#llx does not fit the object at %#llx",
			 (unsigned long long)object->method_table,
			 (unsigned long long)object->address);
}

/* The parts of the plan that could be read are all visited. */
static struct error *plan_end(const struct reference_walk *walk)
{
	const struct reference_plan *plan = walk->plan;
	if (plan->end == PLAN_UNREADABLE)
		return error_fault(plan->end_address,
				   "cannot read the GC's description of a type at %#llx",
				   (unsigned long long)plan->end_address);
	return plan->end == PLAN_WHOLE ? NULL : bad_description(walk->object);
}

/* `count` words at `bytes`, which are at `offset` in the object. */
static struct error *visit_words(struct reference_walk *walk, uint64_t offset, const uint8_t *bytes,
				 uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t target = load_u64(bytes + i * WORD);
		if (target)
			TRY(walk->visit((uint32_t)(offset + i * WORD), target, walk->context));
	}
	return NULL;
}

/* The same, where not all of them can be read: up to the first that cannot. */
static struct error *visit_readable(struct reference_walk *walk, uint64_t offset, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = offset + i * WORD, target;
		TRY(reader_pointer(&walk->plans->reader, walk->object->address + at,
				   "a reference of an object", &target));
		if (target)
			TRY(walk->visit((uint32_t)at, target, walk->context));
	}
	return NULL;
}

/* `size` bytes at `offset` in the object; NULL: not all of them can be read. The reader may move:
 * from then on all is asked of it. */
static const uint8_t *piece(struct reference_walk *walk, uint64_t offset, size_t size)
{
	if (range_within(offset, size, walk->byte_count))
		return walk->bytes + offset;
	walk->byte_count = 0;
	return reader_borrow(&walk->plans->reader, walk->object->address + offset, size);
}

/* `count` words from `offset` on, which are within the object. */
static struct error *visit_run(struct reference_walk *walk, uint64_t offset, uint64_t count)
{
	for (uint64_t done = 0; done < count; done += REFERENCES_BETWEEN_CHECKS) {
		uint64_t at = offset + done * WORD, part = count - done;
		if (done)
			TRY(task_check(walk->plans->task, following_references));
		if (part > REFERENCES_BETWEEN_CHECKS)
			part = REFERENCES_BETWEEN_CHECKS;
		const uint8_t *bytes = piece(walk, at, (size_t)part * WORD);
		TRY(bytes ? visit_words(walk, at, bytes, part) : visit_readable(walk, at, part));
	}
	return NULL;
}

static struct error *visit_series(struct reference_walk *walk)
{
	const struct reference_plan *plan = walk->plan;
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct gc_series *series = &walk->plans->series[plan->first + i];
		uint64_t count;
		if (!gc_series_count(series, walk->full_size, &count))
			return bad_description(walk->object);
		TRY(visit_run(walk, series->start, count));
	}
	return plan_end(walk);
}

static bool run_fits(const struct reference_walk *walk, uint64_t offset, uint64_t count)
{
	return offset % WORD == 0 && offset >= WORD && offset <= walk->full_size &&
	       count <= (walk->full_size - offset) / WORD;
}

/* An array of structs: the runs of one element, again and again. */
static struct error *visit_elements(struct reference_walk *walk)
{
	const struct reference_plan *plan = walk->plan;
	uint64_t at = plan->start;
	while (at + WORD < walk->full_size) {
		uint64_t before = at;
		TRY(task_check(walk->plans->task, following_references));
		for (uint32_t i = 0; i < plan->count; i++) {
			const struct gc_element_run *run = &walk->plans->runs[plan->first + i];
			if (!run_fits(walk, at, run->count))
				return bad_description(walk->object);
			TRY(visit_run(walk, at, run->count));
			at += (uint64_t)run->count * WORD + run->skip;
		}
		TRY(plan_end(walk));
		if (at <= before)
			return bad_description(walk->object);
	}
	return NULL;
}

/* As the GC reckons: base size and components, without the smallest object's rounding. */
static struct error *full_size(struct reference_walk *walk)
{
	const struct heap *heap = walk->plans->heap;
	const struct reference_plan *plan = walk->plan;
	uint64_t address = walk->object->address;
	uint32_t count = 0;
	walk->full_size = walk->object->size;
	if (walk->full_size > heap->minimum_object)
		return NULL;
	if (plan->component_size &&
	    !reader_u32(&walk->plans->reader, address + heap->count_offset, &count))
		return error_fault(address, "cannot read the length of %#llx",
				   (unsigned long long)address);
	walk->full_size = plan->base_size + (uint64_t)plan->component_size * count;
	return NULL;
}

/* All of the object at once, if it is there and not too large; but for the last word, which is the
 * next object's header. */
static void borrow_object(struct reference_walk *walk)
{
	if (walk->full_size <= WORD || walk->full_size - WORD > READER_WINDOW_MAX)
		return;
	walk->bytes = reader_borrow(&walk->plans->reader, walk->object->address,
				    (size_t)(walk->full_size - WORD));
	walk->byte_count = walk->bytes ? walk->full_size - WORD : 0;
}

struct error *object_visit_references(struct reference_plans *plans, const struct gc_object *object,
				      reference_visitor visit, void *context)
{
	struct reference_walk walk = {
		.plans = plans, .object = object, .visit = visit, .context = context
	};
	if (object->is_free)
		return NULL;
	TRY(reference_plan_of(plans, object->type, &walk.plan));
	if (walk.plan->kind == PLAN_EMPTY)
		return NULL;
	TRY(full_size(&walk));
	borrow_object(&walk);
	return walk.plan->kind == PLAN_SERIES ? visit_series(&walk) : visit_elements(&walk);
}
