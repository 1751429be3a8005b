#include "heap/types/gc_description.h"

#include "base/limits.h"

/* gcdesc.h: below the MethodTable is the number of series, below that the series: {size - object
 * size, start}. A negative number means one series, {skip and count of each of -number runs,
 * start}, which repeats itself to the end of an array of structs. */
enum { WORD = sizeof(uint64_t), SERIES = 2 * WORD };

/* The word `below` bytes under the MethodTable. */
static struct error *word(struct reader *reader, uint64_t method_table, uint64_t below,
			  uint64_t *ret)
{
	return reader_pointer(reader, method_table - below, "the GC's description of a type", ret);
}

struct error *gc_description_count(struct reader *reader, uint64_t method_table, int64_t *ret)
{
	return word(reader, method_table, WORD, (uint64_t *)ret);
}

struct error *gc_description_series(struct reader *reader, uint64_t method_table, uint64_t index,
				    struct gc_series *ret)
{
	uint64_t below = WORD + (index + 1) * SERIES;
	TRY(word(reader, method_table, below, &ret->size));
	return word(reader, method_table, below - WORD, &ret->start);
}

struct error *gc_description_elements(struct reader *reader, uint64_t method_table, uint64_t *ret)
{
	return word(reader, method_table, WORD + WORD, ret);
}

struct error *gc_description_run(struct reader *reader, uint64_t method_table, uint64_t index,
				 struct gc_element_run *ret)
{
	uint64_t run;
	TRY(word(reader, method_table, WORD + SERIES + index * WORD, &run));
	ret->count = (uint32_t)run;
	ret->skip = (uint32_t)(run >> 32);
	return NULL;
}

bool gc_series_count(const struct gc_series *series, uint64_t size, uint64_t *ret)
{
	uint64_t bytes = series->size + size, start = series->start;
	*ret = bytes / WORD;
	return bytes % WORD == 0 && start % WORD == 0 && start >= WORD && start <= size &&
	       bytes <= size - start;
}

struct error *gc_description_visit(struct reader *reader, uint64_t method_table, uint64_t size,
				   reference_run_visitor visit, void *context)
{
	int64_t count;
	TRY(gc_description_count(reader, method_table, &count));
	bool fits = count >= 0 && count <= LIMIT_GC_SERIES;
	for (int64_t i = 0; i < count && fits; i++) {
		struct gc_series series;
		uint64_t references;
		TRY(gc_description_series(reader, method_table, (uint64_t)i, &series));
		fits = gc_series_count(&series, size, &references);
		if (fits)
			TRY(visit(series.start, references, context));
	}
	if (fits)
		return NULL;
	return error_new(ERROR_BAD_DATA,
			 "the GC's description of the type %#llx does not fit its objects",
			 (unsigned long long)method_table);
}
