#include "heap/values/object_type.h"

struct error *object_type(struct heap *heap, uint64_t object, const struct type **ret)
{
	uint64_t method_table;
	*ret = NULL;
	if (!object || !heap_object_method_table(heap, object, &method_table))
		return NULL;
	struct error *error = type_at(heap, method_table, ret);
	if (!error || error_is_fatal(error))
		return error;
	error_free(error);
	*ret = NULL;
	return NULL;
}
