#include "inspect/fragmentation.h"

#include "base/list.h"

enum { MINIMUM_BYTES = 512 * 1024 }; /* SOS's: DumpHeapService.cs, FragmentationBlockMinSize */

void fragmentation_init(struct fragmentation *fragmentation, const struct gc_heap *gc)
{
	*fragmentation = (struct fragmentation){ .gc = gc };
}

void fragmentation_deinit(struct fragmentation *fragmentation)
{
	free(fragmentation->fragments);
	free(fragmentation->edges);
	*fragmentation = (struct fragmentation){ 0 };
}

static struct error *append(struct fragmentation *fragmentation, const struct fragment *fragment)
{
	TRY(LIST_GROW(fragmentation->fragments, fragmentation->count, fragmentation->capacity));
	fragmentation->fragments[fragmentation->count++] = *fragment;
	return NULL;
}

static struct error *append_edge(struct fragmentation *fragmentation,
				 const struct fragment_edge *edge)
{
	if (!edge->first.address)
		return NULL;
	TRY(LIST_GROW(fragmentation->edges, fragmentation->edge_count,
		      fragmentation->edge_capacity));
	fragmentation->edges[fragmentation->edge_count++] = *edge;
	return NULL;
}

/* A large free block, and the object after it. */
static struct error *pair(struct fragmentation *fragmentation, const struct gc_object *last,
			  const struct gc_object *next)
{
	/* Not across the end of a segment or an allocation context. */
	if (next->is_free || last->address + last->size != next->address)
		return NULL;
	const struct gc_segment *segment = gc_segment_of(fragmentation->gc, next->address);
	/* Large objects are not moved: there it is no news. */
	if (!segment || segment->generation == GENERATION_LARGE)
		return NULL;
	return append(fragmentation, &(struct fragment){ *last, *next });
}

static struct error *look_at(struct fragmentation *fragmentation, const struct gc_object *object)
{
	const struct gc_object last = fragmentation->edge.last;
	fragmentation->edge.last = (struct gc_object){ 0 };
	if (object->is_free && object->size >= MINIMUM_BYTES)
		fragmentation->edge.last = *object;
	return last.address ? pair(fragmentation, &last, object) : NULL;
}

/* Most objects are after no free block, and are not looked at. */
struct error *fragmentation_add(struct fragmentation *fragmentation, const struct gc_span *span,
				const struct gc_object *objects, size_t count)
{
	struct fragment_edge *edge = &fragmentation->edge;
	if (fragmentation->span != span) {
		TRY(append_edge(fragmentation, edge));
		*edge = (struct fragment_edge){ .first = objects[0] };
		fragmentation->span = span;
	}
	for (size_t i = 0; i < count; i++)
		if (__builtin_expect(objects[i].is_free || edge->last.address, 0))
			TRY(look_at(fragmentation, &objects[i]));
	return NULL;
}

struct error *fragmentation_merge(struct fragmentation *to, struct fragmentation *from)
{
	for (size_t i = 0; i < from->count; i++)
		TRY(append(to, &from->fragments[i]));
	for (size_t i = 0; i < from->edge_count; i++)
		TRY(append_edge(to, &from->edges[i]));
	return append_edge(to, &from->edge);
}

static int edge_by_address(const void *left, const void *right)
{
	const struct fragment_edge *a = left, *b = right;
	return (a->first.address > b->first.address) - (a->first.address < b->first.address);
}

static int by_address(const void *left, const void *right)
{
	const struct fragment *a = left, *b = right;
	return (a->free.address > b->free.address) - (a->free.address < b->free.address);
}

struct error *fragmentation_join(struct fragmentation *fragmentation)
{
	TRY(append_edge(fragmentation, &fragmentation->edge));
	fragmentation->edge = (struct fragment_edge){ 0 };
	const struct fragment_edge *edges = fragmentation->edges;
	size_t count = fragmentation->edge_count;
	if (count)
		qsort(fragmentation->edges, count, sizeof(*edges), edge_by_address);
	for (size_t i = 1; i < count; i++)
		if (edges[i - 1].last.address)
			TRY(pair(fragmentation, &edges[i - 1].last, &edges[i].first));
	if (fragmentation->count)
		qsort(fragmentation->fragments, fragmentation->count,
		      sizeof(*fragmentation->fragments), by_address);
	return NULL;
}
