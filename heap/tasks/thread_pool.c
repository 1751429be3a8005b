#include "heap/tasks/thread_pool.h"

#include "base/limits.h"
#include "base/list.h"
#include "heap/tasks/members.h"

/* ThreadCounts._data: three counts of 16 bits (PortableThreadPool.ThreadCounts.cs:
 * NumProcessingWorkShift, NumExistingThreadsShift, NumThreadsGoalShift). */
enum { COUNT_MASK = 0xffff, EXISTING_SHIFT = 16, GOAL_SHIFT = 32 };

static struct error *struct_member(struct heap *heap, struct value *value, const char *name)
{
	struct value member;
	if (value->kind != VALUE_STRUCT) {
		value->kind = VALUE_UNREADABLE;
		return NULL;
	}
	TRY(value_field_of_struct(heap, value->type, value->address, name, &member));
	*value = member;
	return NULL;
}

static bool is_number(const struct value *value)
{
	return value->kind == VALUE_UNSIGNED || value->kind == VALUE_SIGNED;
}

static struct error *counts_read(struct heap *heap, uint64_t pool, struct thread_pool *ret)
{
	struct value value;
	TRY(value_field_of_object(heap, pool, "_separated", &value));
	TRY(struct_member(heap, &value, "counts"));
	TRY(struct_member(heap, &value, "_data"));
	ret->counts_read = is_number(&value);
	if (!ret->counts_read)
		return NULL;
	ret->running = value.bits & COUNT_MASK;
	ret->total = value.bits >> EXISTING_SHIFT & COUNT_MASK;
	ret->goal = value.bits >> GOAL_SHIFT & COUNT_MASK;
	return NULL;
}

struct error *thread_pool_read(struct heap *heap, struct thread_pool *ret)
{
	static const char *const names[] = { "ThreadPoolInstance", NULL };
	struct value value;
	uint64_t cpu, minimum, maximum, blocked;
	bool cpu_read, minimum_read, maximum_read, blocked_read;
	*ret = (struct thread_pool){ 0 };
	TRY(member_static(heap, "System.Threading.PortableThreadPool", names, &value));
	uint64_t pool = member_of_value(&value);
	TRY(member_number(heap, pool, "_cpuUtilization", &cpu, &cpu_read));
	TRY(member_number(heap, pool, "_minThreads", &minimum, &minimum_read));
	TRY(member_number(heap, pool, "_maxThreads", &maximum, &maximum_read));
	TRY(member_number(heap, pool, "_numBlockedThreads", &blocked, &blocked_read));
	ret->blocked = blocked_read ? (int)(int64_t)blocked : -1;
	ret->exists = cpu_read && minimum_read && maximum_read;
	ret->unknown = !ret->exists && value.kind != VALUE_NULL;
	if (!ret->exists)
		return NULL;
	ret->cpu_utilization = (int)(int64_t)cpu;
	ret->minimum = (int)(int64_t)minimum;
	ret->maximum = (int)(int64_t)maximum;
	return counts_read(heap, pool, ret);
}

static struct error *entry_read(struct heap *heap, const struct value *entry,
				struct hill_climb *ret)
{
	static const char *const names[] = { "tickCount", "newControlSetting", "lastHistoryCount",
					     "lastHistoryMean" };
	struct value values[COUNT_OF(names)];
	for (size_t i = 0; i < COUNT_OF(names); i++)
		TRY(value_field_of_struct(heap, entry->type, entry->address, names[i], &values[i]));
	TRY(value_field_of_struct(heap, entry->type, entry->address, "stateOrTransition",
				  &ret->transition));
	ret->tick_ms = (int32_t)values[0].bits;
	ret->threads = (int32_t)values[1].bits;
	ret->samples = (int32_t)values[2].bits;
	uint32_t bits = (uint32_t)values[3].bits;
	memcpy(&ret->throughput, &bits, sizeof(bits));
	return NULL;
}

struct error *thread_pool_log(struct heap *heap, struct arena *arena, struct hill_climb **ret,
			      size_t *ret_count)
{
	static const char *const names[] = { "ThreadPoolHillClimber", NULL };
	struct value value;
	struct array_shape log;
	uint64_t array, start, size;
	bool start_read, size_read;
	*ret_count = 0;
	TRY(member_static(heap, "System.Threading.PortableThreadPool+HillClimbing", names, &value));
	uint64_t climber = member_of_value(&value);
	TRY(member_object(heap, climber, "_log", &array));
	TRY(member_number(heap, climber, "_logStart", &start, &start_read));
	TRY(member_number(heap, climber, "_logSize", &size, &size_read));
	if (!array || !start_read || !size_read)
		return NULL;
	TRY(array_read(heap, array, &log));
	if (size > log.count || start >= log.count || log.count > LIMIT_THREADS)
		return error_new(ERROR_BAD_DATA,
				 "the thread pool's log says that it has %llu entries of %llu",
				 (unsigned long long)size, (unsigned long long)log.count);
	*ret = arena_allocate_array(arena, size + 1, sizeof(**ret));
	if (!*ret)
		return &error_no_memory;
	for (uint64_t i = 0; i < size; i++) {
		TRY(array_element(heap, &log, (start + i) % log.count, &value));
		if (value.kind == VALUE_STRUCT)
			TRY(entry_read(heap, &value, &(*ret)[(*ret_count)++]));
	}
	return NULL;
}
