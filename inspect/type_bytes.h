/*
 * A byte for each type, by its index: what a walk of the heap has found out about it. A heap has
 * 10^7 objects of a few thousand types. Zeroed at first.
 */
#ifndef INSPECT_TYPE_BYTES_H
#define INSPECT_TYPE_BYTES_H

#include "base/error.h"

#include <stddef.h>

struct type_bytes {
	uint8_t *bytes;
	size_t count;
};

void type_bytes_deinit(struct type_bytes *types);
MUST_CHECK struct error *type_bytes_grow(struct type_bytes *types, uint32_t index);

/* The type's byte, 0 at first; it is there until the next call. ERROR_NO_MEMORY only. */
MUST_CHECK static inline struct error *type_byte(struct type_bytes *types, uint32_t index,
						 uint8_t **ret)
{
	if (__builtin_expect(index >= types->count, 0))
		TRY(type_bytes_grow(types, index));
	*ret = &types->bytes[index];
	return NULL;
}

/* The same of what is asked of each type once: `ask` answers it, never 0, and is called with the
 * heap's lock held; any thread may ask with bytes of its own. ERROR_NO_MEMORY only. */
struct heap;
struct type;
typedef uint8_t (*type_question)(struct heap *heap, const struct type *type);
MUST_CHECK struct error *type_byte_asked(struct type_bytes *types, struct heap *heap,
					 uint32_t index, type_question ask, uint8_t *ret);

#endif
