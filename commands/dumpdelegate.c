/* dumpdelegate: what a delegate calls. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/values/value.h"
#include "inspect/method_view.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "delegate", NULL, CELL_ADDRESS, 0 },  { "target", "Target", CELL_ADDRESS_WIDE, -16 },
	{ "target_type", NULL, CELL_VALUE, 0 }, { "method_desc", "Method", CELL_ADDRESS_WIDE, -16 },
	{ "method", "Name", CELL_TEXT, 0 },
};

/* The bits of a field; `found` false: the class has none of this name, or it is unreadable. */
static struct error *field_bits(struct heap *heap, uint64_t object, const char *name, uint64_t *ret,
				bool *found)
{
	struct value value;
	TRY(value_field_of_object(heap, object, name, &value));
	*found = value.kind != VALUE_UNREADABLE;
	*ret = *found && value.kind != VALUE_NULL ? value.bits : 0;
	return NULL;
}

/* The list of a multicast delegate, and how many of it count; *ret_list 0: a delegate of one
 * method. Since .NET 11 the two stand in fields that serve other kinds of delegates too; before,
 * the list may be an object that is only kept alive. */
static struct error *invocations(struct heap *heap, uint64_t delegate, struct array_shape *list,
				 uint64_t *ret_count)
{
	uint64_t object, count;
	bool found;
	*ret_count = 0;
	TRY(field_bits(heap, delegate, "_invocationList", &object, &found));
	if (!found)
		TRY(field_bits(heap, delegate, "_helperObject", &object, &found));
	if (!found || !object)
		return NULL;
	TRY(field_bits(heap, delegate, "_invocationCount", &count, &found));
	if (!found)
		TRY(field_bits(heap, delegate, "_extraData", &count, &found));
	struct error *error = array_read(heap, object, list);
	if (error_take_damage(&error))
		return NULL;
	TRY(error);
	bool is_list = list->element && (type_is_reference(list->element) ||
					 type_is(heap, list->element, "System.Delegate+Wrapper"));
	if (found && count <= list->count && is_list)
		*ret_count = count;
	return NULL;
}

/* _methodPtrAux holds the method of a delegate without a first argument, whose _methodPtr is a
 * stub that moves the arguments. */
static struct error *method_of(struct heap *heap, uint64_t delegate, uint64_t *ret)
{
	uint64_t pointer;
	bool found;
	*ret = 0;
	TRY(field_bits(heap, delegate, "_methodPtrAux", &pointer, &found));
	if (!pointer)
		TRY(field_bits(heap, delegate, "_methodPtr", &pointer, &found));
	return method_of_entry(heap, pointer, ret);
}

static void target_cells(struct command_call *call, uint64_t target)
{
	uint64_t method_table;
	const struct type *type = NULL;
	output_address(call->out, target);
	if (target && heap_object_method_table(call->question.heap, target, &method_table))
		error_free(type_at(call->question.heap, method_table, &type));
	output_text_or_null(call->out, type ? type_name(call->question.heap, type, NULL) : NULL);
}

static struct error *print_one(struct command_call *call, uint64_t delegate)
{
	uint64_t target, method;
	const char *name = NULL;
	bool found;
	TRY(field_bits(call->question.heap, delegate, "_target", &target, &found));
	if (!found)
		return error_new(ERROR_FAULT, "cannot read the target of the delegate at %#" PRIx64,
				 delegate);
	TRY(method_of(call->question.heap, delegate, &method));
	if (method)
		TRY(method_name_or_missing(&call->question, method, &name));
	output_row_begin(call->out);
	output_address(call->out, delegate);
	target_cells(call, target);
	output_address(call->out, method);
	output_text_or(call->out, name, "(unknown)");
	output_row_end(call->out);
	return NULL;
}

static struct error *print_all(struct command_call *call, uint64_t delegate)
{
	struct array_shape list;
	struct value element;
	uint64_t count;
	TRY(invocations(call->question.heap, delegate, &list, &count));
	if (!count)
		return print_one(call, delegate);
	for (uint64_t i = 0; i < count && i < LIMIT_INVOCATIONS; i++) {
		TRY(task_check(call->question.task, "listing a delegate's methods"));
		TRY(array_element(call->question.heap, &list, i, &element));
		if (element.kind == VALUE_STRUCT) /* a Delegate.Wrapper, since .NET 11 */
			TRY(value_field_of_struct(call->question.heap, element.type,
						  element.address, "Value", &element));
		if (element.kind == VALUE_REFERENCE)
			TRY(print_one(call, element.bits));
		else
			question_missing(&call->question, 0,
					 "a method of the delegate at %#" PRIx64 " %s", delegate,
					 target_lacks_it(call->question.target));
	}
	return NULL;
}

static struct error *dumpdelegate_run(struct command_call *call)
{
	uint64_t delegate = call->subject.address, method_table;
	const struct type *type;
	if (!heap_object_method_table(call->question.heap, delegate, &method_table))
		return error_fault(delegate, "cannot read an object at %#" PRIx64, delegate);
	TRY(type_at(call->question.heap, method_table, &type));
	if (!type_is(call->question.heap, type, "System.Delegate"))
		return error_new(ERROR_BAD_DATA, "%#" PRIx64 " is no delegate: it is a %s",
				 delegate, type_name(call->question.heap, type, NULL));
	output_table_begin(call->out, "delegates", columns, COUNT_OF(columns), true);
	struct error *error = print_all(call, delegate);
	output_table_end(call->out);
	return error;
}

static const char *const examples[] = { "dumpdelegate 7f68dd011a30", NULL };
const struct command command_dumpdelegate = {
	.name = "dumpdelegate",
	.summary = "show what a delegate calls: object and method",
	.usage = "dumpdelegate ADDRESS|PATH",
	.description =
		"Of a delegate of several methods each has a line, in the order in which they "
		"are called. A method is (unknown) when the delegate leads to it through a "
		"stub of another kind than the runtime's entry points.",
	.subject = { .kind = SUBJECT_OBJECT, .what = "a delegate" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpdelegate_run,
};
