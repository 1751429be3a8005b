#include "heap/values/exception.h"

#include "base/list.h"
#include "heap/clr_threads.h"

struct exception_layout {
	struct field message, inner, stack_trace, stack_trace_string, hresult; /* Exception */
	struct field trace_size;                                               /* its header */
	struct field ip, sp, method;                                           /* an element */
	uint32_t header_bytes, element_bytes;
};

#define SLOT(name) offsetof(struct exception_layout, name)
static const struct field_binding bindings[] = {
	{ "Exception", "_message", SLOT(message), true, 8 },
	{ "Exception", "_innerException", SLOT(inner), true, 8 },
	{ "Exception", "_stackTrace", SLOT(stack_trace), true, 8 },
	{ "Exception", "_stackTraceString", SLOT(stack_trace_string), true, 8 },
	{ "Exception", "_HResult", SLOT(hresult), true, 4 },
	{ "StackTraceArrayHeader", "Size", SLOT(trace_size), true, 4 },
	{ "StackTraceElement", "Ip", SLOT(ip), true, 8 },
	{ "StackTraceElement", "Sp", SLOT(sp), true, 8 },
	{ "StackTraceElement", "MethodDesc", SLOT(method), true, 8 },
};

static struct error *layout_bind(struct heap *heap, struct exception_layout *ret)
{
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), ret));
	if (!contract_type_size(heap->contract, "StackTraceArrayHeader", &ret->header_bytes) ||
	    !contract_type_size(heap->contract, "StackTraceElement", &ret->element_bytes) ||
	    !ret->element_bytes)
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's stack traces have an unknown form");
	return NULL;
}

static struct error *is_exception(struct heap *heap, const struct type *type, bool *ret)
{
	uint64_t variable, base;
	*ret = false;
	TRY(contract_require_global(heap->contract, "ExceptionMethodTable", &variable));
	TRY(reader_pointer(&heap->reader, variable, "the pointer to Exception's MethodTable",
			   &base));
	while (type && !*ret) {
		*ret = type->handle == base || type->parent_handle == base;
		if (!*ret)
			TRY(type_parent(heap, type, &type));
	}
	return NULL;
}

bool type_is_exception(struct heap *heap, const struct type *type)
{
	bool answer;
	struct error *error = is_exception(heap, type, &answer);
	heap->met_unnamed |= error != NULL;
	error_free(error);
	return !error && answer;
}

struct error *exception_read(struct heap *heap, uint64_t address, struct exception *ret)
{
	static const char what[] = "an exception";
	struct reader *reader = &heap->reader;
	struct exception_layout layout;
	uint64_t method_table, hresult;
	bool answer;
	*ret = (struct exception){ .address = address };
	TRY(layout_bind(heap, &layout));
	if (!heap_object_method_table(heap, address, &method_table))
		return error_fault(address, "cannot read an exception at %#llx",
				   (unsigned long long)address);
	TRY(type_at(heap, method_table, &ret->type));
	TRY(is_exception(heap, ret->type, &answer));
	if (!answer)
		return error_new(ERROR_BAD_DATA, "%#llx is no exception: it is a %s",
				 (unsigned long long)address, type_name(heap, ret->type, NULL));
	TRY(read_field(reader, address, layout.message, what, &ret->message));
	TRY(read_field(reader, address, layout.inner, what, &ret->inner));
	TRY(read_field(reader, address, layout.stack_trace, what, &ret->stack_trace));
	TRY(read_field(reader, address, layout.stack_trace_string, what, &ret->stack_trace_string));
	TRY(read_field(reader, address, layout.hresult, what, &hresult));
	ret->hresult = (uint32_t)hresult;
	return NULL;
}

/* src/coreclr/pal/prebuilt/inc/corerror.h, and the classes that CoreLib gives them to. */
static const struct {
	uint32_t hresult;
	const char *class_name;
} preallocated[] = {
	{ 0x8007000e, "System.OutOfMemoryException" },
	{ 0x800703e9, "System.StackOverflowException" },
	{ 0x80131506, "System.ExecutionEngineException" },
	{ 0x80131530, "System.Threading.ThreadAbortException" },
};

bool exception_is_preallocated(struct heap *heap, const struct exception *exception)
{
	if (exception->message || exception->inner || exception->stack_trace ||
	    exception->stack_trace_string)
		return false;
	for (size_t i = 0; i < COUNT_OF(preallocated); i++) {
		if (preallocated[i].hresult != exception->hresult)
			continue;
		const char *name = type_metadata_name(heap, exception->type);
		return !name || !strcmp(name, preallocated[i].class_name);
	}
	return false;
}

/* An array of bytes, or, where methods must be kept alive with it, an array of objects whose first
 * one is that (object.h: StackTraceArray). */
static struct error *trace_array(struct heap *heap, uint64_t object, uint64_t *ret)
{
	const struct type *type;
	uint64_t method_table, data;
	*ret = object;
	if (!heap_object_method_table(heap, object, &method_table))
		return error_fault(object, "cannot read a stack trace at %#llx",
				   (unsigned long long)object);
	struct error *error = type_at(heap, method_table, &type);
	if (error_take(&error, ERROR_FAULT))
		return NULL; /* its own size will show it */
	TRY(error);
	if (type->kind != TYPE_ARRAY || type->component_size != sizeof(uint64_t))
		return NULL;
	TRY(contract_require_global(heap->contract, "PtrArrayOffsetToDataArray", &data));
	return reader_pointer(&heap->reader, object + data, "a stack trace", ret);
}

static struct error *frame_read(struct heap *heap, const struct exception_layout *layout,
				uint64_t element, struct exception_frame *ret)
{
	static const char what[] = "a frame of a stack trace";
	TRY(read_field(&heap->reader, element, layout->ip, what, &ret->ip));
	TRY(read_field(&heap->reader, element, layout->sp, what, &ret->sp));
	return read_field(&heap->reader, element, layout->method, what, &ret->method);
}

struct error *exception_frames(struct heap *heap, const struct exception *exception,
			       struct arena *arena, struct exception_frame **ret, size_t *ret_count)
{
	static const char what[] = "a stack trace";
	struct exception_layout layout;
	uint64_t array, data, bytes, count;
	*ret_count = 0;
	*ret = NULL;
	if (!exception->stack_trace)
		return NULL;
	TRY(layout_bind(heap, &layout));
	TRY(trace_array(heap, exception->stack_trace, &array));
	TRY(contract_require_global(heap->contract, "PtrArrayOffsetToDataArray", &data));
	TRY(reader_unsigned(&heap->reader, array + heap->count_offset, 4, what, &bytes));
	TRY(read_field(&heap->reader, array + data, layout.trace_size, what, &count));
	if (count > LIMIT_STACK_TRACE_FRAMES ||
	    layout.header_bytes + count * layout.element_bytes > bytes)
		return error_new(ERROR_BAD_DATA,
				 "the stack trace at %#llx is damaged: %llu frames in %llu bytes",
				 (unsigned long long)array, (unsigned long long)count,
				 (unsigned long long)bytes);
	struct exception_frame *frames = arena_allocate_array(arena, count, sizeof(*frames));
	if (!frames)
		return &error_no_memory;
	for (uint64_t i = 0; i < count; i++) {
		TRY(task_check(heap->task, "reading a stack trace"));
		TRY(frame_read(heap, &layout,
			       array + data + layout.header_bytes + i * layout.element_bytes,
			       &frames[i]));
	}
	*ret = frames;
	*ret_count = (size_t)count;
	return NULL;
}

static struct error *tracker_field(struct heap *heap, uint64_t tracker, const char *name,
				   uint64_t *ret)
{
	struct field field;
	if (!contract_field(heap->contract, "ExceptionInfo", name, &field))
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's descriptor lacks "
				 "ExceptionInfo.%s",
				 name);
	return reader_pointer(&heap->reader, tracker + field.offset,
			      "an exception that is being handled", ret);
}

/* ExceptionInfo.ThrownObject is the object itself since .NET 11, before that a handle of it: what
 * is there shows which. */
static bool is_object(struct heap *heap, uint64_t address)
{
	uint64_t method_table;
	const struct type *type;
	if (!address || !heap_object_method_table(heap, address, &method_table))
		return false;
	struct error *error = type_at(heap, method_table, &type);
	error_free(error);
	return !error;
}

static struct error *handle_read(struct heap *heap, uint64_t handle, uint64_t *ret)
{
	*ret = 0;
	return handle ? reader_pointer(&heap->reader, handle, "a handle of an exception", ret)
		      : NULL;
}

struct error *exception_of_thread(struct heap *heap, const struct clr_thread *thread, uint64_t *ret)
{
	if (thread->exception_tracker) {
		TRY(tracker_field(heap, thread->exception_tracker, "ThrownObject", ret));
		if (is_object(heap, *ret))
			return NULL;
	}
	return handle_read(heap, thread->last_thrown, ret);
}

struct error *exception_nested(struct heap *heap, uint64_t *tracker, uint64_t *ret)
{
	*ret = 0;
	if (!*tracker)
		return NULL;
	TRY(tracker_field(heap, *tracker, "PreviousNestedInfo", tracker));
	if (!*tracker)
		return NULL;
	TRY(tracker_field(heap, *tracker, "ThrownObject", ret));
	return is_object(heap, *ret) ? NULL : handle_read(heap, *ret, ret);
}
