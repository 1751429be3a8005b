/* The types that a type is derived from. */
#include "base/limits.h"
#include "heap/types/type_system.h"

/* Counts a type's parents, and so finds a circle. Up to one that cannot be read: that is asked for
 * anew each time. */
static struct error *count_parents(struct heap *heap, const struct type *type)
{
	struct type_record *record = type_record_of(type);
	const struct type *level = type;
	unsigned count = 0;
	while (level->parent_handle && !type_record_of(level)->parents_known) {
		struct error *error = type_at(heap, level->parent_handle, &level);
		if (error_is_fatal(error))
			return error;
		error_free(error);
		if (error)
			return NULL;
		if (++count > LIMIT_PARENT_CHAIN)
			break;
	}
	count += type_record_of(level)->parents;
	if (count > LIMIT_PARENT_CHAIN)
		return error_new(ERROR_BAD_DATA, "%s has more than %d parents",
				 type_name(heap, type, NULL), LIMIT_PARENT_CHAIN);
	record->parents = count;
	record->parents_known = true;
	return NULL;
}

struct error *type_parent(struct heap *heap, const struct type *type, const struct type **ret)
{
	*ret = NULL;
	if (!type_record_of(type)->parents_known)
		TRY(count_parents(heap, type));
	return type->parent_handle ? type_at(heap, type->parent_handle, ret) : NULL;
}
