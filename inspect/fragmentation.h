/* Large free blocks that an object follows, which is what keeps the GC from giving them back. */
#ifndef INSPECT_FRAGMENTATION_H
#define INSPECT_FRAGMENTATION_H

#include "heap/gc/object_walk.h"
#include "inspect/question.h"

struct fragment {
	struct gc_object free, next;
};

struct fragmentation {
	const struct gc_heap *gc;
	struct gc_object last; /* a free block large enough; address 0: none */
	struct fragment *fragments;
	size_t count, capacity;
};

void fragmentation_init(struct fragmentation *fragmentation, const struct question *question);
void fragmentation_deinit(struct fragmentation *fragmentation);

/* Objects in the order of the walk. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *fragmentation_add(struct fragmentation *fragmentation,
					   const struct gc_object *object);

/* Of many objects: most stand after no free block, and are not looked at. */
MUST_CHECK static inline struct error *fragmentation_add_all(struct fragmentation *fragmentation,
							     const struct gc_object *objects,
							     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (__builtin_expect(objects[i].is_free || fragmentation->last.address, 0))
			TRY(fragmentation_add(fragmentation, &objects[i]));
	return NULL;
}

/* What a worker found in its spans comes to the others', by address. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *fragmentation_merge(struct fragmentation *to,
					     const struct fragmentation *from);

#endif
