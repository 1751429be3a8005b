/* The types that a type is derived from, and the question whether one of a name is among them. */
#include "base/limits.h"
#include "base/text.h"
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

/* May a type without a name be one of .NET's own, which all that are asked for are? */
static bool may_be_asked_for(const struct type *type)
{
	const char *file = type->module ? path_file_name(type->module->path) : "";
	if (type->kind == TYPE_ARRAY || token_table(type->token) != TABLE_TYPE_DEF ||
	    !token_row(type->token))
		return false;
	return !*file || text_begins_with(file, "System.") || text_begins_with(file, "Microsoft.");
}

bool type_is(struct heap *heap, const struct type *type, const char *metadata_name)
{
	bool unknown = false;
	struct error *error = NULL;
	while (type && !error) {
		const char *name = type->kind == TYPE_ARRAY ? NULL : type_metadata_name(heap, type);
		if (name && strcmp(name, metadata_name) == 0)
			return true;
		unknown |= !name && may_be_asked_for(type);
		error = type_parent(heap, type, &type);
	}
	heap->met_unnamed |= unknown || error;
	error_free(error);
	return false;
}
