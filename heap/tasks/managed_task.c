#include "heap/tasks/managed_task.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/tasks/fsharp_task.h"
#include "heap/tasks/members.h"
#include "heap/tasks/value_task_source.h"
#include "heap/types/field.h"

/* Task.TaskStateFlags (Task.cs). */
enum {
	STATE_STARTED = 0x10000,
	STATE_DELEGATE_INVOKED = 0x20000,
	STATE_FAULTED = 0x200000,
	STATE_CANCELED = 0x400000,
	STATE_WAITING_ON_CHILDREN = 0x800000,
	STATE_RAN_TO_COMPLETION = 0x1000000,
	STATE_WAITING_FOR_ACTIVATION = 0x2000000,
};

static const struct {
	uint32_t bit;
	const char *name;
} shown_flags[] = {
	{ STATE_STARTED, "Started" },
	{ STATE_DELEGATE_INVOKED, "DelegateInvoked" },
	{ 0x40000, "Disposed" },
	{ 0x80000, "ExceptionObservedByParent" },
	{ 0x100000, "CancellationAcknowledged" },
	{ STATE_FAULTED, "Faulted" },
	{ STATE_CANCELED, "Canceled" },
	{ STATE_WAITING_ON_CHILDREN, "WaitingOnChildren" },
	{ STATE_RAN_TO_COMPLETION, "RanToCompletion" },
	{ 0x4000000, "CompletionReserved" },
};

enum managed_task_kind managed_task_kind(struct heap *heap, const struct type *type)
{
	static const char box[] = "System.Runtime.CompilerServices.AsyncTaskMethodBuilder`1+"
				  "AsyncStateMachineBox`1";
	static const char pooled[] = "System.Runtime.CompilerServices."
				     "PoolingAsyncValueTaskMethodBuilder`1+StateMachineBox`1";
	if (!type || type->kind != TYPE_CLASS)
		return MANAGED_TASK_NONE;
	if (!type_is(heap, type, "System.Threading.Tasks.Task"))
		return type_is(heap, type, pooled) ? MANAGED_TASK_POOLED : MANAGED_TASK_NONE;
	return type_is(heap, type, box) ? MANAGED_TASK_METHOD : MANAGED_TASK_PLAIN;
}

struct error *managed_task_flags(struct heap *heap, uint64_t task, uint32_t *ret, bool *ret_read)
{
	uint64_t flags;
	TRY(member_number(heap, task, "m_stateFlags", &flags, ret_read));
	*ret = (uint32_t)flags;
	return NULL;
}

bool managed_task_is_completed(uint32_t flags)
{
	return flags & (STATE_FAULTED | STATE_CANCELED | STATE_RAN_TO_COMPLETION);
}

const char *managed_task_status(uint32_t flags)
{
	if (flags & STATE_FAULTED)
		return "Faulted";
	if (flags & STATE_CANCELED)
		return "Canceled";
	if (flags & STATE_RAN_TO_COMPLETION)
		return "RanToCompletion";
	if (flags & STATE_WAITING_ON_CHILDREN)
		return "WaitingForChildrenToComplete";
	if (flags & STATE_DELEGATE_INVOKED)
		return "Running";
	if (flags & STATE_STARTED)
		return "WaitingToRun";
	if (flags & STATE_WAITING_FOR_ACTIVATION)
		return "WaitingForActivation";
	return flags ? NULL : "Created";
}

const char *managed_task_flags_text(uint32_t flags, struct arena *arena)
{
	const char *text = NULL;
	for (size_t i = 0; i < COUNT_OF(shown_flags); i++) {
		if (!(flags & shown_flags[i].bit))
			continue;
		text = text ? arena_printf(arena, "%s|%s", text, shown_flags[i].name)
			    : shown_flags[i].name;
		if (!text)
			return NULL;
	}
	return text ? text : " ";
}

/* Is a struct all zero? Large ones are read in parts. */
static struct error *is_zero(struct heap *heap, const struct value *value, bool *ret_read,
			     bool *ret)
{
	enum { PART_BYTES = 512 };
	uint8_t part[PART_BYTES];
	size_t size = value->type ? value->type->value_size : 0;
	*ret = *ret_read = size > 0;
	for (size_t at = 0; at < size && *ret; at += sizeof(part)) {
		size_t count = size - at < sizeof(part) ? size - at : sizeof(part);
		TRY(task_check(heap->task, "reading a state machine"));
		if (target_read_some(heap->target, value->address + at, part, count) != count)
			*ret = *ret_read = false;
		for (size_t i = 0; i < count && *ret; i++)
			*ret = !part[i];
	}
	return NULL;
}

/* A box in its pool has an empty state machine; one in use has itself in its builder, so that it
 * is never all zero. */
static struct error *pooled_progress(struct heap *heap, uint64_t box,
				     enum managed_task_progress *ret)
{
	struct value machine;
	struct value_task_core core;
	bool read, empty;
	*ret = PROGRESS_UNREADABLE;
	TRY(value_task_core_read(heap, box, "_valueTaskSource", &core));
	TRY(value_field_of_object(heap, box, "StateMachine", &machine));
	read = machine.kind == VALUE_REFERENCE || machine.kind == VALUE_NULL;
	empty = machine.kind == VALUE_NULL;
	if (machine.kind == VALUE_STRUCT)
		TRY(is_zero(heap, &machine, &read, &empty));
	if (!read || !core.is_read)
		return NULL;
	if (core.is_completed)
		*ret = PROGRESS_COMPLETED;
	else
		*ret = empty ? PROGRESS_IN_POOL : PROGRESS_UNDER_WAY;
	return NULL;
}

struct error *managed_task_progress(struct heap *heap, uint64_t task, enum managed_task_kind kind,
				    uint32_t *ret_flags, enum managed_task_progress *ret)
{
	bool read;
	*ret_flags = 0;
	if (kind == MANAGED_TASK_POOLED)
		return pooled_progress(heap, task, ret);
	TRY(managed_task_flags(heap, task, ret_flags, &read));
	if (!read)
		*ret = PROGRESS_UNREADABLE;
	else
		*ret = managed_task_is_completed(*ret_flags) ? PROGRESS_COMPLETED
							     : PROGRESS_UNDER_WAY;
	return NULL;
}

/* A machine of F#'s that could not be compiled as one keeps what comes next in an object. */
static struct error *fsharp_state(struct heap *heap, struct state_machine *machine,
				  const struct type_field *field)
{
	struct value point, dynamic;
	machine->is_fsharp = true;
	TRY(value_of_field(heap, field, machine->address, &point));
	TRY(value_field_of_struct(heap, machine->type, machine->address, "ResumptionDynamicInfo",
				  &dynamic));
	machine->has_no_state = point.kind == VALUE_SIGNED && dynamic.kind == VALUE_REFERENCE;
	machine->state_read = point.kind == VALUE_SIGNED && !machine->has_no_state;
	machine->state = (int32_t)((uint32_t)point.bits - 1);
	return NULL;
}

static struct error *machine_state(struct heap *heap, struct state_machine *machine)
{
	const struct type_field *field;
	struct value state;
	TRY(field_by_name(heap, machine->type, "<>1__state", false, &field));
	if (field) {
		TRY(value_of_field(heap, field, machine->address, &state));
		machine->state_read = state.kind == VALUE_SIGNED;
		machine->state = (int32_t)state.bits;
		return NULL;
	}
	TRY(field_by_name(heap, machine->type, "ResumptionPoint", false, &field));
	if (field)
		return fsharp_state(heap, machine, field);
	machine->has_no_state = true;
	return NULL;
}

struct error *managed_task_machine(struct heap *heap, uint64_t task, struct state_machine *ret)
{
	struct value machine;
	*ret = (struct state_machine){ 0 };
	TRY(value_field_of_object(heap, task, "StateMachine", &machine));
	if (machine.kind == VALUE_REFERENCE) /* a class: in debug builds, and async iterators */
		*ret = (struct state_machine){ .type = machine.type,
					       .address = object_fields(machine.bits),
					       .object = machine.bits };
	else if (machine.kind == VALUE_STRUCT)
		*ret = (struct state_machine){ .type = machine.type, .address = machine.address };
	ret->has_no_state = machine.kind == VALUE_NULL; /* completed: the box has let go of it */
	return ret->type ? machine_state(heap, ret) : NULL;
}

struct error *managed_task_name(struct heap *heap, uint64_t task, const struct type *type,
				const char **ret)
{
	const struct type *shown = type, *closure = NULL;
	if (managed_task_is_method(managed_task_kind(heap, type))) {
		struct state_machine machine;
		TRY(managed_task_machine(heap, task, &machine));
		if (machine.type)
			shown = machine.type;
		if (machine.is_fsharp && machine.has_no_state)
			TRY(fsharp_task_closure(heap, &machine, &closure));
		if (closure)
			shown = closure;
	}
	TRY(type_name_prepare(heap, shown));
	*ret = type_name(heap, shown, NULL);
	return NULL;
}

static bool is_awaiter(const struct state_machine *machine, const struct type_field *field)
{
	return machine->is_fsharp ? !strncmp(field->name, "awaiter", 7)
				  : !strncmp(field->name, "<>u__", 5);
}

/* The compiler sets an awaiter to zero when it is done with it. */
static bool is_in_use(struct heap *heap, const struct value *awaiter)
{
	enum { LOOKED_AT_BYTES = 64 };
	uint8_t bytes[LOOKED_AT_BYTES];
	if (awaiter->kind == VALUE_REFERENCE)
		return true;
	if (awaiter->kind != VALUE_STRUCT || !awaiter->type)
		return false;
	size_t size = awaiter->type->value_size;
	if (size > sizeof(bytes))
		size = sizeof(bytes);
	if (target_read_some(heap->target, awaiter->address, bytes, size) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return true;
	return false;
}

/* May this one be what is awaited? */
static bool is_candidate(const struct state_machine *machine, const struct type_field *field,
			 size_t awaiters)
{
	if (!is_awaiter(machine, field))
		return false;
	if (machine->is_fsharp)
		return awaiters == 1;
	return (machine->state != 0 && awaiters != 1) || !strcmp(field->name, "<>u__1");
}

struct error *state_machine_awaiter(struct heap *heap, const struct state_machine *machine,
				    struct value *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	const struct type_field **fields;
	size_t count, awaiters = 0;
	*ret = (struct value){ .kind = VALUE_UNREADABLE };
	if (!machine->type || !machine->state_read || machine->state < 0)
		return NULL;
	TRY(type_all_fields(heap, machine->type, false, &arena, &fields, &count));
	for (size_t i = 0; i < count; i++)
		awaiters += is_awaiter(machine, fields[i]);
	for (size_t i = 0; i < count; i++) {
		struct value awaiter;
		bool only = machine->state == 0 || awaiters == 1;
		if (!is_candidate(machine, fields[i], awaiters))
			continue;
		TRY(value_of_field(heap, fields[i], machine->address, &awaiter));
		if (only || is_in_use(heap, &awaiter)) {
			*ret = awaiter;
			return NULL;
		}
	}
	return NULL;
}
