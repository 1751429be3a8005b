#include "heap/gc/gc_spans.h"

#include "base/list.h"
#include "base/search.h"

struct span_list {
	struct arena *arena;
	struct gc_span *spans;
	size_t count, capacity;
};

static struct error *append(struct span_list *list, struct gc_span span)
{
	if (span.start >= span.end)
		return NULL;
	TRY(LIST_GROW_IN(list->arena, list->spans, list->count, list->capacity));
	list->spans[list->count++] = span;
	return NULL;
}

/* The ephemeral segment of a segments GC: generation 2, then 1, then 0, by where they begin. */
static struct error *append_ephemeral(struct span_list *list, struct gc_span span,
				      const struct gc_cut *cut)
{
	uint64_t one = cut->generation_1, zero = cut->generation_0;
	bool one_inside = one >= span.start && one <= span.end;
	bool zero_inside = zero >= span.start && zero <= span.end && zero >= one;
	uint64_t end = span.end;
	span.generation = GENERATION_2;
	span.end = one_inside ? one : zero_inside ? zero : end;
	TRY(append(list, span));
	if (one_inside) {
		span.generation = GENERATION_1;
		span.start = one;
		span.end = zero_inside ? zero : end;
		TRY(append(list, span));
	}
	if (!zero_inside)
		return NULL;
	span.generation = GENERATION_0;
	span.start = zero;
	span.end = end;
	return append(list, span);
}

struct error *gc_spans_add(struct heap *heap, struct gc_heap *gc, size_t first,
			   const struct gc_cut *cut)
{
	struct span_list list = { &heap->arena, gc->spans, gc->span_count, gc->span_count };
	for (size_t i = first; i < gc->segment_count; i++) {
		const struct gc_segment *segment = &gc->segments[i];
		struct gc_span span = { segment->start, segment->end, segment->generation,
					segment->heap, (uint32_t)i };
		if (segment->generation == GENERATION_EPHEMERAL)
			TRY(append_ephemeral(&list, span, cut));
		else
			TRY(append(&list, span));
	}
	gc->spans = list.spans;
	gc->span_count = list.count;
	return NULL;
}

static int by_pointer(const void *left, const void *right)
{
	const struct gc_context *a = left, *b = right;
	return a->pointer < b->pointer ? -1 : a->pointer > b->pointer;
}

struct error *gc_spans_cut(struct heap *heap, struct gc_heap *gc, struct gc_context *contexts,
			   size_t count, uint64_t gap)
{
	struct span_list list = { .arena = &heap->arena };
	if (count)
		qsort(contexts, count, sizeof(*contexts), by_pointer);
	for (size_t i = 0; i < gc->span_count; i++) {
		struct gc_span span = gc->spans[i];
		uint64_t end = span.end;
		size_t k = SEARCH_FIRST(count, at, contexts[at].pointer >= span.start);
		for (; k < count && contexts[k].pointer < end; k++) {
			if (contexts[k].pointer < span.start)
				continue; /* inside the one before */
			span.end = contexts[k].pointer;
			TRY(append(&list, span));
			span.start = contexts[k].limit + gap;
			if (span.start > end || span.start < contexts[k].limit)
				span.start = end;
		}
		span.end = end;
		TRY(append(&list, span));
	}
	gc->spans = list.spans;
	gc->span_count = list.count;
	return NULL;
}
