#include "heap/code/precode.h"

#include "heap/types/method.h"

enum { PRECODE_BYTES = 20 }; /* enough of either to know it by */

struct error *precode_method(struct heap *heap, uint64_t entry, uint64_t *ret)
{
	const struct architecture *architecture = heap->target->architecture;
	uint64_t data, method;
	struct method read;
	*ret = 0;
	bool tried = heap->reader.tries;
	heap->reader.tries = true; /* code may be another's, and not in the dump */
	const uint8_t *code = reader_borrow(&heap->reader, entry, PRECODE_BYTES);
	heap->reader.tries = tried;
	if (!code || !architecture)
		return NULL;
	data = architecture->stub_data(code, PRECODE_BYTES, entry);
	if (!data || !reader_u64(&heap->reader, data, &method))
		return NULL;
	struct error *error = method_at(heap, method, &read);
	if (!error)
		*ret = method;
	if (error_take_damage(&error))
		return NULL;
	return error;
}
