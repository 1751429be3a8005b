#include "heap/gc/finalize_queue.h"

#include "base/list.h"

enum { POINTER = sizeof(uint64_t), FILL_POINTERS_MAX = 16 };

struct queue_layout {
	struct field fill_pointers, array; /* CFinalize */
	struct field queue;                /* GCHeap: server only */
	uint64_t fill_pointer_count, generation_count;
};

#define SLOT(name) offsetof(struct queue_layout, name)
static const struct field_binding bindings[] = {
	{ "CFinalize", "FillPointers", SLOT(fill_pointers), true, 0 },
	{ "CFinalize", "Array", SLOT(array), true, 8 },
	{ "GCHeap", "FinalizeQueue", SLOT(queue), false, 8 },
};

/* Two lists of ready ones after those of the generations. */
enum { READY_LISTS = 2 };

static struct error *layout_read(struct heap *heap, struct queue_layout *layout)
{
	const struct contract *contract = heap->contract;
	TRY(contract_bind(contract, bindings, COUNT_OF(bindings), layout));
	TRY(contract_require_global(contract, "CFinalizeFillPointersLength",
				    &layout->fill_pointer_count));
	TRY(contract_require_global(contract, "TotalGenerationCount", &layout->generation_count));
	if (layout->generation_count > GENERATION_FROZEN ||
	    layout->fill_pointer_count > FILL_POINTERS_MAX ||
	    layout->fill_pointer_count != layout->generation_count + READY_LISTS)
		return error_new(ERROR_UNSUPPORTED,
				 "the finalization queues of this runtime are cut in a way that is "
				 "not known: %llu lists for %llu generations",
				 (unsigned long long)layout->fill_pointer_count,
				 (unsigned long long)layout->generation_count);
	return NULL;
}

/* Where the heap's CFinalize is. */
static struct error *queue_find(struct heap *heap, const struct queue_layout *layout,
				uint32_t index, uint64_t *ret)
{
	static const char what[] = "the pointer to the finalization queue";
	uint64_t variable;
	if (heap->gc->is_server && !layout->queue.present)
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's descriptor lacks GCHeap.FinalizeQueue");
	if (heap->gc->is_server)
		return read_field(&heap->reader, heap->gc->heap_addresses[index], layout->queue,
				  what, ret);
	TRY(contract_require_global(heap->contract, "GCHeapFinalizeQueue", &variable));
	return reader_pointer(&heap->reader, variable, what, ret);
}

static struct error *queue_read(struct heap *heap, const struct queue_layout *layout,
				uint64_t address, struct finalize_queue *ret)
{
	static const char what[] = "the finalization queue";
	struct finalize_range ranges[FILL_POINTERS_MAX];
	uint64_t start;
	TRY(read_field(&heap->reader, address, layout->array, what, &start));
	for (uint64_t i = 0; i < layout->fill_pointer_count; i++) {
		ranges[i].start = start;
		TRY(reader_pointer(&heap->reader,
				   address + layout->fill_pointers.offset + i * POINTER, what,
				   &ranges[i].end));
		if (ranges[i].end < start || ranges[i].end % POINTER || start % POINTER)
			return error_new(ERROR_BAD_DATA,
					 "the finalization queue at %#llx is damaged: list %llu "
					 "goes from %#llx to %#llx",
					 (unsigned long long)address, (unsigned long long)i,
					 (unsigned long long)start,
					 (unsigned long long)ranges[i].end);
		start = ranges[i].end;
	}
	/* The oldest generation comes first. */
	for (uint64_t i = 0; i < layout->generation_count; i++)
		ret->generations[layout->generation_count - 1 - i] = ranges[i];
	ret->critical = ranges[layout->generation_count];
	ret->ready = ranges[layout->generation_count + 1];
	return NULL;
}

struct error *finalize_queues_read(struct heap *heap, struct arena *arena,
				   struct finalize_queue **ret)
{
	struct queue_layout layout = { 0 };
	uint64_t address;
	TRY(layout_read(heap, &layout));
	struct finalize_queue *queues =
		arena_allocate_array(arena, heap->gc->heap_count, sizeof(*queues));
	if (!queues)
		return &error_no_memory;
	for (uint32_t i = 0; i < heap->gc->heap_count; i++) {
		queues[i].heap = i;
		TRY(queue_find(heap, &layout, i, &address));
		TRY(queue_read(heap, &layout, address, &queues[i]));
	}
	*ret = queues;
	return NULL;
}

struct error *finalize_range_visit(struct heap *heap, const struct task *task,
				   const struct finalize_range *range, finalizable_visitor visit,
				   void *context, uint64_t *ret_lost)
{
	enum { CHECK_EVERY = 4096 };
	struct reader reader;
	struct error *error = NULL;
	TRY(reader_init(&reader, heap->target));
	for (uint64_t place = range->start; place < range->end && !error; place += POINTER) {
		uint64_t object;
		if (!reader_u64(&reader, place, &object)) {
			*ret_lost += (range->end - place) / POINTER;
			break;
		}
		/* The GC clears the place of an object whose finalizer was suppressed. */
		if (object)
			error = visit(object, context);
		if (!error && (place - range->start) / POINTER % CHECK_EVERY == CHECK_EVERY - 1)
			error = task_check(task, "reading the finalization queue");
	}
	reader_deinit(&reader);
	return error;
}

struct error *finalize_counts_read(struct heap *heap, struct arena *scratch,
				   struct finalize_counts *ret)
{
	struct finalize_queue *queues;
	*ret = (struct finalize_counts){ 0 };
	TRY(finalize_queues_read(heap, scratch, &queues));
	for (uint32_t i = 0; i < heap->gc->heap_count; i++) {
		for (size_t g = 0; g < GENERATION_FROZEN; g++)
			ret->registered += finalize_range_count(&queues[i].generations[g]);
		ret->ready += finalize_range_count(&queues[i].critical) +
			      finalize_range_count(&queues[i].ready);
	}
	return NULL;
}
