#include "heap/tasks/callback.h"

#include "heap/code/method_code.h"
#include "heap/tasks/members.h"

/* What cannot be found out is not shown. */
static struct error *forgive(struct error *error)
{
	if (error_take_damage(&error) || error_take(&error, ERROR_UNSUPPORTED))
		return NULL;
	return error;
}

/* The method that one of the delegate's two pointers leads to; *ret.address 0: none. */
static struct error *method_behind(struct heap *heap, uint64_t delegate, const char *field,
				   struct method *ret)
{
	uint64_t entry, address = 0;
	bool read;
	*ret = (struct method){ 0 };
	TRY(member_number(heap, delegate, field, &entry, &read));
	if (!read || !entry)
		return NULL;
	TRY(forgive(method_of_entry(heap, entry, &address)));
	if (!address)
		return NULL;
	struct method method;
	struct error *error = method_at(heap, address, &method);
	if (!error)
		*ret = method;
	return forgive(error);
}

struct error *callback_method(struct heap *heap, uint64_t delegate, struct method *ret)
{
	TRY(method_behind(heap, delegate, "_methodPtrAux", ret));
	return ret->address ? NULL : method_behind(heap, delegate, "_methodPtr", ret);
}

/* Its own name, without its class and parameters; NULL: not in the metadata. */
static struct error *short_name(struct heap *heap, const struct method *method, const char **ret)
{
	struct metadata *metadata;
	struct member member;
	*ret = NULL;
	if (!method->token)
		return NULL;
	TRY(clr_module_metadata_or_none(heap, method->owner->module, &metadata));
	if (metadata && metadata_method(metadata, token_row(method->token), &member))
		*ret = member.name;
	return NULL;
}

static struct error *target_of(struct heap *heap, uint64_t delegate, const struct type **ret)
{
	uint64_t target;
	*ret = NULL;
	TRY(member_object(heap, delegate, "_target", &target));
	if (target && target != delegate)
		TRY(object_type(heap, target, ret));
	return *ret ? type_name_prepare(heap, *ret) : NULL;
}

struct error *callback_name(struct heap *heap, uint64_t delegate, struct arena *arena,
			    const char **ret)
{
	const struct type *target;
	struct method method;
	const char *name = NULL;
	*ret = "";
	TRY(target_of(heap, delegate, &target));
	TRY(callback_method(heap, delegate, &method));
	if (method.address)
		TRY(short_name(heap, &method, &name));
	if (!name && !target)
		return NULL;
	if (name)
		TRY(type_name_prepare(heap, method.owner));
	bool own = name && (!target || target->handle == method.owner->handle);
	if (!name)
		*ret = arena_printf(arena, "(%s)", type_name(heap, target, NULL));
	else if (own)
		*ret = arena_printf(arena, "%s.%s", type_name(heap, method.owner, NULL), name);
	else
		*ret = arena_printf(arena, "(%s)%s.%s", type_name(heap, target, NULL),
				    type_name(heap, method.owner, NULL), name);
	return *ret ? NULL : &error_no_memory;
}
