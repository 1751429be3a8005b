#include "heap/tasks/continuation.h"

#include "base/limits.h"
#include "heap/tasks/members.h"
#include "heap/tasks/value_task_source.h"

static struct error *is_a_task(struct heap *heap, uint64_t object, bool *ret)
{
	const struct type *type;
	TRY(object_type(heap, object, &type));
	*ret = managed_task_kind(heap, type) != MANAGED_TASK_NONE;
	return NULL;
}

/* Through a delegate to its target, where it has one. */
static struct error *through_delegate(struct heap *heap, uint64_t *object)
{
	uint64_t target;
	TRY(member_object(heap, *object, "_target", &target));
	*object = target ? target : *object;
	return NULL;
}

static struct error *resolve(struct heap *heap, uint64_t *object)
{
	static const char wrapper[] =
		"System.Runtime.CompilerServices.AsyncMethodBuilderCore+ContinuationWrapper";
	const struct type *type;
	uint64_t next;
	bool is_task;
	TRY(is_a_task(heap, *object, &is_task));
	if (is_task)
		return NULL;
	TRY(member_object(heap, *object, "m_task", &next));
	if (next) {
		*object = next;
		return NULL;
	}
	TRY(member_object(heap, *object, "m_action", &next));
	*object = next ? next : *object;
	TRY(through_delegate(heap, object));
	TRY(object_type(heap, *object, &type));
	if (!type || !type_is(heap, type, wrapper))
		return NULL;
	TRY(member_object(heap, *object, "_continuation", &next));
	*object = next ? next : *object;
	return through_delegate(heap, object);
}

/* An element of the list is null once its continuation was taken back. */
static struct error *visit_list(struct heap *heap, uint64_t list, continuation_visitor visit,
				void *context, bool *damaged)
{
	struct array_shape items;
	struct value element;
	uint64_t array, count, unreadable = 0;
	bool read;
	TRY(member_object(heap, list, "_items", &array));
	TRY(member_number(heap, list, "_size", &count, &read));
	struct error *error = array ? array_read(heap, array, &items) : NULL;
	if (error_take_damage(&error))
		array = 0;
	TRY(error);
	*damaged |= !array || !read || count > items.count;
	count = array && count > items.count ? items.count : count;
	for (uint64_t i = 0; array && i < count && unreadable < LIMIT_UNREADABLE_RUN; i++) {
		TRY(task_check(heap->task, "reading the continuations of a task"));
		TRY(array_element(heap, &items, i, &element));
		uint64_t object = member_of_value(&element);
		unreadable = element.kind == VALUE_UNREADABLE ? unreadable + 1 : 0;
		*damaged |= unreadable != 0;
		if (!object)
			continue;
		TRY(resolve(heap, &object));
		TRY(visit(object, context));
	}
	return NULL;
}

struct error *task_visit_continuations(struct heap *heap, uint64_t task, continuation_visitor visit,
				       void *context, bool *ret_damaged)
{
	struct value value;
	const struct type *type;
	*ret_damaged = false;
	TRY(value_field_of_object(heap, task, "m_continuationObject", &value));
	*ret_damaged = value.kind == VALUE_UNREADABLE;
	uint64_t object = member_of_value(&value);
	if (!object)
		return NULL;
	TRY(object_type(heap, object, &type));
	if (type && type_is(heap, type, "System.Collections.Generic.List`1"))
		return visit_list(heap, object, visit, context, ret_damaged);
	TRY(resolve(heap, &object));
	return visit(object, context);
}

/* A callback's state is what an awaiter chose: a box itself, or the Action that moves it on. */
static struct error *resolve_state(struct heap *heap, uint64_t *object)
{
	const struct type *type;
	TRY(object_type(heap, *object, &type));
	return type && type_is(heap, type, "System.Delegate") ? resolve(heap, object) : NULL;
}

struct error *source_visit_continuation(struct heap *heap, uint64_t source, const char *core_field,
					continuation_visitor visit, void *context,
					bool *ret_damaged)
{
	struct value_task_core core;
	TRY(value_task_core_read(heap, source, core_field, &core));
	*ret_damaged = core.is_there && !core.is_read;
	if (!core.continuation)
		return NULL;
	TRY(resolve_state(heap, &core.continuation));
	return visit(core.continuation, context);
}

struct error *task_completion_sentinel(struct heap *heap, uint64_t *ret)
{
	static const char *const names[] = { "s_taskCompletionSentinel", NULL };
	struct value value;
	TRY(member_static(heap, "System.Threading.Tasks.Task", names, &value));
	*ret = member_of_value(&value);
	return NULL;
}
