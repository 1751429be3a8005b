#include "inspect/sync_block_type.h"

#include "heap/gc/object_walk.h"

#include <inttypes.h>

struct error *sync_block_type(const struct question *question, const struct sync_block *block,
			      const struct type **ret)
{
	struct heap *heap = question->heap;
	struct gc_object object;
	*ret = NULL;
	if (!block->object)
		return NULL;
	struct error *error = object_read(heap, block->object, &object);
	if (!error)
		*ret = type_by_index(heap, object.type);
	else if (!error_take_damage(&error))
		return error;
	if (!*ret)
		question_missing(question, 0, "the object at %#" PRIx64 " cannot be read",
				 block->object);
	return NULL;
}
