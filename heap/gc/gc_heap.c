#include "heap/gc/gc_heap.h"

#include "base/id_map.h"
#include "base/list.h"
#include "base/search.h"
#include "heap/clr_threads.h"
#include "heap/gc/gc_spans.h"

enum { HEAP_TYPE_SERVER = 2 }; /* gcinterface.h: GC_HEAP_SVR */
enum { POINTER = sizeof(uint64_t) };

struct gc_layout {
	struct field allocated, committed, reserved, mem, flags, next;    /* HeapSegment */
	struct field start_segment, allocation_start, allocation_context; /* Generation */
	struct field context_pointer, context_limit;                      /* GCAllocContext */
	/* GCHeap: server only */
	struct field generation_table, alloc_allocated, ephemeral_segment;
	uint64_t generation_size, generation_count, read_only_flag;
};

#define SLOT(name) offsetof(struct gc_layout, name)
static const struct field_binding bindings[] = {
	{ "HeapSegment", "Allocated", SLOT(allocated), true, 8 },
	{ "HeapSegment", "Committed", SLOT(committed), true, 8 },
	{ "HeapSegment", "Reserved", SLOT(reserved), true, 8 },
	{ "HeapSegment", "Mem", SLOT(mem), true, 8 },
	{ "HeapSegment", "Flags", SLOT(flags), true, 8 },
	{ "HeapSegment", "Next", SLOT(next), true, 8 },
	{ "Generation", "StartSegment", SLOT(start_segment), true, 8 },
	{ "Generation", "AllocationStart", SLOT(allocation_start), false, 8 },
	{ "Generation", "AllocationContext", SLOT(allocation_context), false, 0 },
	{ "GCAllocContext", "Pointer", SLOT(context_pointer), true, 8 },
	{ "GCAllocContext", "Limit", SLOT(context_limit), true, 8 },
	{ "GCHeap", "GenerationTable", SLOT(generation_table), false, 0 },
	{ "GCHeap", "AllocAllocated", SLOT(alloc_allocated), false, 8 },
	{ "GCHeap", "EphemeralHeapSegment", SLOT(ephemeral_segment), false, 8 },
};

/* One heap as it is being read: where its tables are, and the values that end its newest segment.
 */
struct heap_source {
	uint32_t index;
	uint64_t generation_table, alloc_allocated, ephemeral_segment;
	uint64_t generation_start[2]; /* gen 0 and 1, segments only */
};

struct builder {
	struct heap *heap;
	struct reader *reader;
	struct gc_layout layout;
	struct gc_heap *gc;
	struct id_map seen; /* segment address -> index */
	size_t capacity;
	struct gc_context *contexts;
	size_t context_count, context_capacity;
};

static struct error *variable_read(struct builder *builder, const char *name, const char *what,
				   uint64_t *ret)
{
	uint64_t variable;
	TRY(contract_require_global(builder->heap->contract, name, &variable));
	return reader_pointer(builder->reader, variable, what, ret);
}

/* A variable of the GC until .NET 10, the size of a type since. */
static struct error *generation_size_find(const struct contract *contract, uint64_t *ret)
{
	uint32_t size;
	if (contract_global(contract, "GenerationSize", ret) ||
	    !contract_type_size(contract, "Generation", &size))
		return contract_require_global(contract, "GenerationSize", ret);
	*ret = size;
	return NULL;
}

static struct error *layout_read(struct builder *builder)
{
	const struct contract *contract = builder->heap->contract;
	struct gc_layout *layout = &builder->layout;
	TRY(contract_bind(contract, bindings, COUNT_OF(bindings), layout));
	TRY(generation_size_find(contract, &layout->generation_size));
	TRY(contract_require_global(contract, "TotalGenerationCount", &layout->generation_count));
	TRY(contract_require_global(contract, "HeapSegmentFlagReadOnly", &layout->read_only_flag));
	if (layout->generation_count < 3 || layout->generation_count > GENERATION_FROZEN)
		return error_new(ERROR_BAD_DATA, "the GC says that it has %llu generations",
				 (unsigned long long)layout->generation_count);
	return NULL;
}

static struct error *context_add(struct builder *builder, uint64_t pointer, uint64_t limit)
{
	if (!pointer || limit < pointer)
		return NULL;
	TRY(LIST_GROW_IN(&builder->heap->arena, builder->contexts, builder->context_count,
			 builder->context_capacity));
	builder->contexts[builder->context_count++] = (struct gc_context){ pointer, limit };
	return NULL;
}

static struct error *segment_add(struct builder *builder, const struct gc_segment *segment)
{
	struct gc_heap *gc = builder->gc;
	if (gc->segment_count == LIMIT_SEGMENTS)
		return error_new(ERROR_BAD_DATA, "the GC heap has more than %d segments",
				 LIMIT_SEGMENTS);
	TRY(LIST_GROW_IN(&builder->heap->arena, gc->segments, gc->segment_count,
			 builder->capacity));
	TRY(id_map_put(&builder->seen, segment->address, (uint32_t)gc->segment_count));
	gc->segments[gc->segment_count++] = *segment;
	return NULL;
}

/* The end of a region is `allocated`, except of the one that is being allocated from: its own field
 * is stale there (docs/RUNTIME-TABLE.md 1b). */
static struct error *segment_read(struct builder *builder, const struct heap_source *source,
				  uint64_t address, struct gc_segment *ret)
{
	const struct gc_layout *layout = &builder->layout;
	struct reader *reader = builder->reader;
	static const char what[] = "a heap segment";
	*ret = (struct gc_segment){ .address = address, .heap = source->index };
	TRY(read_field(reader, address, layout->mem, what, &ret->start));
	TRY(read_field(reader, address, layout->allocated, what, &ret->end));
	TRY(read_field(reader, address, layout->committed, what, &ret->committed));
	TRY(read_field(reader, address, layout->reserved, what, &ret->reserved));
	TRY(read_field(reader, address, layout->flags, what, &ret->flags));
	if (address == source->ephemeral_segment)
		ret->end = source->alloc_allocated;
	if (ret->start > ret->end || ret->end > ret->reserved || ret->start % POINTER)
		return error_new(ERROR_BAD_DATA,
				 "the heap segment at %#llx is damaged: %#llx to %#llx of %#llx",
				 (unsigned long long)address, (unsigned long long)ret->start,
				 (unsigned long long)ret->end, (unsigned long long)ret->reserved);
	return NULL;
}

/* The list of one generation. A list that leads into unreadable memory is counted and left there.
 */
static struct error *generation_read(struct builder *builder, const struct heap_source *source,
				     unsigned generation)
{
	const struct gc_layout *layout = &builder->layout;
	uint64_t table = source->generation_table + generation * layout->generation_size;
	uint64_t address, pointer, limit;
	TRY(read_field(builder->reader, table, layout->start_segment, "a GC generation", &address));
	uint64_t context = table + layout->allocation_context.offset;
	if (layout->allocation_context.present &&
	    reader_u64(builder->reader, context + layout->context_pointer.offset, &pointer) &&
	    reader_u64(builder->reader, context + layout->context_limit.offset, &limit))
		TRY(context_add(builder, pointer, limit));
	uint32_t index;
	while (address && !id_map_find(&builder->seen, address, &index)) {
		struct gc_segment segment;
		TRY(task_check(builder->heap->task, "reading the segments of the GC heap"));
		struct error *error = segment_read(builder, source, address, &segment);
		if (error_take_damage(&error)) {
			builder->gc->lost_segments++;
			return NULL;
		}
		TRY(error);
		segment.generation = (enum gc_generation)generation;
		if (segment.flags & layout->read_only_flag)
			segment.generation = GENERATION_FROZEN;
		else if (!builder->gc->has_regions && address == source->ephemeral_segment)
			segment.generation = GENERATION_EPHEMERAL;
		else if (!builder->gc->has_regions && generation < GENERATION_2)
			segment.generation = GENERATION_2;
		TRY(segment_add(builder, &segment));
		TRY(read_field(builder->reader, address, layout->next, "a heap segment", &address));
	}
	return NULL;
}

static struct error *heap_read(struct builder *builder, struct heap_source *source)
{
	const struct gc_layout *layout = &builder->layout;
	size_t first = builder->gc->segment_count;
	bool has_starts = layout->allocation_start.present;
	for (unsigned i = 0; has_starts && i < COUNT_OF(source->generation_start); i++)
		TRY(read_field(
			builder->reader, source->generation_table + i * layout->generation_size,
			layout->allocation_start, "a GC generation", &source->generation_start[i]));
	for (unsigned i = 0; i < layout->generation_count; i++)
		TRY(generation_read(builder, source, i));
	struct gc_cut cut = { source->generation_start[0], source->generation_start[1] };
	return gc_spans_add(builder->heap, builder->gc, first, &cut);
}

static struct error *workstation_read(struct builder *builder)
{
	struct heap_source source = { 0 };
	TRY(contract_require_global(builder->heap->contract, "GCHeapGenerationTable",
				    &source.generation_table));
	TRY(variable_read(builder, "GCHeapAllocAllocated", "the GC's allocation end",
			  &source.alloc_allocated));
	TRY(variable_read(builder, "GCHeapEphemeralHeapSegment", "the GC's ephemeral segment",
			  &source.ephemeral_segment));
	builder->gc->heap_count = 1;
	builder->gc->heap_addresses = arena_allocate(&builder->heap->arena, POINTER);
	if (!builder->gc->heap_addresses)
		return &error_no_memory;
	return heap_read(builder, &source);
}

static struct error *server_read(struct builder *builder, const struct task *task)
{
	const struct gc_layout *layout = &builder->layout;
	uint64_t count, heaps, variable;
	TRY(contract_require_global(builder->heap->contract, "NumHeaps", &variable));
	TRY(reader_unsigned(builder->reader, variable, 4, "the number of GC heaps", &count));
	TRY(variable_read(builder, "Heaps", "the list of GC heaps", &heaps));
	if (!count || count > LIMIT_HEAPS)
		return error_new(ERROR_BAD_DATA, "the GC says that it has %llu heaps",
				 (unsigned long long)count);
	if (!layout->generation_table.present || !layout->alloc_allocated.present ||
	    !layout->ephemeral_segment.present)
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's descriptor lacks the server GC's fields");
	uint64_t *addresses = arena_allocate_array(&builder->heap->arena, count, POINTER);
	if (!addresses)
		return &error_no_memory;
	builder->gc->heap_addresses = addresses;
	builder->gc->heap_count = (uint32_t)count;
	for (uint32_t i = 0; i < count; i++) {
		TRY(task_check(task, "reading the GC heaps"));
		struct heap_source source = { .index = i };
		TRY(reader_pointer(builder->reader, heaps + i * POINTER, "the list of GC heaps",
				   &addresses[i]));
		source.generation_table = addresses[i] + layout->generation_table.offset;
		TRY(read_field(builder->reader, addresses[i], layout->alloc_allocated, "a GC heap",
			       &source.alloc_allocated));
		TRY(read_field(builder->reader, addresses[i], layout->ephemeral_segment,
			       "a GC heap", &source.ephemeral_segment));
		TRY(heap_read(builder, &source));
	}
	return NULL;
}

static struct error *contexts_collect(struct builder *builder)
{
	const struct clr_threads *threads = builder->heap->threads;
	for (size_t i = 0; i < threads->count; i++)
		TRY(context_add(builder, threads->threads[i].alloc_pointer,
				threads->threads[i].alloc_limit));
	uint64_t global, pointer, limit;
	struct field inner = { 0 };
	contract_field(builder->heap->contract, "EEAllocContext", "GCAllocationContext", &inner);
	if (contract_global(builder->heap->contract, "GlobalAllocContext", &global) &&
	    reader_u64(builder->reader,
		       global + inner.offset + builder->layout.context_pointer.offset, &pointer) &&
	    reader_u64(builder->reader,
		       global + inner.offset + builder->layout.context_limit.offset, &limit))
		TRY(context_add(builder, pointer, limit));
	return NULL;
}

static void state_read(struct builder *builder)
{
	struct gc_heap *gc = builder->gc;
	const struct contract *contract = builder->heap->contract;
	uint64_t variable;
	uint32_t number;
	gc->dynamic_adaptation_mode = -1;
	if (contract_global(contract, "DynamicAdaptationMode", &variable) && variable &&
	    reader_u32(builder->reader, variable, &number))
		gc->dynamic_adaptation_mode = (int)number;
	if (contract_global(contract, "StructureInvalidCount", &variable) && variable &&
	    reader_u32(builder->reader, variable, &number))
		gc->structures_invalid = number != 0;
}

/* The regions around the segments, for gc_next_readable(). */
struct readable_list {
	struct arena *arena;
	struct gc_heap *gc;
	uint64_t lowest, highest;
	size_t capacity;
};

static struct error *readable_add(const struct region *region, void *context)
{
	struct readable_list *list = context;
	struct gc_heap *gc = list->gc;
	if (region->end <= list->lowest || region->start >= list->highest)
		return NULL;
	if (gc->readable_count && gc->readable[gc->readable_count - 1].end >= region->start) {
		struct region *last = &gc->readable[gc->readable_count - 1];
		last->end = region->end > last->end ? region->end : last->end;
		return NULL;
	}
	TRY(LIST_GROW_IN(list->arena, gc->readable, gc->readable_count, list->capacity));
	gc->readable[gc->readable_count++] = *region;
	return NULL;
}

static struct error *readable_collect(struct builder *builder)
{
	struct readable_list list = { &builder->heap->arena, builder->gc, UINT64_MAX, 0, 0 };
	for (size_t i = 0; i < builder->gc->segment_count; i++) {
		const struct gc_segment *segment = &builder->gc->segments[i];
		list.lowest = segment->start < list.lowest ? segment->start : list.lowest;
		list.highest = segment->end > list.highest ? segment->end : list.highest;
	}
	return target_visit_regions(builder->heap->target, readable_add, &list);
}

/* The words of GCIdentifiers (GC.md), separated by commas and spaces. */
static bool has_word(const char *text, const char *word)
{
	static const char separators[] = ", ";
	size_t wanted = strlen(word);
	for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
		size_t length = strcspn(text, separators);
		if (length == wanted && memcmp(text, word, length) == 0)
			return true;
		text += length;
	}
	return false;
}

/* The GC says itself what it is since .NET 11; before, a variable of the runtime does. */
static struct error *kind_read(struct builder *builder, bool *ret_is_server)
{
	const struct contract *contract = builder->heap->contract;
	const char *identifiers = contract_text(contract, "GCIdentifiers");
	uint64_t variable, type;
	if (!identifiers) {
		TRY(contract_require_global(contract, "GCHeapType", &variable));
		TRY(reader_unsigned(builder->reader, variable, 4, "the kind of GC", &type));
		*ret_is_server = type == HEAP_TYPE_SERVER;
		return NULL;
	}
	*ret_is_server = has_word(identifiers, "server");
	if (*ret_is_server || has_word(identifiers, "workstation"))
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "the GC is neither workstation nor server: it calls itself \"%.64s\"",
			 identifiers);
}

static struct error *builder_run(struct builder *builder, const struct task *task)
{
	uint64_t minimum;
	TRY(layout_read(builder));
	TRY(contract_require_global(builder->heap->contract, "MinimumObjectSize", &minimum));
	TRY(kind_read(builder, &builder->gc->is_server));
	builder->gc->has_regions = !builder->layout.allocation_start.present;
	state_read(builder);
	TRY(contexts_collect(builder));
	if (builder->gc->is_server)
		TRY(server_read(builder, task));
	else
		TRY(workstation_read(builder));
	TRY(readable_collect(builder));
	TRY(gc_segments_sort(builder->heap, builder->gc));
	return gc_spans_cut(builder->heap, builder->gc, builder->contexts, builder->context_count,
			    minimum);
}

/* The index of the first readable region that ends above `address`. */
static size_t readable_behind(const struct gc_heap *gc, uint64_t address)
{
	return SEARCH_FIRST(gc->readable_count, i, gc->readable[i].end > address);
}

uint64_t gc_next_readable(const struct gc_heap *gc, uint64_t address)
{
	size_t found = readable_behind(gc, address);
	if (found == gc->readable_count)
		return UINT64_MAX;
	return gc->readable[found].start > address ? gc->readable[found].start : address;
}

uint64_t gc_readable_end(const struct gc_heap *gc, uint64_t address)
{
	size_t found = readable_behind(gc, address);
	return found == gc->readable_count ? address : gc->readable[found].end;
}

struct error *gc_heap_open(struct heap *heap, const struct task *task, struct gc_heap **ret)
{
	struct builder builder = { .heap = heap, .reader = &heap->reader };
	builder.gc = arena_allocate(&heap->arena, sizeof(*builder.gc));
	if (!builder.gc)
		return &error_no_memory;
	struct error *error = builder_run(&builder, task);
	id_map_deinit(&builder.seen);
	if (error)
		builder.gc->lost_segments++;
	if (!error || error->code == ERROR_FAULT)
		*ret = builder.gc;
	return error;
}

uint64_t gc_segment_base(const struct gc_segment *segment)
{
	enum { PAGE_BYTES = 4096 };
	return segment->start & ~(uint64_t)(PAGE_BYTES - 1);
}

const char *gc_generation_name(enum gc_generation generation)
{
	static const char *const names[] = { "gen0", "gen1", "gen2",     "loh",
					     "poh",  "foh",  "ephemeral" };
	return names[generation];
}
