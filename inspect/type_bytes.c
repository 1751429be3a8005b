#include "inspect/type_bytes.h"

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
