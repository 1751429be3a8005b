#include "inspect/object_view.h"

#include "base/limits.h"

#include <inttypes.h>

struct error *object_view_read(const struct question *question, uint64_t address,
			       struct object_view *ret)
{
	struct heap *heap = question->heap;
	*ret = (struct object_view){ 0 };
	TRY(object_read(heap, address, &ret->object));
	TRY(type_at(heap, ret->object.method_table, &ret->type));
	ret->is_string = ret->type->kind == TYPE_STRING;
	ret->is_array = ret->type->kind == TYPE_ARRAY;
	if (ret->is_array)
		TRY(array_read(heap, address, &ret->shape));
	return NULL;
}

struct error *object_view_or_missing(const struct question *question, uint64_t address,
				     struct object_view *view, bool *ret_readable)
{
	struct error *error = object_view_read(question, address, view);
	*ret_readable = !error;
	if (error_take_damage(&error))
		question_missing(question, 0, "the object at %#" PRIx64 " could not be read",
				 address);
	return error;
}

struct error *object_view_string(const struct question *question, const struct object_view *view,
				 struct string_view *ret)
{
	*ret = (struct string_view){ 0 };
	struct error *error =
		string_read(question->heap, view->object.address, LIMIT_SHOWN_STRING_UNITS,
			    question->scratch, &ret->units, &ret->count, &ret->length);
	if (error_take_damage(&error))
		question_missing(question, view->object.size,
				 "the string at %#" PRIx64 " could not be read",
				 view->object.address);
	return error;
}

struct error *object_thin_lock(const struct question *question, uint64_t address,
			       struct thin_lock *ret, bool *ret_is_held)
{
	struct heap *heap = question->heap;
	struct sync_blocks layout;
	*ret_is_held = false;
	struct error *error = thin_locks_open(heap, &layout);
	if (error_take(&error, ERROR_UNSUPPORTED))
		return NULL;
	TRY(error);
	*ret_is_held = thin_lock_read(&layout, &heap->reader, address, ret);
	return NULL;
}
