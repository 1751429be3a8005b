#include "inspect/delegate_view.h"

#include "base/limits.h"
#include "heap/code/method_code.h"
#include "heap/values/object_type.h"
#include "heap/values/value.h"
#include "inspect/method_view.h"

#include <inttypes.h>

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
 * method. Since .NET 11 the two are in fields that serve other kinds of delegates too; before,
 * the list may be an object that is only kept alive. */
static struct error *invocations(const struct question *question, uint64_t delegate,
				 struct array_shape *list, uint64_t *ret_count)
{
	struct heap *heap = question->heap;
	const struct type *type;
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
	TRY(object_type(heap, object, &type));
	if (!type)
		question_missing(question, 0,
				 "the object at %#" PRIx64
				 ", which may be the list of the delegate at "
				 "%#" PRIx64 ", cannot be read",
				 object, delegate);
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

/* _methodPtrAux holds the method of a delegate without a first argument; its _methodPtr is a
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

static struct error *call_read(const struct question *question, uint64_t delegate,
			       struct delegate_call *ret)
{
	struct heap *heap = question->heap;
	bool found;
	*ret = (struct delegate_call){ .delegate = delegate };
	TRY(field_bits(heap, delegate, "_target", &ret->target, &found));
	if (!found)
		return error_new(ERROR_FAULT, "cannot read the target of the delegate at %#" PRIx64,
				 delegate);
	TRY(method_of(heap, delegate, &ret->method));
	if (ret->method)
		TRY(method_name_or_missing(question, ret->method, &ret->method_name));
	return object_type(heap, ret->target, &ret->target_type);
}

static struct error *call_visit(const struct question *question, uint64_t delegate,
				delegate_visitor visit, void *context)
{
	struct delegate_call call;
	TRY(call_read(question, delegate, &call));
	return visit(&call, context);
}

static struct error *list_visit(const struct question *question, uint64_t delegate,
				const struct array_shape *list, uint64_t count,
				delegate_visitor visit, void *context)
{
	struct value element;
	for (uint64_t i = 0; i < count && i < LIMIT_INVOCATIONS; i++) {
		TRY(task_check(question->task, "listing a delegate's methods"));
		TRY(array_element(question->heap, list, i, &element));
		if (element.kind == VALUE_STRUCT) /* a Delegate.Wrapper, since .NET 11 */
			TRY(value_field_of_struct(question->heap, element.type, element.address,
						  "Value", &element));
		if (element.kind == VALUE_REFERENCE)
			TRY(call_visit(question, element.bits, visit, context));
		else
			question_missing(question, 0, "a method of the delegate at %#" PRIx64 " %s",
					 delegate, target_lacks_it(question->target));
	}
	if (count > LIMIT_INVOCATIONS)
		question_missing(question, 0,
				 "of the delegate at %#" PRIx64 " the first %d methods of %" PRIu64
				 " are read",
				 delegate, LIMIT_INVOCATIONS, count);
	return NULL;
}

struct error *delegate_check(const struct question *question, uint64_t delegate)
{
	struct heap *heap = question->heap;
	const struct type *type;
	uint64_t method_table;
	if (!heap_object_method_table(heap, delegate, &method_table))
		return error_fault(delegate, "cannot read an object at %#" PRIx64, delegate);
	TRY(type_at(heap, method_table, &type));
	if (type_is(heap, type, "System.Delegate"))
		return NULL;
	return error_new(ERROR_BAD_DATA, "%#" PRIx64 " is no delegate: it is a %s", delegate,
			 type_name(heap, type, NULL));
}

struct error *delegate_visit(const struct question *question, uint64_t delegate,
			     delegate_visitor visit, void *context)
{
	struct array_shape list;
	uint64_t count;
	TRY(invocations(question, delegate, &list, &count));
	return count ? list_visit(question, delegate, &list, count, visit, context)
		     : call_visit(question, delegate, visit, context);
}
