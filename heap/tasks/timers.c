#include "heap/tasks/timers.h"

#include "base/chain_guard.h"
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
	TRY(member_type(heap, ret->state, &ret->state_type));
	ret->address = address;
	ret->due_ms = (uint32_t)due;
	ret->period_ms = (uint32_t)period;
	ret->is_canceled = canceled;
	*ret_is = due_read && period_read && canceled_read;
	return NULL;
}

static struct error *chain_visit(struct heap *heap, uint64_t address, bool is_short,
				 timer_visitor visit, void *context, struct timers_found *found)
{
	struct chain_guard guard = { 0 };
	while (address) {
		struct managed_timer timer = { .is_short = is_short };
		bool is;
		TRY(task_check(heap->task, "following a chain of timers"));
		TRY(timer_read(heap, address, &timer, &is));
		if (!is || !chain_guard_pass(&guard, address)) {
			found->damaged++;
			return NULL;
		}
		found->count++;
		TRY(visit(&timer, context));
		TRY(member_object(heap, address, "_next", &address));
	}
	return NULL;
}

struct error *timers_visit(struct heap *heap, timer_visitor visit, void *context,
			   struct timers_found *ret)
{
	static const char *const instances[] = { "Instances", NULL };
	struct array_shape queues;
	struct value value;
	*ret = (struct timers_found){ 0 };
	TRY(member_static(heap, "System.Threading.TimerQueue", instances, &value));
	ret->none = value.kind == VALUE_NULL;
	ret->damaged += value.kind == VALUE_UNREADABLE;
	if (!member_of_value(&value))
		return NULL;
	struct error *error = array_read(heap, value.bits, &queues);
	if (error_take(&error, ERROR_FAULT) || error_take(&error, ERROR_BAD_DATA)) {
		ret->damaged++;
		return NULL;
	}
	TRY(error);
	for (uint64_t i = 0; i < queues.count && i < LIMIT_THREADS; i++) {
		const struct type *type;
		uint64_t chain;
		TRY(task_check(heap->task, "looking for timers"));
		TRY(array_element(heap, &queues, i, &value));
		TRY(member_type(heap, member_of_value(&value), &type));
		ret->damaged += !type;
		TRY(member_object(heap, member_of_value(&value), "_shortTimers", &chain));
		TRY(chain_visit(heap, chain, true, visit, context, ret));
		TRY(member_object(heap, member_of_value(&value), "_longTimers", &chain));
		TRY(chain_visit(heap, chain, false, visit, context, ret));
	}
	return NULL;
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
