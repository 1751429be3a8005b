#include "heap/tasks/managed_task.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/tasks/members.h"
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
	if (!type || type->kind != TYPE_CLASS ||
	    !type_is(heap, type, "System.Threading.Tasks.Task"))
		return MANAGED_TASK_NONE;
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

struct error *managed_task_machine(struct heap *heap, uint64_t task, struct state_machine *ret)
{
	struct value machine, state;
	*ret = (struct state_machine){ 0 };
	TRY(value_field_of_object(heap, task, "StateMachine", &machine));
	if (machine.kind == VALUE_REFERENCE) /* a class, in debug builds */
		*ret = (struct state_machine){ .type = machine.type,
					       .address = object_fields(machine.bits) };
	else if (machine.kind == VALUE_STRUCT)
		*ret = (struct state_machine){ .type = machine.type, .address = machine.address };
	if (!ret->type)
		return NULL;
	TRY(value_field_of_struct(heap, ret->type, ret->address, "<>1__state", &state));
	ret->state_read = state.kind == VALUE_SIGNED;
	ret->state = (int32_t)state.bits;
	return NULL;
}

struct error *managed_task_name(struct heap *heap, uint64_t task, const struct type *type,
				const char **ret)
{
	const struct type *shown = type;
	if (managed_task_kind(heap, type) == MANAGED_TASK_METHOD) {
		struct state_machine machine;
		TRY(managed_task_machine(heap, task, &machine));
		if (machine.type)
			shown = machine.type;
	}
	TRY(type_name_prepare(heap, shown));
	*ret = type_name(heap, shown, NULL);
	return NULL;
}

static bool is_awaiter(const struct type_field *field)
{
	return !strncmp(field->name, "<>u__", 5);
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
		awaiters += is_awaiter(fields[i]);
	for (size_t i = 0; i < count; i++) {
		struct value awaiter;
		bool only = machine->state == 0 || awaiters == 1;
		if (!is_awaiter(fields[i]) || (only && strcmp(fields[i]->name, "<>u__1")))
			continue;
		TRY(value_of_field(heap, fields[i], machine->address, &awaiter));
		if (only || is_in_use(heap, &awaiter)) {
			*ret = awaiter;
			return NULL;
		}
	}
	return NULL;
}
