#include "base/cleanup.h"
#include "base/limits.h"
#include "heap/collections/collection.h"

struct error *collection_count(struct heap *heap, const struct value *value,
			       const struct task *task, uint64_t *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	struct collection collection;
	struct value key, element;
	uint64_t index;
	bool more;
	*ret = 0;
	TRY(collection_open(heap, value, &arena, &collection, &more));
	if (more && collection.count_known) {
		*ret = collection.count;
		return NULL;
	}
	while (more) {
		TRY(collection_next(&collection, &key, &element, &index, &more));
		*ret += more;
		TRY(task_check(task, "counting elements"));
	}
	if (collection.damage)
		return error_fault(collection.address,
				   "the elements of the %s at %#llx cannot be counted: %s",
				   type_name(heap, value->type, NULL),
				   (unsigned long long)collection.address, collection.damage);
	return NULL;
}
