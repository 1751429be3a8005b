#include "heap/tasks/timers.h"

#include "base/id_map.h"
#include "base/limits.h"
#include "heap/tasks/members.h"

static struct error *timer_read(struct heap *heap, uint64_t address, struct managed_timer *ret,
				bool *ret_is)
{
	uint64_t due, period, canceled;
	bool due_read, period_read, canceled_read;
	TRY(member_number(heap, address, "_dueTime", &due, &due_read));
	TRY(member_number(heap, address, "_period", &period, &period_read));
	TRY(member_number(heap, address, "_canceled", &canceled, &canceled_read));
	TRY(member_object(heap, address, "_state", &ret->state));
	TRY(member_object(heap, address, "_timerCallback", &ret->callback));
	TRY(object_type(heap, ret->state, &ret->state_type));
	ret->address = address;
	ret->due_ms = (uint32_t)due;
	ret->period_ms = (uint32_t)period;
	ret->is_canceled = canceled;
	*ret_is = due_read && period_read && canceled_read;
	return NULL;
}

struct visiting {
	struct heap *heap;
	timer_visitor visit;
	void *context;
	struct id_map seen; /* timers: a list that comes to one again ends there */
	struct timers_found *found;
};

static struct error *chain_visit(struct visiting *visiting, uint64_t address, bool is_short)
{
	struct heap *heap = visiting->heap;
	while (address) {
		struct managed_timer timer = { .is_short = is_short };
		uint32_t ignored;
		bool is;
		TRY(task_check(heap->task, "following a chain of timers"));
		TRY(timer_read(heap, address, &timer, &is));
		if (!is || id_map_find(&visiting->seen, address, &ignored)) {
			visiting->found->cut++;
			return NULL;
		}
		TRY(id_map_put(&visiting->seen, address, 0));
		visiting->found->count++;
		TRY(visiting->visit(&timer, visiting->context));
		TRY(member_object(heap, address, "_next", &address));
	}
	return NULL;
}

static struct error *queue_visit(struct visiting *visiting, uint64_t queue)
{
	const struct type *type;
	uint64_t chain;
	TRY(object_type(visiting->heap, queue, &type));
	visiting->found->cut += !type;
	TRY(member_object(visiting->heap, queue, "_shortTimers", &chain));
	TRY(chain_visit(visiting, chain, true));
	TRY(member_object(visiting->heap, queue, "_longTimers", &chain));
	return chain_visit(visiting, chain, false);
}

static struct error *queues_visit(struct visiting *visiting)
{
	static const char *const instances[] = { "Instances", NULL };
	struct heap *heap = visiting->heap;
	struct array_shape queues;
	struct value value;
	TRY(member_static(heap, "System.Threading.TimerQueue", instances, &value));
	visiting->found->none = value.kind == VALUE_NULL;
	visiting->found->unknown = value.kind == VALUE_UNREADABLE;
	if (!member_of_value(&value))
		return NULL;
	struct error *error = array_read(heap, value.bits, &queues);
	if (error_take_damage(&error)) {
		visiting->found->unknown = true;
		return NULL;
	}
	TRY(error);
	for (uint64_t i = 0; i < queues.count && i < LIMIT_THREADS; i++) {
		TRY(task_check(heap->task, "looking for timers"));
		TRY(array_element(heap, &queues, i, &value));
		TRY(queue_visit(visiting, member_of_value(&value)));
	}
	return NULL;
}

struct error *timers_visit(struct heap *heap, timer_visitor visit, void *context,
			   struct timers_found *ret)
{
	struct visiting visiting = {
		.heap = heap, .visit = visit, .context = context, .found = ret
	};
	*ret = (struct timers_found){ 0 };
	struct error *error = queues_visit(&visiting);
	id_map_deinit(&visiting.seen);
	return error;
}

static struct error *do_nothing(const struct managed_timer *timer, void *context)
{
	(void)timer;
	(void)context;
	return NULL;
}

struct error *timers_count(struct heap *heap, struct timers_found *ret)
{
	return timers_visit(heap, do_nothing, NULL, ret);
}
