/* What is queued for the thread pool. */
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "heap/collections/collection.h"
#include "heap/tasks/members.h"
#include "heap/tasks/thread_pool.h"

struct visiting {
	struct heap *heap;
	struct arena *arena;
	work_visitor visit;
	void *context;
	struct work_found *found;
};

static struct error *describe(struct heap *heap, struct work_item *item)
{
	static const char callback[] = "System.Threading.QueueUserWorkItemCallback";
	TRY(object_type(heap, item->address, &item->type));
	const char *name = item->type ? type_metadata_name(heap, item->type) : NULL;
	enum managed_task_kind kind = managed_task_kind(heap, item->type);
	if (kind != MANAGED_TASK_NONE && kind != MANAGED_TASK_POOLED) {
		item->kind = WORK_TASK;
		return member_object(heap, item->address, "m_action", &item->callback);
	}
	item->kind =
		name && !strncmp(name, callback, sizeof(callback) - 1) ? WORK_CALLBACK : WORK_OTHER;
	return member_object(heap, item->address, "_callback", &item->callback);
}

static struct error *visit_item(struct visiting *visiting, enum work_queue queue,
				uint64_t queue_object, uint64_t address)
{
	struct work_item item = { .queue = queue,
				  .queue_object = queue_object,
				  .address = address };
	TRY(describe(visiting->heap, &item));
	if (queue == WORK_LOCAL)
		visiting->found->local++;
	else
		visiting->found->global++;
	return visiting->visit(&item, visiting->context);
}

/* A ConcurrentQueue<object>. */
static struct error *visit_queue(struct visiting *visiting, enum work_queue kind, uint64_t object)
{
	struct collection collection;
	struct value value, key, element;
	uint64_t index;
	bool more = false;
	if (!object)
		return NULL;
	struct error *error = value_of_object(visiting->heap, object, &value);
	if (!error)
		error = collection_open(visiting->heap, &value, visiting->arena, &collection,
					&more);
	if (error_take_damage(&error) || !more) {
		visiting->found->cut += !error;
		return error;
	}
	while (more) {
		TRY(collection_next(&collection, &key, &element, &index, &more));
		if (!more)
			break;
		uint64_t item = member_of_value(&element);
		visiting->found->cut += element.kind == VALUE_UNREADABLE;
		if (item)
			TRY(visit_item(visiting, kind, 0, item));
	}
	visiting->found->cut += collection.damage != NULL;
	return NULL;
}

static struct error *array_open(struct visiting *visiting, uint64_t array, struct array_shape *ret,
				bool *ret_is)
{
	struct error *error = array_read(visiting->heap, array, ret);
	*ret_is = !error;
	if (error_take_damage(&error)) {
		visiting->found->cut++;
		return NULL;
	}
	return error;
}

/* A thread's own queue: its array is null where there is no item. */
static struct error *visit_local(struct visiting *visiting, uint64_t queue)
{
	struct array_shape items;
	struct value element;
	uint64_t array, unreadable = 0;
	bool is;
	TRY(member_object(visiting->heap, queue, "m_array", &array));
	if (!array)
		return NULL;
	TRY(array_open(visiting, array, &items, &is));
	for (uint64_t i = 0; is && i < items.count && unreadable < LIMIT_UNREADABLE_RUN; i++) {
		TRY(task_check(visiting->heap->task, "reading the queues of the thread pool"));
		TRY(array_element(visiting->heap, &items, i, &element));
		uint64_t item = member_of_value(&element);
		unreadable = element.kind == VALUE_UNREADABLE ? unreadable + 1 : 0;
		visiting->found->cut += element.kind == VALUE_UNREADABLE;
		if (item)
			TRY(visit_item(visiting, WORK_LOCAL, queue, item));
	}
	return NULL;
}

/* Each object of an array of queues. */
static struct error *visit_queues(struct visiting *visiting, uint64_t array, bool local)
{
	struct array_shape queues;
	struct value element;
	bool is;
	if (!array)
		return NULL;
	TRY(array_open(visiting, array, &queues, &is));
	for (uint64_t i = 0; is && i < queues.count && i < LIMIT_THREADS; i++) {
		TRY(task_check(visiting->heap->task, "reading the queues of the thread pool"));
		TRY(array_element(visiting->heap, &queues, i, &element));
		uint64_t queue = member_of_value(&element);
		if (queue && local)
			TRY(visit_local(visiting, queue));
		else if (queue)
			TRY(visit_queue(visiting, WORK_ASSIGNABLE, queue));
	}
	return NULL;
}

static struct error *visit_global(struct visiting *visiting, uint64_t work_queue)
{
	static const struct {
		const char *field;
		enum work_queue kind;
	} queues[] = {
		{ "highPriorityWorkItems", WORK_HIGH_PRIORITY },
		{ "workItems", WORK_GLOBAL },
		{ "_assignableWorkItemQueues", WORK_ASSIGNABLE },
		{ "lowPriorityWorkItems", WORK_LOW_PRIORITY },
	};
	const struct type *type;
	TRY(object_type(visiting->heap, work_queue, &type));
	visiting->found->cut += !type;
	for (size_t i = 0; i < COUNT_OF(queues); i++) {
		uint64_t object;
		TRY(member_object(visiting->heap, work_queue, queues[i].field, &object));
		if (queues[i].kind == WORK_ASSIGNABLE)
			TRY(visit_queues(visiting, object, false));
		else
			TRY(visit_queue(visiting, queues[i].kind, object));
	}
	return NULL;
}

struct error *thread_pool_visit_work(struct heap *heap, struct arena *arena, work_visitor visit,
				     void *context, struct work_found *ret)
{
	static const char *const global[] = { "s_workQueue", NULL };
	static const char *const local[] = { "_queues", "s_queues", NULL };
	static const char list[] = "System.Threading.ThreadPoolWorkQueue+WorkStealingQueueList";
	struct visiting visiting = { heap, arena, visit, context, ret };
	struct value value;
	*ret = (struct work_found){ 0 };
	TRY(member_static(heap, "System.Threading.ThreadPool", global, &value));
	ret->none = value.kind == VALUE_NULL;
	ret->unknown = value.kind == VALUE_UNREADABLE;
	if (!member_of_value(&value))
		return NULL;
	TRY(visit_global(&visiting, member_of_value(&value)));
	TRY(member_static(heap, list, local, &value));
	ret->cut += value.kind == VALUE_UNREADABLE;
	return visit_queues(&visiting, member_of_value(&value), true);
}

static struct error *do_nothing(const struct work_item *item, void *context)
{
	(void)item;
	(void)context;
	return NULL;
}

struct error *thread_pool_count_work(struct heap *heap, struct work_found *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	return thread_pool_visit_work(heap, &arena, do_nothing, NULL, ret);
}
