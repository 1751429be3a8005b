#include "heap/address_space.h"

#include "attach/target/registers.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/search.h"
#include "heap/gc/bookkeeping.h"
#include "heap/gc/gc_heap.h"
#include "heap/gc/handles.h"

#include <elf.h>

/* What is known of the address space, each by itself; of two that overlap the later one wins. */
enum layer {
	LAYER_REGIONS,
	LAYER_MAPPINGS,
	LAYER_BOOKKEEPING,
	LAYER_RESERVE,
	LAYER_SEGMENTS,
	LAYER_HANDLES,
	LAYERS,
};

struct interval {
	uint64_t start, end;
	unsigned protection; /* LAYER_REGIONS */
	const char *path;    /* LAYER_MAPPINGS */
	bool is_image;
};

struct intervals {
	struct interval *items; /* malloc'd */
	size_t count, capacity;
	size_t at; /* of the sweep */
};

struct survey {
	struct target *target;
	struct arena *arena;
	struct intervals layers[LAYERS];
	uint64_t *edges; /* malloc'd: where something begins or ends */
	size_t edge_count;
};

static void survey_cleanup(struct survey *survey)
{
	for (size_t i = 0; i < LAYERS; i++)
		free(survey->layers[i].items);
	free(survey->edges);
}

static struct error *add(struct survey *survey, enum layer layer, struct interval interval)
{
	struct intervals *to = &survey->layers[layer];
	if (interval.end <= interval.start)
		return NULL;
	TRY(LIST_GROW(to->items, to->count, to->capacity));
	to->items[to->count++] = interval;
	return NULL;
}

static struct error *add_region(const struct region *region, void *context)
{
	return add(context, LAYER_REGIONS,
		   (struct interval){ .start = region->start,
				      .end = region->end,
				      .protection = region->protection });
}

/* Does the file begin as a program, a library or an assembly? What cannot be read is believed to,
 * unless its name says that it is none. */
static bool is_image(struct target *target, const struct mapping *mapping)
{
	uint8_t head[4];
	if (!strncmp(mapping->path, "/memfd:", 7) || !strncmp(mapping->path, "/dev/", 5))
		return false;
	if (mapping->file_offset || target_read_some(target, mapping->start, head, 4) < 4)
		return true;
	return !memcmp(head, ELFMAG, SELFMAG) || !memcmp(head, "MZ", 2);
}

/* Mappings of one file share its path, and what its first one says. */
static struct error *add_mapping(const struct mapping *mapping, void *context)
{
	struct survey *survey = context;
	const struct intervals *before = &survey->layers[LAYER_MAPPINGS];
	const struct interval *last = before->count ? &before->items[before->count - 1] : NULL;
	struct interval interval = { .start = mapping->start, .end = mapping->end };
	if (last && !strcmp(last->path, mapping->path)) {
		interval.path = last->path;
		interval.is_image = last->is_image;
	} else {
		interval.path =
			arena_copy_text(survey->arena, mapping->path, strlen(mapping->path));
		interval.is_image = is_image(survey->target, mapping);
		if (!interval.path)
			return &error_no_memory;
	}
	return add(survey, LAYER_MAPPINGS, interval);
}

static struct error *add_segments(struct survey *survey, const struct gc_heap *gc)
{
	for (size_t i = 0; gc && i < gc->segment_count; i++) {
		const struct gc_segment *segment = &gc->segments[i];
		TRY(add(survey, LAYER_SEGMENTS,
			(struct interval){ gc_segment_base(segment), segment->committed, 0, NULL,
					   false }));
		TRY(add(survey, LAYER_RESERVE,
			(struct interval){ segment->committed, segment->reserved, 0, NULL,
					   false }));
	}
	return NULL;
}

/* Handles are in segments of one size, aligned to it (src/coreclr/gc/handletablepriv.h:
 * TableSegment, HANDLE_SEGMENT_SIZE). */
struct handle_tables {
	struct survey *survey;
	uint64_t segment_size, last; /* bytes, the segment noted last */
};

static struct error *handle_note(const struct gc_handle *handle, void *context)
{
	struct handle_tables *tables = context;
	uint64_t segment = handle->address & ~(tables->segment_size - 1);
	if (segment == tables->last)
		return NULL;
	tables->last = segment;
	return add(tables->survey, LAYER_HANDLES,
		   (struct interval){ segment, segment + tables->segment_size, 0, NULL, false });
}

/* Of tables in which there is a handle: the others hold nothing. */
static struct error *add_handle_tables(struct survey *survey, struct heap *heap,
				       const struct task *task)
{
	struct handle_tables tables = { .survey = survey };
	uint64_t blocks, handles, lost;
	struct field values;
	TRY(contract_require_global(heap->contract, "HandleBlocksPerSegment", &blocks));
	TRY(contract_require_global(heap->contract, "HandlesPerBlock", &handles));
	if (!contract_field(heap->contract, "TableSegment", "RgValue", &values) ||
	    blocks > UINT16_MAX || handles > UINT16_MAX)
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's layouts lack the handle tables");
	tables.segment_size = values.offset + blocks * handles * sizeof(uint64_t);
	if (tables.segment_size & (tables.segment_size - 1))
		return error_new(ERROR_BAD_DATA, "the layout of the handle tables is damaged");
	return gc_handles_visit(heap, task, handle_note, &tables, &lost);
}

/* What the layouts lack or the target does not hold is left out, and reported. */
static struct error *left_out(struct survey *survey, struct error *error, const char **ret)
{
	if (!error || error_is_fatal(error))
		return error;
	*ret = arena_copy_text(survey->arena, error->message, strlen(error->message));
	error_free(error);
	return *ret ? NULL : &error_no_memory;
}

static struct error *add_runtime(struct survey *survey, struct heap *heap, const struct task *task,
				 struct address_space *space)
{
	struct region *regions = NULL;
	size_t count = 0;
	bool cut = false;
	uint64_t lacks = heap->target->lacks;
	TRY(add_segments(survey, heap->gc));
	TRY(left_out(survey, gc_bookkeeping(heap, survey->arena, &regions, &count, &cut),
		     &space->no_bookkeeping));
	for (size_t i = 0; i < count; i++)
		TRY(add(survey, LAYER_BOOKKEEPING,
			(struct interval){ regions[i].start, regions[i].end, 0, NULL, false }));
	if (cut)
		space->no_bookkeeping = "the chain of card tables is not all in the target";
	TRY(left_out(survey, add_handle_tables(survey, heap, task), &space->no_handles));
	if (heap->no_objects) /* a mini dump has none of most tables */
		heap->target->lacks = lacks;
	return NULL;
}

static int by_start(const void *left, const void *right)
{
	const struct interval *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

static int by_number(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return a < b ? -1 : a > b;
}

static struct error *edges_find(struct survey *survey)
{
	size_t count = 0, unique = 0;
	for (size_t i = 0; i < LAYERS; i++)
		count += survey->layers[i].count * 2;
	survey->edges = reallocarray(NULL, count + 1, sizeof(*survey->edges));
	if (!survey->edges)
		return &error_no_memory;
	for (size_t i = 0; i < LAYERS; i++) {
		const struct intervals *layer = &survey->layers[i];
		if (layer->count)
			qsort(layer->items, layer->count, sizeof(*layer->items), by_start);
		for (size_t j = 0; j < layer->count; j++) {
			survey->edges[survey->edge_count++] = layer->items[j].start;
			survey->edges[survey->edge_count++] = layer->items[j].end;
		}
	}
	qsort(survey->edges, survey->edge_count, sizeof(*survey->edges), by_number);
	for (size_t i = 0; i < survey->edge_count; i++)
		if (!i || survey->edges[i] != survey->edges[i - 1])
			survey->edges[unique++] = survey->edges[i];
	survey->edge_count = unique;
	return NULL;
}

/* The layer's interval at an address; asked upwards. NULL: none. */
static const struct interval *interval_at(struct intervals *layer, uint64_t address)
{
	while (layer->at < layer->count && layer->items[layer->at].end <= address)
		layer->at++;
	if (layer->at == layer->count || layer->items[layer->at].start > address)
		return NULL;
	return &layer->items[layer->at];
}

/* What is at an edge, up to the next one; *ret_owner: of what it is a part, to be shown as one with
 * its neighbours. false: nothing. */
static bool range_at(struct survey *survey, uint64_t address, struct memory_range *range,
		     const struct interval **ret_owner)
{
	static const enum memory_kind kinds[LAYERS] = {
		[LAYER_BOOKKEEPING] = MEMORY_BOOKKEEPING,
		[LAYER_RESERVE] = MEMORY_GC_HEAP_RESERVE,
		[LAYER_SEGMENTS] = MEMORY_GC_HEAP,
		[LAYER_HANDLES] = MEMORY_HANDLE_TABLE,
	};
	const struct interval *at[LAYERS];
	for (size_t i = 0; i < LAYERS; i++)
		at[i] = interval_at(&survey->layers[i], address);
	*ret_owner = NULL;
	for (size_t i = LAYER_BOOKKEEPING; i < LAYERS; i++) {
		if (!at[i])
			continue;
		range->kind = kinds[i];
		*ret_owner = at[i];
	}
	range->is_readable = at[LAYER_REGIONS] != NULL;
	range->protection = at[LAYER_REGIONS] ? at[LAYER_REGIONS]->protection : 0;
	if (*ret_owner) {
		range->is_reserved = range->kind == MEMORY_GC_HEAP_RESERVE;
		if (range->kind == MEMORY_BOOKKEEPING && !range->is_readable) {
			range->kind = MEMORY_BOOKKEEPING_RESERVE;
			range->is_reserved = true;
			*ret_owner = NULL;
		} else if (range->kind == MEMORY_BOOKKEEPING) {
			*ret_owner = NULL;
		}
		return true;
	}
	if (at[LAYER_MAPPINGS]) {
		range->path = at[LAYER_MAPPINGS]->path;
		range->kind = at[LAYER_MAPPINGS]->is_image ? MEMORY_IMAGE : MEMORY_MAPPED;
	}
	return at[LAYER_REGIONS] || at[LAYER_MAPPINGS];
}

static struct error *ranges_make(struct survey *survey, struct address_space *space)
{
	const struct interval *owner, *last_owner = NULL;
	space->ranges =
		arena_allocate_array(survey->arena, survey->edge_count, sizeof(*space->ranges));
	if (!space->ranges)
		return &error_no_memory;
	for (size_t i = 0; i + 1 < survey->edge_count; i++) {
		struct memory_range range = { .start = survey->edges[i],
					      .end = survey->edges[i + 1] };
		struct memory_range *last = space->count ? &space->ranges[space->count - 1] : NULL;
		if (!range_at(survey, range.start, &range, &owner))
			continue;
		if (last && owner && owner == last_owner && last->end == range.start) {
			last->end = range.end;
			if (!last->is_readable && range.is_readable)
				last->protection = range.protection;
			last->is_readable |= range.is_readable;
		} else {
			space->ranges[space->count++] = range;
		}
		last_owner = owner;
	}
	return NULL;
}

struct stacks {
	const struct target *target;
	struct address_space *space;
};

static struct error *stack_mark(const struct target_thread *thread, void *context)
{
	const struct stacks *stacks = context;
	struct memory_range *ranges = stacks->space->ranges;
	struct registers registers;
	uint64_t pointer;
	registers_of_thread(&registers, stacks->target, thread);
	if (!registers_sp(&registers, &pointer))
		return NULL;
	size_t at = SEARCH_FIRST(stacks->space->count, i, ranges[i].end > pointer);
	if (at < stacks->space->count && ranges[at].start <= pointer &&
	    ranges[at].kind == MEMORY_OTHER)
		ranges[at].kind = MEMORY_STACK;
	return NULL;
}

struct error *address_space_read(struct target *target, struct heap *heap, const struct task *task,
				 struct arena *arena, struct address_space *ret)
{
	CLEANUP(survey_cleanup) struct survey survey = { .target = target, .arena = arena };
	struct stacks stacks = { target, ret };
	*ret = (struct address_space){ 0 };
	TRY(target_visit_regions(target, add_region, &survey));
	TRY(target_visit_mappings(target, add_mapping, &survey));
	if (heap)
		TRY(add_runtime(&survey, heap, task, ret));
	TRY(task_check(task, "the address space"));
	TRY(edges_find(&survey));
	TRY(ranges_make(&survey, ret));
	return target_visit_threads(target, stack_mark, &stacks);
}

const char *memory_protection_name(const struct memory_range *range)
{
	static const char *const names[8] = {
		[0] = "PAGE_NOACCESS",
		[PF_R] = "PAGE_READONLY",
		[PF_W] = "PAGE_READWRITE",
		[PF_R | PF_W] = "PAGE_READWRITE",
		[PF_X] = "PAGE_EXECUTE",
		[PF_X | PF_R] = "PAGE_EXECUTE_READ",
		[PF_X | PF_W] = "PAGE_EXECUTE_READWRITE",
		[PF_X | PF_R | PF_W] = "PAGE_EXECUTE_READWRITE",
	};
	if (range->is_reserved)
		return "PAGE_NOACCESS";
	return range->is_readable ? names[range->protection & 7] : "PAGE_UNKNOWN";
}

const char *memory_kind_name(const struct memory_range *range)
{
	static const char *const names[] = {
		[MEMORY_IMAGE] = "Image",
		[MEMORY_STACK] = "Stack",
		[MEMORY_GC_HEAP] = "GCHeap",
		[MEMORY_GC_HEAP_RESERVE] = "[GCHeapReserve]",
		[MEMORY_BOOKKEEPING] = "GCBookkeeping",
		[MEMORY_BOOKKEEPING_RESERVE] = "GCBookkeepingReserve",
		[MEMORY_HANDLE_TABLE] = "HandleTable",
	};
	static const char *const mapped[8] = {
		[0] = "MAPPED_NOACCESS",
		[PF_R] = "MAPPED_READONLY",
		[PF_W] = "MAPPED_READWRITE",
		[PF_R | PF_W] = "MAPPED_READWRITE",
		[PF_X] = "MAPPED_EXECUTE",
		[PF_X | PF_R] = "MAPPED_EXECUTE_READ",
		[PF_X | PF_W] = "MAPPED_EXECUTE_READWRITE",
		[PF_X | PF_R | PF_W] = "MAPPED_EXECUTE_READWRITE",
	};
	if (range->kind == MEMORY_OTHER)
		return memory_protection_name(range);
	if (range->kind == MEMORY_MAPPED)
		return range->is_readable ? mapped[range->protection & 7] : "MAPPED_UNKNOWN";
	return names[range->kind];
}
