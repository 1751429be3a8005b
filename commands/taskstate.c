/* taskstate: the status of a task. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/gc/object_walk.h"
#include "heap/tasks/managed_task.h"

#include <inttypes.h>

static struct error *flags_of_object(struct command_call *call, uint64_t *ret)
{
	struct heap *heap = call->question.heap;
	struct gc_object object;
	uint64_t address = call->subject.address;
	uint32_t flags = 0;
	bool read = false;
	if (!call->subject.given)
		return error_new(ERROR_USAGE, "the address of a task, or -v with its "
					      "m_stateFlags, is missing");
	TRY(object_read(heap, address, &object));
	const struct type *type = type_by_index(heap, object.type);
	enum managed_task_kind kind = managed_task_kind(heap, type);
	if (kind == MANAGED_TASK_NONE || kind == MANAGED_TASK_POOLED)
		return error_new(ERROR_UNSUPPORTED,
				 "%012" PRIx64 " is no task but a %s: -v takes the value of a "
				 "task's m_stateFlags",
				 address, type_name(heap, type, NULL));
	TRY(managed_task_flags(heap, address, &flags, &read));
	if (!read)
		return error_fault(address,
				   "m_stateFlags of the task at %012" PRIx64 " cannot be read",
				   address);
	*ret = flags;
	return NULL;
}

static struct error *taskstate_run(struct command_call *call)
{
	static const struct column columns[] = {
		{ "state_flags", NULL, CELL_INTEGER, 0 },
		{ "state", "", CELL_TEXT, 0 },
	};
	uint64_t flags = 0;
	if (arguments_has(call->arguments, "-v"))
		TRY(arguments_number(call->arguments, "-v", &flags));
	else
		TRY(flags_of_object(call, &flags));
	const char *status = flags > UINT32_MAX ? NULL : managed_task_status((uint32_t)flags);
	if (!status)
		return error_new(ERROR_BAD_DATA, "no task has the state flags %" PRIu64, flags);
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	output_unsigned(call->out, flags);
	output_text(call->out, status);
	output_record_end(call->out);
	return NULL;
}

static const char *const value_names[] = { "--value", NULL };
static const struct option options[] = {
	{ "-v", "VALUE", "the value of a task's m_stateFlags (decimal, or 0x…)", value_names },
	{ 0 },
};
static const char *const aliases[] = { "tks", NULL };
static const char *const examples[] = { "taskstate Demo.Running.Asyncs.Pending", "tks -v 33555456",
					NULL };
const struct command command_taskstate = {
	.name = "taskstate",
	.aliases = aliases,
	.summary = "show the status of a task, or what a value of m_stateFlags means",
	.usage = "taskstate ADDRESS|PATH | -v VALUE", /* one or the other */
	.options = options,
	.subject = { .kind = SUBJECT_OBJECT, .what = "a task", .optional = true },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = taskstate_run,
};
