#include "inspect/runtime_types.h"

#include "heap/values/value.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

struct search {
	const struct question *question;
	runtime_type_visitor visit;
	void *context;
};

static struct error *found(const struct search *search, uint64_t object)
{
	struct heap *heap = search->question->heap;
	struct runtime_type type = { .object = object };
	struct value handle;
	TRY(value_field_of_object(heap, object, "m_handle", &handle));
	if (handle.kind == VALUE_UNREADABLE) {
		question_missing(search->question, sizeof(uint64_t),
				 "the handle of the type %#" PRIx64 " could not be read", object);
		return NULL;
	}
	type.handle = handle.bits;
	struct error *error = type_at(heap, handle.bits, &type.type);
	if (error_take_damage(&error)) {
		type.type = NULL;
		question_missing(search->question, 0,
				 "types that System.RuntimeType objects are for could not be read");
	}
	TRY(error);
	return search->visit(&type, search->context);
}

static struct error *runtime_types_object(const struct gc_object *object, void *context)
{
	return found(context, object->address);
}

static struct error *is_runtime_type(void *context, const struct type *type, bool *ret)
{
	const struct search *search = context;
	struct heap *heap = search->question->heap;
	const char *name = type->module && type->module == heap->modules->core_library
				   ? type_metadata_name(heap, type)
				   : NULL;
	*ret = name && !strcmp(name, "System.RuntimeType");
	return NULL;
}

struct error *runtime_types_visit(const struct question *question, runtime_type_visitor visit,
				  void *context)
{
	struct search search = { .question = question, .visit = visit, .context = context };
	struct heap_filter filter;
	heap_filter_init_all(&filter, question);
	filter.wants = is_runtime_type;
	filter.wants_context = &search;
	struct error *error = heap_filter_walk(&filter, runtime_types_object, &search);
	heap_filter_deinit(&filter);
	return error;
}
