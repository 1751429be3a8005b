#include "heap/tasks/members.h"

#include "heap/types/field.h"

/* What damage is to these functions. */
static struct error *forgive(struct error *error)
{
	if (error_take_damage(&error) || error_take(&error, ERROR_NOT_FOUND) ||
	    error_take(&error, ERROR_UNSUPPORTED))
		return NULL;
	return error;
}

struct error *member_object(struct heap *heap, uint64_t object, const char *name, uint64_t *ret)
{
	struct value value = { .kind = VALUE_UNREADABLE };
	*ret = 0;
	if (object)
		TRY(forgive(value_field_of_object(heap, object, name, &value)));
	*ret = member_of_value(&value);
	return NULL;
}

struct error *member_number(struct heap *heap, uint64_t object, const char *name, uint64_t *ret,
			    bool *ret_read)
{
	struct value value = { .kind = VALUE_UNREADABLE };
	if (object)
		TRY(forgive(value_field_of_object(heap, object, name, &value)));
	*ret_read = value.kind == VALUE_SIGNED || value.kind == VALUE_UNSIGNED ||
		    value.kind == VALUE_BOOLEAN || value.kind == VALUE_ENUM;
	*ret = *ret_read ? value.bits : 0;
	return NULL;
}

static struct error *static_read(struct heap *heap, const struct type_field *field,
				 struct value *ret)
{
	enum static_state state;
	uint64_t address;
	TRY(field_static_address(heap, field, NULL, &state, &address));
	if (state == STATIC_UNREADABLE)
		return NULL;
	if (state == STATIC_NOT_INITIALIZED && !address) {
		ret->kind = VALUE_NULL;
		return NULL;
	}
	return value_of_field(heap, field, address, ret);
}

static struct error *static_of(struct heap *heap, const struct type *type, const char *const *names,
			       struct value *ret)
{
	*ret = (struct value){ .kind = VALUE_UNREADABLE };
	for (const char *const *name = names; *name; name++) {
		const struct type_field *field = NULL;
		TRY(forgive(field_by_name(heap, type, *name, true, &field)));
		if (field)
			return forgive(static_read(heap, field, ret));
	}
	return NULL;
}

struct error *member_static(struct heap *heap, const char *class_name, const char *const *names,
			    struct value *ret)
{
	const struct type *type;
	enum class_state state;
	*ret = (struct value){ .kind = VALUE_UNREADABLE };
	TRY(core_class_find(heap, class_name, &type, &state));
	if (state == CLASS_LOADED)
		return static_of(heap, type, names, ret);
	heap->met_unnamed |= state == CLASS_UNNAMED;
	if (state == CLASS_NOT_LOADED || state == CLASS_UNDEFINED)
		ret->kind = VALUE_NULL;
	return NULL;
}
