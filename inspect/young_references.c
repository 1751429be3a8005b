#include "inspect/young_references.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/sort.h"
#include "heap/gc/references.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

enum { OBJECTS_BETWEEN_LOOKS = 1 << 12 };

/* A young object that was referred to. */
struct young_object {
	uint64_t address, size;
};

/* One thread's. */
struct part {
	struct reference_plans plans;
	struct walker referred; /* reads what references lead to */
	const struct gc_heap *gc;
	struct young_reference row; /* of the object that is looked at */
	struct id_map met;          /* address -> index in objects */
	struct young_object *objects;
	size_t object_count, object_capacity;
	uint64_t skipped; /* objects whose references cannot be read */
	uint64_t lost;    /* references to what cannot be read as an object */
};

struct search {
	const struct question *question;
	struct young_references *found;
	uint64_t skipped, lost; /* of all parts */
};

void young_references_deinit(struct young_references *references)
{
	id_map_deinit(&references->referenced);
	free(references->rows);
}

static struct error *part_init(void *context, void *to, const struct task *task)
{
	struct part *part = context;
	struct heap *heap = ((const struct search *)to)->question->heap;
	part->gc = heap->gc;
	TRY(reference_plans_init(&part->plans, heap, task));
	return walker_init(&part->referred, heap);
}

static void part_deinit(void *context)
{
	struct part *part = context;
	reference_plans_deinit(&part->plans);
	walker_deinit(&part->referred);
	id_map_deinit(&part->met);
	free(part->objects);
}

static struct error *meet(struct part *part, const struct gc_object *object)
{
	uint32_t seen;
	if (id_map_find(&part->met, object->address, &seen))
		return NULL;
	TRY(LIST_GROW(part->objects, part->object_count, part->object_capacity));
	TRY(id_map_put(&part->met, object->address, 0));
	part->objects[part->object_count++] =
		(struct young_object){ object->address, object->size };
	return NULL;
}

static struct error *reference_visit(uint32_t offset, uint64_t target, void *context)
{
	struct part *part = context;
	const struct gc_segment *segment = gc_segment_of(part->gc, target);
	struct gc_object object;
	(void)offset;
	if (!segment)
		return NULL;
	enum gc_generation generation = gc_generation_of(part->gc, segment, target);
	if (generation > GENERATION_1 || generation >= part->row.generation)
		return NULL;
	struct error *error = walker_object(&part->referred, target, &object);
	if (error_take_damage(&error)) {
		part->lost++;
		return NULL;
	}
	TRY(error);
	if (object.is_free)
		return NULL;
	part->row.count[generation]++;
	part->row.size[generation] += object.size;
	return meet(part, &object);
}

static struct error *object_look(struct walk_worker *worker, struct part *part,
				 const struct gc_object *object)
{
	part->row = (struct young_reference){ .object = *object,
					      .generation = worker->span->generation };
	struct error *error = object_visit_references(&part->plans, object, reference_visit, part);
	if (error_take_damage(&error))
		part->skipped++;
	TRY(error);
	return part->row.count[0] || part->row.count[1] ? walk_put(worker, &part->row) : NULL;
}

static struct error *objects_look(struct walk_worker *worker, const struct gc_object *objects,
				  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!objects[i].is_free)
			TRY(object_look(worker, worker->part, &objects[i]));
	return NULL;
}

static struct error *rows_take(const void *rows, size_t count, void *context)
{
	struct young_references *found = ((const struct search *)context)->found;
	const struct young_reference *row = rows;
	for (size_t i = 0; i < count; i++) {
		TRY(LIST_GROW(found->rows, found->count, found->capacity));
		found->rows[found->count++] = row[i];
	}
	return NULL;
}

/* Young objects that several threads met count once. */
static struct error *part_sum(void *context, void *to)
{
	const struct part *part = context;
	struct search *search = to;
	struct young_references *found = search->found;
	search->skipped += part->skipped;
	search->lost += part->lost;
	for (size_t i = 0; i < part->object_count; i++) {
		const struct young_object *object = &part->objects[i];
		uint32_t seen;
		if (i % OBJECTS_BETWEEN_LOOKS == 0)
			TRY(task_check(search->question->task, "counting young objects"));
		if (id_map_find(&found->referenced, object->address, &seen))
			continue;
		TRY(id_map_put(&found->referenced, object->address, 0));
		found->referenced_count++;
		found->referenced_size += object->size;
	}
	return NULL;
}

static void report_missing(const struct search *search)
{
	if (search->skipped)
		question_missing(search->question, 0,
				 "the references of %" PRIu64 " objects cannot be read",
				 search->skipped);
	if (search->lost)
		question_missing(search->question, 0,
				 "%" PRIu64 " references to younger generations lead to what "
				 "cannot be read as an object",
				 search->lost);
}

static int by_address(const void *left, const void *right, void *context)
{
	const struct young_reference *a = left, *b = right;
	(void)context;
	return a->object.address < b->object.address ? -1 : a->object.address > b->object.address;
}

struct error *young_references_find(const struct question *question, struct young_references *ret)
{
	struct search search = { .question = question, .found = ret };
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	const struct filtered_work work = { .part_bytes = sizeof(struct part),
					    .part_init = part_init,
					    .part_sum = part_sum,
					    .part_deinit = part_deinit,
					    .objects = objects_look,
					    .row_bytes = sizeof(struct young_reference),
					    .rows = rows_take,
					    .context = &search };
	heap_filter_init_all(&filter, question);
	/* Nothing is younger than the one, and the NonGC heap refers to nothing that is moved. */
	filter.left_out = 1 << GENERATION_0 | 1 << GENERATION_FROZEN;
	TRY(heap_filter_work(&filter, &work));
	report_missing(&search);
	return sort_items(ret->rows, ret->count, sizeof(*ret->rows), by_address, NULL,
			  question->task, "sorting the references");
}
