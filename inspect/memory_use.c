#include "inspect/memory_use.h"

#include "attach/process_usage.h"
#include "heap/address_space.h"
#include "heap/gc/gc_heap.h"

static void heap_measure(const struct gc_heap *gc, struct memory_use *use)
{
	for (size_t i = 0; i < gc->segment_count; i++) {
		const struct gc_segment *segment = &gc->segments[i];
		uint64_t base = gc_segment_base(segment);
		if (segment->committed > base)
			use->heap_committed += segment->committed - base;
		use->heap_allocated += segment->end - segment->start;
	}
}

/* What the dump holds. */
static struct error *dump_measure(const struct question *question, struct memory_use *use)
{
	struct address_space space = { 0 };
	uint64_t heap = 0;
	struct error *error = address_space_read(question->target, question->heap, question->task,
						 question->scratch, &space);
	if (error_is_fatal(error))
		return error;
	if (error)
		question_missing(question, 0, "memory: %s", error->message);
	for (size_t i = 0; !error && i < space.count; i++) {
		const struct memory_range *range = &space.ranges[i];
		uint64_t bytes = range->end - range->start;
		if (!range->is_readable)
			continue;
		use->usage.resident_bytes += bytes;
		heap += range->kind == MEMORY_GC_HEAP ? bytes : 0;
		if (range->kind == MEMORY_IMAGE || range->kind == MEMORY_MAPPED)
			use->usage.file_bytes += bytes;
	}
	use->usage.anonymous_bytes = use->usage.resident_bytes - use->usage.file_bytes;
	use->native_bytes = use->usage.anonymous_bytes - heap;
	use->is_of_dump = true;
	error_free(error);
	return NULL;
}

struct error *memory_use_read(const struct question *question, struct memory_use *ret)
{
	struct target *target = question->target;
	*ret = (struct memory_use){ .usage = target->facts.usage };
	heap_measure(question->heap->gc, ret);
	if (target->is_live && target->pid)
		process_usage_read(target->pid, &ret->usage);
	if (!ret->usage.resident_bytes && !target->is_live)
		return dump_measure(question, ret);
	if (!ret->usage.resident_bytes)
		question_missing(question, 0, "memory: what the process takes cannot be read");
	if (ret->usage.anonymous_bytes > ret->heap_committed)
		ret->native_bytes = ret->usage.anonymous_bytes - ret->heap_committed;
	return NULL;
}
