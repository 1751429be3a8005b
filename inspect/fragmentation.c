#include "inspect/fragmentation.h"

#include "base/list.h"

enum { MINIMUM_BYTES = 512 * 1024 }; /* SOS's: DumpHeapService.cs, FragmentationBlockMinSize */

void fragmentation_init(struct fragmentation *fragmentation, const struct question *question)
{
	*fragmentation = (struct fragmentation){ .gc = question->heap->gc };
}

void fragmentation_deinit(struct fragmentation *fragmentation)
{
	free(fragmentation->fragments);
	*fragmentation = (struct fragmentation){ 0 };
}

static struct error *append(struct fragmentation *fragmentation, const struct fragment *fragment)
{
	TRY(LIST_GROW(fragmentation->fragments, fragmentation->count, fragmentation->capacity));
	fragmentation->fragments[fragmentation->count++] = *fragment;
	return NULL;
}

struct error *fragmentation_add(struct fragmentation *fragmentation, const struct gc_object *object)
{
	const struct gc_object last = fragmentation->last;
	fragmentation->last = (struct gc_object){ 0 };
	if (object->is_free && object->size >= MINIMUM_BYTES)
		fragmentation->last = *object;
	/* Not across the end of a segment or an allocation context. */
	if (!last.address || object->is_free || last.address + last.size != object->address)
		return NULL;
	const struct gc_segment *segment = gc_segment_of(fragmentation->gc, object->address);
	/* Large objects are not moved: there it is no news. */
	if (!segment || segment->generation == GENERATION_LARGE)
		return NULL;
	return append(fragmentation, &(struct fragment){ last, *object });
}

static int by_address(const void *left, const void *right)
{
	const struct fragment *a = left, *b = right;
	return (a->free.address > b->free.address) - (a->free.address < b->free.address);
}

struct error *fragmentation_merge(struct fragmentation *to, const struct fragmentation *from)
{
	for (size_t i = 0; i < from->count; i++)
		TRY(append(to, &from->fragments[i]));
	if (to->count)
		qsort(to->fragments, to->count, sizeof(*to->fragments), by_address);
	return NULL;
}
