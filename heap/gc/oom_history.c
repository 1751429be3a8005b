#include "heap/gc/oom_history.h"

#include "base/list.h"

struct oom_layout {
	struct field reason, failure, allocation_size, gc_index, size, commit_mb, is_large;
	struct field inside_heap; /* GCHeap: server only */
};

#define SLOT(name) offsetof(struct oom_layout, name)
static const struct field_binding bindings[] = {
	{ "OomHistory", "Reason", SLOT(reason), true, 4 },
	{ "OomHistory", "Fgm", SLOT(failure), true, 4 },
	{ "OomHistory", "AllocSize", SLOT(allocation_size), true, 8 },
	{ "OomHistory", "GcIndex", SLOT(gc_index), true, 8 },
	{ "OomHistory", "Size", SLOT(size), true, 8 },
	{ "OomHistory", "AvailablePagefileMb", SLOT(commit_mb), true, 8 },
	{ "OomHistory", "LohP", SLOT(is_large), true, 4 },
	{ "GCHeap", "OomData", SLOT(inside_heap), false, 0 },
};

static struct error *history_read(struct reader *reader, const struct oom_layout *layout,
				  uint64_t address, struct oom_history *ret)
{
	static const char what[] = "the GC's record of out of memory";
	uint64_t reason, failure, is_large;
	TRY(read_field(reader, address, layout->reason, what, &reason));
	TRY(read_field(reader, address, layout->failure, what, &failure));
	TRY(read_field(reader, address, layout->allocation_size, what, &ret->allocation_size));
	TRY(read_field(reader, address, layout->gc_index, what, &ret->gc_index));
	TRY(read_field(reader, address, layout->size, what, &ret->size));
	TRY(read_field(reader, address, layout->commit_mb, what, &ret->available_commit_mb));
	TRY(read_field(reader, address, layout->is_large, what, &is_large));
	ret->reason = (uint32_t)reason;
	ret->memory_failure = (uint32_t)failure;
	ret->is_large = is_large != 0;
	return NULL;
}

struct error *oom_histories_read(struct heap *heap, struct arena *arena, struct oom_history **ret)
{
	const struct gc_heap *gc = heap->gc;
	struct oom_layout layout = { 0 };
	uint64_t address = 0;
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), &layout));
	if (!gc->is_server)
		TRY(contract_require_global(heap->contract, "GCHeapOomData", &address));
	else if (!layout.inside_heap.present)
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's descriptor lacks GCHeap.OomData");
	*ret = arena_allocate_array(arena, gc->heap_count, sizeof(**ret));
	if (!*ret)
		return &error_no_memory;
	for (uint32_t i = 0; i < gc->heap_count; i++) {
		(*ret)[i].heap = i;
		if (gc->is_server)
			address = gc->heap_addresses[i] + layout.inside_heap.offset;
		TRY(history_read(&heap->reader, &layout, address, &(*ret)[i]));
	}
	return NULL;
}
