#include "heap/tasks/callback.h"

#include "heap/tasks/members.h"

struct error *callback_name(struct heap *heap, uint64_t delegate, struct arena *arena,
			    const char **ret)
{
	const struct type *type;
	uint64_t target;
	*ret = "";
	TRY(member_object(heap, delegate, "_target", &target));
	if (!target || target == delegate)
		return NULL;
	TRY(member_type(heap, target, &type));
	if (!type)
		return NULL;
	TRY(type_name_prepare(heap, type));
	*ret = arena_printf(arena, "(%s)", type_name(heap, type, NULL));
	return *ret ? NULL : &error_no_memory;
}
