#include "heap/tasks/value_task_source.h"

#include "heap/tasks/members.h"

static bool is_reference(const struct value *value)
{
	return value->kind == VALUE_REFERENCE || value->kind == VALUE_NULL;
}

/* The callback that a core has from its completion on. */
static struct error *sentinel_read(struct heap *heap, const struct value **ret)
{
	static const char *const names[] = { "s_sentinel", NULL };
	struct value *sentinel;
	*ret = heap->source_sentinel;
	if (*ret)
		return NULL;
	sentinel = arena_allocate(&heap->arena, sizeof(*sentinel));
	if (!sentinel)
		return &error_no_memory;
	TRY(member_static(heap,
			  "System.Threading.Tasks.Sources.ManualResetValueTaskSourceCoreShared",
			  names, sentinel));
	*ret = heap->source_sentinel = sentinel;
	return NULL;
}

/* Is it complete? A core without a callback is not, whatever it keeps. */
static struct error *completion_read(struct heap *heap, const struct value *core,
				     const struct value *callback, struct value_task_core *ret)
{
	const struct type_field *field;
	const struct value *sentinel;
	struct value completed;
	TRY(field_by_name(heap, core->type, "_completed", false, &field));
	if (field) {
		TRY(value_of_field(heap, field, core->address, &completed));
		ret->is_read = completed.kind == VALUE_BOOLEAN;
		ret->is_completed = ret->is_read && completed.bits;
		return NULL;
	}
	ret->is_read = true;
	if (callback->kind == VALUE_NULL)
		return NULL;
	TRY(sentinel_read(heap, &sentinel));
	ret->is_read = is_reference(sentinel);
	ret->is_completed = sentinel->kind == VALUE_REFERENCE && sentinel->bits == callback->bits;
	return NULL;
}

static struct error *core_read(struct heap *heap, const struct value *core,
			       struct value_task_core *ret)
{
	struct value callback, state;
	TRY(value_field_of_struct(heap, core->type, core->address, "_continuation", &callback));
	TRY(value_field_of_struct(heap, core->type, core->address, "_continuationState", &state));
	if (!is_reference(&callback) || !is_reference(&state))
		return NULL;
	TRY(completion_read(heap, core, &callback, ret));
	/* The state is set before the callback, and outlives the call. */
	if (ret->is_read && !ret->is_completed && callback.kind == VALUE_REFERENCE)
		ret->continuation = state.kind == VALUE_REFERENCE ? state.bits : callback.bits;
	return NULL;
}

struct error *value_task_core_read(struct heap *heap, uint64_t object, const char *field,
				   struct value_task_core *ret)
{
	const struct type_field *place = NULL;
	const struct type *type;
	struct value core;
	*ret = (struct value_task_core){ 0 };
	TRY(object_type(heap, object, &type));
	if (type)
		TRY(field_by_name(heap, type, field, false, &place));
	ret->is_there = place;
	if (!place)
		return NULL;
	TRY(value_of_field(heap, place, object_fields(object), &core));
	return core.kind == VALUE_STRUCT && core.type ? core_read(heap, &core, ret) : NULL;
}

struct error *value_task_source_of_awaiter(struct heap *heap, const struct value *awaiter,
					   uint64_t *ret)
{
	struct value task, object;
	*ret = 0;
	if (awaiter->kind != VALUE_STRUCT || !awaiter->type)
		return NULL;
	TRY(value_field_of_struct(heap, awaiter->type, awaiter->address, "_value", &task));
	if (task.kind != VALUE_STRUCT || !task.type)
		return NULL;
	TRY(value_field_of_struct(heap, task.type, task.address, "_obj", &object));
	*ret = member_of_value(&object);
	return NULL;
}
