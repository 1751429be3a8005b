#include "heap/tasks/members.h"

#include "base/cleanup.h"
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
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	const struct type **types;
	struct metadata *metadata;
	size_t count, unloaded;
	*ret = (struct value){ .kind = VALUE_UNREADABLE };
	TRY(clr_module_metadata_or_none(heap, heap->modules->core_library, &metadata));
	if (!metadata) {
		heap->met_unnamed = true;
		return NULL;
	}
	TRY(type_find(heap, class_name, &arena, &types, &count, &unloaded));
	for (size_t i = 0; i < count; i++)
		if (types[i]->module == heap->modules->core_library)
			return static_of(heap, types[i], names, ret);
	bool not_loaded = unloaded || !metadata_missing_bytes(metadata);
	heap->met_unnamed |= !not_loaded;
	if (not_loaded)
		ret->kind = VALUE_NULL;
	return NULL;
}
