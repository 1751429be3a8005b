#include "heap/gc/references.h"

#include "base/limits.h"
#include "heap/types/gc_description.h"
#include "heap/types/type.h"

/* gcdesc.h: a negative number of series means one, {skip and count of each of -number runs, start},
 * which repeats itself to the end of an array of structs. */
enum { WORD = sizeof(uint64_t), SERIES = 2 * WORD, REFERENCES_BETWEEN_CHECKS = 64 };

static const char following_references[] = "following the references of an object";

struct reference_walk {
	struct heap *heap;
	struct reader *reader;
	const struct gc_object *object;
	uint64_t full_size; /* bytes, not raised to the smallest object's */
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

/* `count` words from `offset` on. */
static struct error *visit_run(uint64_t offset, uint64_t count, void *context)
{
	struct reference_walk *walk = context;
	const struct gc_object *object = walk->object;
	if (offset % WORD || offset < WORD || offset > walk->full_size ||
	    count > (walk->full_size - offset) / WORD)
		return bad_description(object);
	for (uint64_t i = 0; i < count; i++) {
		if (i % REFERENCES_BETWEEN_CHECKS == REFERENCES_BETWEEN_CHECKS - 1)
			TRY(task_check(walk->heap->task, following_references));
		uint64_t at = offset + i * WORD, target;
		TRY(reader_pointer(walk->reader, object->address + at, "a reference of an object",
				   &target));
		if (target)
			TRY(walk->visit((uint32_t)at, target, walk->context));
	}
	return NULL;
}

/* An array of structs: the runs of one element, again and again. */
static struct error *visit_elements(struct reference_walk *walk, uint64_t runs)
{
	uint64_t at, word;
	if (runs > LIMIT_GC_SERIES)
		return bad_description(walk->object);
	TRY(gc_description_word(walk->heap, walk->object->method_table, WORD + WORD, &at));
	while (at + WORD < walk->full_size) {
		uint64_t before = at;
		TRY(task_check(walk->heap->task, following_references));
		for (uint64_t i = 0; i < runs; i++) {
			TRY(gc_description_word(walk->heap, walk->object->method_table,
						WORD + SERIES + i * WORD, &word));
			uint32_t count = (uint32_t)word, skip = (uint32_t)(word >> 32);
			TRY(visit_run(at, count, walk));
			at += (uint64_t)count * WORD + skip;
		}
		if (at <= before)
			return bad_description(walk->object);
	}
	return NULL;
}

/* As the GC reckons: base size and components, without the smallest object's rounding. */
static struct error *full_size(struct reference_walk *walk, const struct type *type)
{
	uint32_t count = 0;
	if (type->component_size &&
	    !reader_u32(walk->reader, walk->object->address + walk->heap->count_offset, &count))
		return error_fault(walk->object->address, "cannot read the length of %#llx",
				   (unsigned long long)walk->object->address);
	walk->full_size = type->base_size + (uint64_t)type->component_size * count;
	return NULL;
}

struct error *object_visit_references(struct heap *heap, struct reader *reader,
				      const struct gc_object *object, reference_visitor visit,
				      void *context)
{
	struct reference_walk walk = { heap, reader, object, 0, visit, context };
	const struct type *type = type_by_index(heap, object->type);
	int64_t count;
	if (!type->contains_pointers || object->is_free)
		return NULL;
	TRY(full_size(&walk, type));
	TRY(gc_description_count(heap, object->method_table, &count));
	if (count > 0)
		return gc_description_visit(heap, object->method_table, walk.full_size, visit_run,
					    &walk);
	return visit_elements(&walk, -(uint64_t)count);
}
