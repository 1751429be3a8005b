#include "inspect/type_bytes.h"

#include "heap/types/type.h"

#include <stdlib.h>
#include <string.h>

void type_bytes_deinit(struct type_bytes *types)
{
	free(types->bytes);
	*types = (struct type_bytes){ 0 };
}

struct error *type_bytes_grow(struct type_bytes *types, uint32_t index)
{
	size_t count = ((size_t)index + 1) * 2;
	uint8_t *bytes = realloc(types->bytes, count);
	if (!bytes)
		return &error_no_memory;
	memset(bytes + types->count, 0, count - types->count);
	types->bytes = bytes;
	types->count = count;
	return NULL;
}

struct error *type_byte_asked(struct type_bytes *types, struct heap *heap, uint32_t index,
			      type_question ask, uint8_t *ret)
{
	uint8_t *known;
	TRY(type_byte(types, index, &known));
	if (__builtin_expect(!*known, 0)) {
		heap_lock(heap);
		*known = ask(heap, type_by_index(heap, index));
		heap_unlock(heap);
	}
	*ret = *known;
	return NULL;
}
