#include "inspect/runtime_types.h"

#include "heap/values/value.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

struct search {
	const struct question *question;
	const struct type *class; /* System.RuntimeType; NULL until met */
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
	if (error_is_fatal(error))
		return error;
	if (error)
		type.type = NULL;
	error_free(error);
	return search->visit(&type, search->context);
}

static struct error *runtime_types_object(const struct gc_object *object, void *context)
{
	struct search *search = context;
	struct heap *heap = search->question->heap;
	if (object->is_free)
		return NULL;
	const struct type *type = type_by_index(heap, object->type);
	if (!search->class && type->module == heap->modules->core_library) {
		const char *name = type_metadata_name(heap, type);
		if (name && !strcmp(name, "System.RuntimeType"))
			search->class = type;
	}
	return type == search->class ? found(search, object->address) : NULL;
}

struct error *runtime_types_visit(const struct question *question, runtime_type_visitor visit,
				  void *context)
{
	struct search search = { .question = question, .visit = visit, .context = context };
	struct heap_filter filter;
	heap_filter_init_all(&filter, question);
	struct error *error = heap_filter_walk(&filter, runtime_types_object, &search);
	heap_filter_deinit(&filter);
	return error;
}
