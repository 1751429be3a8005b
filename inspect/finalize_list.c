#include "inspect/finalize_list.h"

#include "heap/locks/sync_blocks.h"

#include <inttypes.h>

void finalize_list_deinit(struct finalize_list *list)
{
	heap_statistics_deinit(&list->statistics);
}

struct error *finalize_list_open(struct finalize_list *list)
{
	return finalize_queues_read(list->question->heap, list->question->scratch, &list->queues);
}

static struct error *finalize_list_add(uint64_t address, void *context)
{
	struct finalize_list *list = context;
	struct gc_object object;
	struct error *error = object_read(list->question->heap, address, &object);
	if (error_take_damage(&error)) {
		list->unreadable++;
		return NULL;
	}
	TRY(error);
	if (list->method_table && object.method_table != list->method_table)
		return NULL;
	TRY(heap_statistics_add(&list->statistics, &object));
	return list->visit ? list->visit(&object, list->is_ready, list->context) : NULL;
}

static struct error *range_visit(struct finalize_list *list, const struct finalize_range *range)
{
	return finalize_range_visit(list->question->heap, list->question->task, range,
				    finalize_list_add, list, &list->lost);
}

/* In the order of the queue: the oldest generation first, then the ready ones. */
static struct error *queue_visit(struct finalize_list *list, const struct finalize_queue *queue)
{
	list->is_ready = false;
	for (size_t i = GENERATION_FROZEN; i > 0; i--)
		TRY(range_visit(list, &queue->generations[i - 1]));
	list->is_ready = true;
	TRY(range_visit(list, &queue->critical));
	return range_visit(list, &queue->ready);
}

struct error *finalize_list_visit(struct finalize_list *list, finalize_list_visitor visit,
				  void *context)
{
	const struct question *question = list->question;
	list->visit = visit;
	list->context = context;
	struct error *error = NULL;
	for (uint32_t i = 0; !error && i < question->heap->gc->heap_count; i++)
		error = queue_visit(list, &list->queues[i]);
	error_take_stop(&error);
	TRY(error);
	if (list->lost || list->unreadable)
		question_missing(question, list->lost * sizeof(uint64_t),
				 "%" PRIu64 " objects of the finalization queue could not be read",
				 list->lost + list->unreadable);
	return NULL;
}

struct error *finalize_sync_blocks(const struct question *question, uint64_t **ret,
				   size_t *ret_count)
{
	struct sync_blocks blocks;
	*ret = NULL;
	*ret_count = 0;
	struct error *error = sync_blocks_open(question->heap, &blocks);
	if (!error)
		error = sync_blocks_cleanup(&blocks, question->scratch, ret, ret_count);
	if (!error || error_is_fatal(error))
		return error;
	question_missing(question, 0, "%s", error->message);
	error_free(error);
	return NULL;
}
