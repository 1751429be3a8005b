#include "heap/types/gc_description.h"

#include "base/limits.h"

/* gcdesc.h: below the MethodTable stands the number of series, below that the series: {size -
 * object size, start}. */
enum { WORD = sizeof(uint64_t), SERIES = 2 * WORD };

struct error *gc_description_word(struct heap *heap, uint64_t method_table, uint64_t below,
				  uint64_t *ret)
{
	return reader_pointer(&heap->reader, method_table - below, "the GC's description of a type",
			      ret);
}

struct error *gc_description_count(struct heap *heap, uint64_t method_table, int64_t *ret)
{
	return gc_description_word(heap, method_table, WORD, (uint64_t *)ret);
}

struct error *gc_description_visit(struct heap *heap, uint64_t method_table, uint64_t size,
				   reference_run_visitor visit, void *context)
{
	int64_t count;
	TRY(gc_description_count(heap, method_table, &count));
	bool fits = count >= 0 && count <= LIMIT_GC_SERIES;
	for (int64_t i = 0; i < count && fits; i++) {
		uint64_t bytes, start, below = WORD + ((uint64_t)i + 1) * SERIES;
		TRY(gc_description_word(heap, method_table, below, &bytes));
		TRY(gc_description_word(heap, method_table, below - WORD, &start));
		bytes += size;
		fits = bytes % WORD == 0 && start % WORD == 0 && start >= WORD && start <= size &&
		       bytes <= size - start;
		if (fits)
			TRY(visit(start, bytes / WORD, context));
	}
	if (fits)
		return NULL;
	return error_new(ERROR_BAD_DATA,
			 "the GC's description of the type %#llx does not fit its objects",
			 (unsigned long long)method_table);
}
