#include "inspect/field_view.h"

#include "heap/clr_threads.h"

static struct error *static_read(const struct question *question, const struct clr_thread *thread,
				 struct field_view *view)
{
	enum static_state state;
	uint64_t address;
	view->state = FIELD_UNREADABLE;
	struct error *error =
		field_static_address(question->heap, view->field, thread, &state, &address);
	if (!error && state == STATIC_NOT_INITIALIZED)
		view->state = FIELD_UNINITIALIZED;
	if (!error && state == STATIC_READY) {
		error = value_of_field(question->heap, view->field, address, &view->value);
		if (!error)
			view->state = FIELD_HAS_VALUE;
	}
	if (error_take_damage(&error) || error_take(&error, ERROR_UNSUPPORTED))
		view->state = FIELD_UNREADABLE;
	TRY(error);
	if (view->state == FIELD_UNREADABLE)
		question_missing(question, 0, "the static %s could not be read", view->field->name);
	return NULL;
}

static struct error *value_find(const struct question *question, uint64_t base,
				struct field_view *view)
{
	view->state = FIELD_HAS_VALUE;
	if (view->field->is_thread_static) {
		view->state = FIELD_PER_THREAD;
	} else if (view->field->is_static) {
		TRY(static_read(question, NULL, view));
	} else if (base) {
		TRY(value_of_field(question->heap, view->field, base, &view->value));
	} else {
		view->state = FIELD_WITHOUT_INSTANCE;
	}
	/* So that JSON's null is not taken for a null reference. */
	if (view->state == FIELD_HAS_VALUE && view->value.kind == VALUE_UNREADABLE) {
		view->state = FIELD_UNREADABLE;
		question_missing(question, view->value.width, "the field %s could not be read",
				 view->field->name);
	}
	return NULL;
}

static bool is_value_type(const struct type *type)
{
	return type && !type_is_reference(type) && type->kind != TYPE_POINTER &&
	       type->kind != TYPE_FUNCTION_POINTER;
}

/* Where the module lacks its metadata, that is said once for all its fields. */
static void type_lost(const struct question *question, const struct type_field *field)
{
	const struct clr_module *module = field->declaring ? field->declaring->module : NULL;
	if (module && module->metadata_tried && !module->metadata)
		question->heap->met_unnamed = true;
	else
		question_missing(question, 0, "the type of the field %s could not be read",
				 field->name);
}

struct error *field_view_read(const struct question *question, const struct type_field *field,
			      uint64_t base, struct field_view *ret)
{
	*ret = (struct field_view){ .field = field };
	struct error *error = field_type(question->heap, field, &ret->type);
	if (error && !error_is_fatal(error)) {
		error_free(error);
		error = NULL;
		ret->type = NULL;
		type_lost(question, field);
	}
	TRY(error);
	ret->is_value_type = is_value_type(ret->type);
	return value_find(question, base, ret);
}

struct error *field_of_thread_read(const struct question *question, const struct type_field *field,
				   const struct clr_thread *thread, struct field_view *ret)
{
	*ret = (struct field_view){ .field = field };
	return static_read(question, thread, ret);
}
