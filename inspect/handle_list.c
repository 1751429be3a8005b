#include "inspect/handle_list.h"

#include "heap/types/type.h"

#include <inttypes.h>

void handle_list_deinit(struct handle_list *list)
{
	heap_statistics_deinit(&list->statistics);
}

static struct error *handle_list_add(const struct gc_handle *handle, void *context)
{
	struct handle_list *list = context;
	struct gc_object object;
	if (list->wanted != HANDLE_KIND_COUNT && handle->kind != list->wanted)
		return NULL;
	struct error *error = object_read(list->question->heap, handle->object, &object);
	bool is_read = !error;
	error_take_damage(&error);
	TRY(error);
	list->unreadable += !is_read;
	list->total++;
	if (handle->kind < HANDLE_KIND_COUNT)
		list->of_kind[handle->kind]++;
	if (is_read)
		TRY(heap_statistics_add(&list->statistics, &object));
	return list->visit ? list->visit(handle, is_read ? &object : NULL, list->context) : NULL;
}

static void note_missing(const struct handle_list *list, uint64_t lost)
{
	const struct question *question = list->question;
	if (lost)
		question_missing(question, 0,
				 "%" PRIu64
				 " parts of the handle tables could not be read: handles "
				 "are missing",
				 lost);
	if (list->unreadable)
		question_missing(question, 0,
				 "the objects of %" PRIu64
				 " handles could not be read; the statistics "
				 "leave them out",
				 list->unreadable);
	if (question->heap->gc->structures_invalid)
		question_missing(
			question, 0,
			"a garbage collection was under way: handles may lead to where their "
			"objects were");
}

struct error *handle_list_visit(struct handle_list *list, handle_list_visitor visit, void *context)
{
	uint64_t lost = 0;
	list->visit = visit;
	list->context = context;
	TRY(gc_handles_visit(list->question->heap, list->question->task, handle_list_add, list,
			     &lost));
	note_missing(list, lost);
	return NULL;
}

static int smallest_first(const void *left, const void *right)
{
	const struct handle_type *a = left, *b = right;
	if (a->statistic->size_bytes != b->statistic->size_bytes)
		return a->statistic->size_bytes < b->statistic->size_bytes ? -1 : 1;
	return a->type->handle > b->type->handle ? -1 : a->type->handle < b->type->handle;
}

struct error *handle_list_types(const struct handle_list *list, struct handle_type **ret,
				size_t *ret_count)
{
	const struct question *question = list->question;
	const struct heap_statistics *statistics = &list->statistics;
	struct handle_type *types =
		arena_allocate_array(question->scratch, statistics->met, sizeof(*types));
	size_t count = 0;
	if (!types)
		return &error_no_memory;
	for (size_t i = 0; i < statistics->capacity; i++)
		if (statistics->types[i].count)
			types[count++] =
				(struct handle_type){ &statistics->types[i],
						      type_by_index(question->heap, (uint32_t)i) };
	qsort(types, count, sizeof(*types), smallest_first);
	*ret = types;
	*ret_count = count;
	return NULL;
}
